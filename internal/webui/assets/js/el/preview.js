// <ty-preview> writes the exact request of the form that it is in, for as long as it is open. The server does the
// writing: what is shown is what would be sent.
import { show } from "../lib/parts.js";
import { fetchPage, swap } from "../lib/swap.js";
import { throttle } from "../lib/throttle.js";

class Preview extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.form = this.closest("form");
    this.details = this.querySelector("details");
    this.querySelector("[formaction]").hidden = true; // what it asks for comes by itself
    this.refresh = throttle(() => this.details.open && this.load(), 400);
    this.details.addEventListener("toggle", () => this.refresh(), { signal });
    this.addEventListener("input", (event) => event.stopPropagation(), { signal }); // a language is no part of the task
    this.form.addEventListener("input", () => this.refresh(), { signal });
  }

  disconnectedCallback() {
    this.stop.abort();
    this.asked?.abort();
    this.refresh.cancel();
  }

  async load() {
    this.asked?.abort();
    const asked = new AbortController();
    this.asked = asked;
    const body = new FormData(this.form);
    body.delete("api_key");
    try {
      const { page } = await fetchPage("/preview", { method: "POST", body, signal: asked.signal });
      swap(this, page);
      show(this, "no-preview", "");
    } catch {
      if (!asked.signal.aborted) show(this, "no-preview", "This server did not answer.");
    }
  }
}

customElements.define("ty-preview", Preview);
