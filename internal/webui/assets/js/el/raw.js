// <ty-raw> loads pages of raw events into its place when its tab is opened, and its links after that.
import { fetchPage } from "../lib/swap.js";

class Raw extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.tabs = this.closest("ty-tabs");
    this.tabs.addEventListener("ty:tab", ({ detail }) => detail === "raw" && this.load(this.dataset.url), { signal });
    this.addEventListener("click", (event) => this.go(event), { signal });
    if (this.tabs.open === "raw") this.load(this.dataset.url);
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  go(event) {
    const link = event.target.closest(`a[href^="${this.dataset.url}"]`);
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    this.load(link.href).then(() => this.querySelector("a, pre")?.focus());
  }

  async load(url) {
    try {
      const { response, page } = await fetchPage(url, { signal: this.stop.signal });
      if (!response.ok) throw new Error(`load events: ${response.status}`);
      this.replaceChildren(document.adoptNode(page.getElementById("raw-rows")));
    } catch {
      // The link that was here before stays.
    }
  }
}

customElements.define("ty-raw", Raw);
