// The server has the same functions (format.go); testdata/format.json holds both to one table. Times in seconds.

const two = (n) => String(n).padStart(2, "0");
const whole = (seconds) => Math.max(Math.floor(seconds), 0);

export function clock(seconds) {
  const s = whole(seconds);
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest;
}

function units(n, unit, rest, small) {
  return rest === 0 ? `${n} ${unit}` : `${n} ${unit} ${rest} ${small}`;
}

export function span(seconds) {
  const s = whole(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return units(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86400) return units(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return plural(Math.floor(s / 86400), "day");
}

export function ago(seconds) {
  const s = whole(seconds);
  if (s < 5) return "just now";
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
  return `${plural(Math.floor(s / 86400), "day")} ago`;
}

export function count(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

export function plural(n, noun) {
  return n === 1 ? `1 ${noun}` : `${count(n)} ${noun}s`;
}

export function percent(meter) {
  return `${Math.round(Math.min(Math.max(meter, 0), 100))} %`;
}

// cut shortens text to at most n characters, never inside one.
export function cut(text, n) {
  if (text.length <= n) return [text, false];
  const characters = [];
  for (const character of text) {
    if (characters.length === n) return [`${characters.join("")}…`, true];
    characters.push(character);
  }
  return [text, false];
}
