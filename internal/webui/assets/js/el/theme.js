// The switch for the colours. theme-start.js has applied the choice before the first paint.
const key = "taskyard.theme";

class Theme extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.stop = new AbortController();
    const { theme = "system" } = document.documentElement.dataset;
    this.querySelector(`[value="${theme}"]`).checked = true;
    this.addEventListener("change", (event) => this.choose(event.target.value), { signal: this.stop.signal });
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  choose(theme) {
    const root = document.documentElement;
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    try {
      localStorage.setItem(key, theme);
    } catch {
      // Storage is off: the choice holds for this page.
    }
  }
}

customElements.define("ty-theme", Theme);
