// <ty-connection> says how this browser's link to the server stands. Followers dispatch "ty:connection" with
// {state, attempt, wait} and listen for "ty:retry".
import { plural, span } from "../lib/format.js";
import { part, setText } from "../lib/parts.js";
import { fetchPage } from "../lib/swap.js";
import { onSecond } from "../lib/ticker.js";

const patience = 5000; // milliseconds in which a server that is there answers

class Connection extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.contact = Date.now();
    document.addEventListener("ty:contact", () => this.touch(), { signal });
    this.button = part(this, "now");
    document.addEventListener("ty:connection", (event) => this.become(event.detail), { signal });
    this.button.addEventListener("click", () => document.dispatchEvent(new Event("ty:retry")), { signal });
    addEventListener("online", () => document.dispatchEvent(new Event("ty:retry")), { signal });
    addEventListener("offline", () => this.draw(), { signal });
    onSecond(() => this.draw(), signal);
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  touch() {
    this.contact = Date.now();
    this.isStale = false;
  }

  // check asks whether the server is there when nothing was heard for long: a connection can be dead and look open, and
  // the heartbeats of a stream are comments, which scripts do not see.
  async check() {
    if (this.state !== "live" || this.checking || Date.now() - this.contact < Number(this.dataset.stale) * 1000) return;
    this.checking = true;
    try {
      const response = await fetch("/healthz", { signal: AbortSignal.timeout(patience), cache: "no-store" });
      if (response.ok) this.touch();
    } catch {
      this.isStale = true;
    }
    this.checking = false;
  }

  become({ state, attempt = 0, wait = 0 }) {
    if (state === "live" && this.state === "waiting") this.lookForRestart().catch(() => {}); // a toast is no need
    Object.assign(this, { state, attempt, until: Date.now() + wait });
    this.hidden = false;
    this.draw();
  }

  draw() {
    if (!this.state) return;
    this.check();
    const offline = this.state !== "ended" && !navigator.onLine;
    part(this, "state").dataset.state = offline ? "offline" : this.isStale ? "stale" : this.state;
    this.button.hidden = offline || (this.state !== "waiting" && !this.isStale);
    setText(this, "word", offline ? "You are offline. Tasks go on; this page will catch up." : this.word());
  }

  // lookForRestart says so if the server that answers is not the one that drew this page.
  async lookForRestart() {
    const started = (root) => root.querySelector('meta[name="started"]')?.content ?? "";
    const { page } = await fetchPage("/tasks/import");
    if (!started(page) || started(page) === started(document)) return;
    document.querySelector('meta[name="started"]').content = started(page);
    const resumed = Number(started(page).split(" ")[1]);
    const toast = document.getElementById("toast");
    toast.textContent = `The server has restarted${resumed > 0 ? `, and ${plural(resumed, "task")} went on` : ""}.`;
    toast.hidden = false;
    setTimeout(() => (toast.hidden = true), 10_000);
  }

  word() {
    if (this.isStale) return `No contact with the server. Last update ${new Date(this.contact).toLocaleTimeString()}`;
    switch (this.state) {
      case "live":
        return "Live";
      case "ended":
        return "Ended";
      case "waiting": {
        const left = Math.max(Math.ceil((this.until - Date.now()) / 1000), 0);
        const when = left > 0 ? `in ${span(left)}` : "now";
        return `This browser lost the server. Reconnecting, attempt ${this.attempt} ${when}`;
      }
      default:
        return "Connecting";
    }
  }
}

customElements.define("ty-connection", Connection);
