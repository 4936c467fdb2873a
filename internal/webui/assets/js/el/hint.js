// <ty-hint> explains a part of the first live page, until it is dismissed, once in this browser.
const key = "taskyard.hints";

function dismissed() {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? [];
  } catch {
    return null; // storage is off: a hint that comes each time is worse than none
  }
}

class Hint extends HTMLElement {
  connectedCallback() {
    const seen = dismissed();
    if (!Array.isArray(seen) || seen.includes(this.dataset.name)) return;
    this.hidden = false;
    this.querySelector("button").addEventListener("click", () => this.close());
  }

  close() {
    try {
      localStorage.setItem(key, JSON.stringify([...new Set([...(dismissed() ?? []), this.dataset.name])]));
    } catch {
      // Storage is full: it comes again.
    }
    this.hidden = true;
    document.getElementById("main").focus({ preventScroll: true });
  }
}

customElements.define("ty-hint", Hint);
