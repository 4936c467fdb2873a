// What this tab follows: the list, tasks, or both. The stream is the hub's, which lives in a worker that all tabs
// share; where there are no shared workers (Chrome on Android) it lives here.
import { Hub } from "./hub.js";

const again = 30_000; // milliseconds between two reminders that this tab is there
const deaf = 5000; // milliseconds after which a worker that has said nothing is given up

const followers = new Set();
let link = null;

// follow begins to follow, for a follower {list: true, task(item), gone(id)} or {id, seq(), event(event), ended(),
// gone()}; live() tells each that a connection stands, perhaps after a gap. It returns what ends it.
export function follow(follower) {
  followers.add(follower);
  link ??= connect();
  link.want(wanted());
  return () => {
    if (followers.delete(follower)) link.want(wanted());
  };
}

// wanted is all of it; null if it is nothing.
function wanted() {
  if (followers.size === 0) return null;
  const want = { list: false, follows: {} };
  for (const f of followers) {
    if (f.list) want.list = true;
    else want.follows[f.id] = Math.min(f.seq(), want.follows[f.id] ?? Infinity);
  }
  return want;
}

function take({ name, data, state, detail }) {
  document.dispatchEvent(new Event("ty:contact"));
  if (state && followers.size > 0) document.dispatchEvent(new CustomEvent("ty:connection", { detail: { state, ...detail } }));
  for (const f of [...followers]) {
    if (state) state === "live" && f.live?.();
    else if (name === "task") f.task?.(data);
    else if (name === "gone" && (f.list || f.id === data.id)) f.gone(data.id);
    else if (f.id !== data.id) continue;
    else if (name === "event") f.event(data.event);
    else if (name === "ended") f.ended();
  }
}

function connect() {
  const made = sharedLink() ?? ownLink();
  const back = () => document.hidden || made.remind(wanted());
  addEventListener("pagehide", () => made.want(null));
  addEventListener("pageshow", ({ persisted }) => persisted && made.want(wanted())); // out of the browser's cache
  document.addEventListener("visibilitychange", back);
  document.addEventListener("ty:retry", () => made.retry());
  setInterval(() => made.remind(wanted()), again);
  return made;
}

function sharedLink() {
  if (!globalThis.SharedWorker) return null;
  const worker = new SharedWorker(workerAddress(), { type: "module", name: "taskyard" });
  const { port } = worker;
  let heard = false;
  port.onmessage = ({ data }) => {
    heard = true;
    take(data);
  };
  const made = {
    want: (want) => port.postMessage(want ? { want } : { bye: true }),
    remind: (here) => here && port.postMessage({ here }),
    retry: () => port.postMessage({ retry: true }),
  };
  // A browser that loads no modules in shared workers says so here; then this tab goes on alone.
  worker.onerror = () => {
    port.close();
    Object.assign(made, ownLink());
    made.want(wanted());
  };
  // A worker answers the first wish at once. One that was about to end with its last tab when this one came never does.
  setTimeout(() => heard || followers.size === 0 || worker.onerror(), deaf);
  return made;
}

// workerAddress is the one address that may become a script: Trusted Types let a worker be made in no other way.
function workerAddress() {
  const { href } = new URL("../hub-worker.js", import.meta.url);
  return globalThis.trustedTypes?.createPolicy("taskyard", { createScriptURL: () => href }).createScriptURL("") ?? href;
}

function ownLink() {
  const hub = new Hub();
  return {
    want: (want) => (want ? hub.want(hub, want, take) : hub.leave(hub)),
    remind() {}, // this hub forgets nobody
    retry: () => hub.retryNow(),
  };
}
