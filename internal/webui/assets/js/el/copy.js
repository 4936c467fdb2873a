// <ty-copy> copies its text part, its address (data-address), the text of another element (data-from), or a file (data-url), in full even
// where the page shows only the beginning. Its button stays hidden where there is no clipboard (plain http).
import { announce, part } from "../lib/parts.js";

class Copy extends HTMLElement {
  connectedCallback() {
    if (!navigator.clipboard) return;
    this.stop = new AbortController();
    this.button = this.querySelector("button");
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.copy(), { signal: this.stop.signal });
  }

  disconnectedCallback() {
    this.stop?.abort();
    clearTimeout(this.timer);
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(await this.text());
      this.say("done", "Copied");
    } catch {
      this.say("failed", "Copying failed");
    }
  }

  async text() {
    const { from, url } = this.dataset;
    if (this.hasAttribute("data-address")) return part(this, "text").href;
    if (!url) return (from ? document.querySelector(from) : part(this, "text")).textContent;
    const response = await fetch(url);
    if (!response.ok) throw new Error(`copy ${url}: ${response.status}`);
    return response.text();
  }

  say(outcome, words) {
    announce(words);
    this.button.dataset.outcome = outcome;
    this.timer = setTimeout(() => delete this.button.dataset.outcome, 1500);
  }
}

customElements.define("ty-copy", Copy);
