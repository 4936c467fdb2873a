// <ty-lint> lists what Parallel will refuse of the request and warn of, while it is written, and repairs what it can at
// a press.
import { announce } from "../lib/parts.js";
import { fetchPage, swap } from "../lib/swap.js";

const pause = 400; // milliseconds after the last character

class Lint extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.form = this.closest("form");
    this.querySelector("[formaction]").hidden = true; // what it asks for comes by itself
    this.form.addEventListener("input", () => this.soon(), { signal });
    this.addEventListener("click", (event) => this.fix(event.target.closest("[data-fix]")), { signal });
    this.soon();
  }

  disconnectedCallback() {
    this.stop.abort();
    clearTimeout(this.timer);
    this.asked?.abort();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load().catch(() => {}), pause); // the next character asks again
  }

  async load() {
    this.asked?.abort();
    this.asked = new AbortController();
    const body = new FormData(this.form);
    body.delete("api_key");
    if (!body.get("input").trim()) body.set("input", "x"); // a schema is checked before anything is asked
    if (body.get("output") === "json" && !body.get("schema").trim()) body.set("output", "auto"); // nothing to check yet
    const { response, page } = await fetchPage("/lint", { method: "POST", body, signal: this.asked.signal });
    if (response.ok) swap(this, page);
  }

  fix(button) {
    if (!button) return;
    const fixed = this.querySelector(`[data-fixed="${button.dataset.fix}"]`).content.textContent;
    const schema = this.form.elements.namedItem(button.dataset.into);
    schema.focus();
    schema.value = fixed;
    schema.dispatchEvent(new Event("input", { bubbles: true }));
    announce(`${button.textContent}: done.`);
  }
}

customElements.define("ty-lint", Lint);
