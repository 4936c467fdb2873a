// Holds the link to the server in the state that the address names, whatever it is in truth.
const state = location.pathname.split("/").at(-1);

for (const name of ["ty:connection", "ty:contact"]) {
  addEventListener(name, (event) => event.detail?.held || event.stopPropagation(), { capture: true });
}

if (state === "offline") Object.defineProperty(navigator, "onLine", { value: false });
if (state === "stale") {
  const { fetch } = window;
  window.fetch = (url, options) => (url === "/healthz" ? Promise.reject(new Error("held")) : fetch(url, options));
  document.querySelector("ty-connection").dataset.stale = "0";
}

const detail = { state: ["stale", "offline"].includes(state) ? "live" : state, attempt: 3, wait: 8000, held: true };
document.dispatchEvent(new CustomEvent("ty:connection", { detail }));
