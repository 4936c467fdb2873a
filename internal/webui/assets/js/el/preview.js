// <ty-preview> writes the exact request of the form that it is in, for as long as it is open. The server does the
// writing: what is shown is what would be sent.
import { part, show } from "../lib/parts.js";
import { fetchPage, swap } from "../lib/swap.js";
import { throttle } from "../lib/throttle.js";

class Preview extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.form = this.closest("form");
    this.details = this.querySelector("details");
    this.querySelector("[formaction]").hidden = true; // what it asks for comes by itself
    if (matchMedia("(width >= 64rem)").matches) this.details.open = true; // beside the form there is room for it
    this.refresh = throttle(() => this.details.open && this.load(), 400);
    this.details.addEventListener("toggle", () => this.refresh(), { signal });
    this.addEventListener("input", (event) => this.typed(event), { signal });
    part(this, "hand").addEventListener("change", () => this.byHand(), { signal });
    part(this, "reset").addEventListener("click", () => this.reset(), { signal });
    this.form.addEventListener("input", () => this.refresh(), { signal });
  }

  disconnectedCallback() {
    this.stop.abort();
    this.asked?.abort();
    this.refresh.cancel();
  }

  // typed keeps the choice of a language to itself: it is no part of the task.
  typed(event) {
    if (event.target.name === "language") event.stopPropagation();
  }

  // byHand puts what the form says into the body when somebody begins to edit it.
  byHand() {
    const body = part(this, "body");
    if (part(this, "hand").checked && !body.value.trim()) body.value = this.written();
    if (part(this, "hand").checked) body.focus();
  }

  // written is the body of the request that is shown.
  written() {
    const http = this.querySelector('[data-language="http"] pre')?.textContent ?? "";
    return http.split("\n\n###", 1)[0].split("\n\n").slice(1).join("\n\n"); // behind the headers of the first call
  }

  reset() {
    part(this, "hand").checked = false;
    part(this, "body").value = "";
    part(this, "hand").dispatchEvent(new Event("input", { bubbles: true }));
    part(this, "hand").focus();
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
