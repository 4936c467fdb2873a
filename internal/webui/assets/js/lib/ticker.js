// One timer for all that counts seconds on a page. It rests while the page is hidden.
const listeners = new Set();
let timer = null;
let skew = 0; // server's clock less ours, in milliseconds

let pretended = null; // the moment that a replay is at, in milliseconds

export const now = () => pretended ?? Date.now() + skew;

// pretend makes it another time for everything on the page, until the next call; null is the present.
export function pretend(at) {
  pretended = at;
  tick();
}

// learnTime takes the server's clock from an answer: ages must not depend on whether ours is right. Its Date
// has whole seconds, so small differences say nothing.
export function learnTime(response) {
  const server = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(server)) skew = Math.abs(server - Date.now()) > 2000 ? server - Date.now() : 0;
}

function tick() {
  if (!document.hidden) for (const listener of listeners) listener();
}

export function onSecond(listener, signal) {
  listeners.add(listener);
  timer ??= setInterval(tick, 1000);
  signal.addEventListener("abort", () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = null;
  });
}

document.addEventListener("visibilitychange", tick);
