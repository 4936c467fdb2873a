// <ty-connection> says how this browser's link to the server stands. Followers dispatch "ty:connection" with
// {state, attempt, wait} and listen for "ty:retry".
import { span } from "../lib/format.js";
import { part, setText } from "../lib/parts.js";
import { onSecond } from "../lib/ticker.js";

class Connection extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
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

  become({ state, attempt = 0, wait = 0 }) {
    Object.assign(this, { state, attempt, until: Date.now() + wait });
    this.hidden = false;
    this.draw();
  }

  draw() {
    if (!this.state) return;
    const offline = this.state !== "ended" && !navigator.onLine;
    part(this, "state").dataset.state = offline ? "offline" : this.state;
    this.button.hidden = offline || this.state !== "waiting";
    setText(this, "word", offline ? "You are offline. Tasks go on; this page will catch up." : this.word());
  }

  word() {
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
