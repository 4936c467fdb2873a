// A command is a visible control. Its key is the control's data-key: one character, or two after another ("g t").
// Where several controls have the same key, as in the rows of a list, the one in the focused data-scope is meant.

const visible = (control) => control.checkVisibility({ visibilityProperty: true }) && !control.disabled;

const within = () => document.querySelector("dialog:modal") ?? document;

export function withKey(key) {
  const all = [...within().querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter(visible);
  const scope = document.activeElement?.closest("[data-scope]");
  return all.find((control) => scope?.contains(control)) ?? all[0] ?? null;
}

// isPrefix tells whether some key goes on after these characters.
export function isPrefix(typed) {
  return document.querySelector(`[data-key^="${CSS.escape(`${typed} `)}"]`) !== null;
}

// run does what a control does. The focus goes to it, unless it has data-stay: what it does is about where the focus is.
export function run(control) {
  if (control.matches("input:not([type=checkbox], [type=radio]), textarea, select")) {
    control.focus();
    control.select?.();
  } else {
    if (!("stay" in control.dataset)) control.focus({ preventScroll: true });
    control.click();
  }
}

// nameOf is what a control is called in lists of commands.
export function nameOf(control) {
  const label = control.getAttribute("aria-label") ?? control.labels?.[0]?.textContent ?? control.textContent;
  return label.replace(/\s+/g, " ").trim() || control.title;
}

// commands lists what can be done on this page, each name once, those with keys first.
export function commands() {
  const found = new Map();
  const controls = document.querySelectorAll("[data-key], .top nav a, main .button, main .main-button");
  for (const control of controls) {
    const name = nameOf(control);
    if (!name || !visible(control) || control.closest("dialog, [popover], .row, template")) continue;
    const key = control.dataset.key ?? "";
    if (!found.has(name) || (key && !found.get(name).key)) found.set(name, { name, key, control });
  }
  return [...found.values()].sort((a, b) => Number(b.key !== "") - Number(a.key !== ""));
}

// rank is how well a name answers what was typed: every word must be in it, at the beginning of a word best; -1 if not.
export function rank(name, typed) {
  const words = name.toLowerCase().split(/\s+/);
  let sum = 0;
  for (const want of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = words.findIndex((word) => word.startsWith(want));
    if (at < 0 && !name.toLowerCase().includes(want)) return -1;
    sum += at < 0 ? 10 : at;
  }
  return sum;
}
