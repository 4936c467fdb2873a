// <ty-notify> asks, at a press, to tell by a notification when the task ends while this tab is out of sight.
import { announce } from "../lib/parts.js";

class Notify extends HTMLElement {
  connectedCallback() {
    if (!("Notification" in globalThis) || Notification.permission === "denied") return;
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.hidden = false;
    this.button = this.querySelector("button");
    this.button.addEventListener("click", () => this.ask(), { signal });
    document.addEventListener("ty:ended", ({ detail }) => this.tell(detail), { signal });
  }

  disconnectedCallback() {
    this.stop?.abort();
  }

  async ask() {
    this.wanted = (await Notification.requestPermission()) === "granted";
    this.button.textContent = this.wanted ? "You will be told" : "Notifications are not allowed here";
    this.button.disabled = true;
    announce(this.button.textContent);
  }

  tell(title) {
    this.hidden = true;
    if (!this.wanted || !document.hidden) return;
    const note = new Notification(title, { tag: location.pathname });
    note.addEventListener("click", () => {
      focus();
      note.close();
    });
  }
}

customElements.define("ty-notify", Notify);
