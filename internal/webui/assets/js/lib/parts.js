// The server marks the places of a piece of markup that change with data-part.
export const part = (root, name) => root.querySelector(`[data-part="${name}"]`);

// setText writes only what differs, so that nothing is redrawn and no selection is lost without need.
export function setText(root, name, text) {
  const node = part(root, name);
  if (node && node.textContent !== text) node.textContent = text;
}

// show fills a part that is hidden while it is empty.
export function show(root, name, text) {
  setText(root, name, text);
  const node = part(root, name);
  if (node) node.hidden = text === "";
}

// announce speaks to screen readers when they have a pause.
export function announce(text) {
  document.getElementById("announce").textContent = text;
}

// alarm speaks to them at once: of what somebody has to do something about.
export function alarm(text) {
  document.getElementById("alarm").textContent = text;
}
