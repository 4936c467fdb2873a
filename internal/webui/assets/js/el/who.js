// <ty-who> is who has signed in. What this browser keeps is theirs: it is forgotten when they sign out, and when somebody
// else signs in. It is the first element to start, as others read what is kept.
const key = "taskyard.who";

class Who extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    this.querySelector("form").addEventListener("submit", () => this.leave(), { signal: this.stop.signal });
    this.arrive();
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  arrive() {
    try {
      const before = localStorage.getItem(key);
      if (before !== null && before !== this.dataset.id) localStorage.clear();
      localStorage.setItem(key, this.dataset.id);
    } catch {
      // Storage is off: nothing is kept.
    }
  }

  // leave forgets at once, and again when the page goes: until then others may go on to write.
  leave() {
    forget();
    addEventListener("pagehide", forget, { once: true });
  }
}

function forget() {
  try {
    localStorage.clear();
  } catch {
    // Storage is off: nothing is kept.
  }
}

customElements.define("ty-who", Who);
