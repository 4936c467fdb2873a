// <ty-review> goes through a result's evidence, the least sure first. What somebody has checked is kept in this browser.
import { announce, part, setText } from "../lib/parts.js";

const order = ["Low", "Not given", "Medium", "High"]; // others, which nobody knows yet, come between

const doubt = ({ dataset }) => {
  const at = order.indexOf(dataset.confidence);
  return at < 0 ? 1.5 : at;
};

class Review extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.key = `taskyard.checked.${this.dataset.task}`;
    this.checked = this.remembered();
    this.fields().forEach((details) => this.show(details));
    part(this, "start")?.addEventListener("click", () => this.start(), { signal });
    part(this, "previous").addEventListener("click", () => this.go(this.at - 1), { signal });
    part(this, "next").addEventListener("click", () => this.go(this.at + 1), { signal });
    part(this, "check").addEventListener("click", () => this.check(), { signal });
    part(this, "done").addEventListener("click", () => this.end(), { signal });
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  fields() {
    return [...this.closest("section").querySelectorAll("details.evidence")];
  }

  remembered() {
    try {
      return new Set(JSON.parse(localStorage.getItem(this.key)) ?? []);
    } catch {
      return new Set(); // storage is off, or holds something else
    }
  }

  start() {
    this.list = this.fields().sort((a, b) => doubt(a) - doubt(b));
    part(this, "tools").hidden = false;
    part(this, "start").hidden = true;
    this.go(0);
  }

  go(to) {
    this.mark(false);
    this.at = (to + this.list.length) % this.list.length;
    this.mark(true);
    const details = this.list[this.at];
    const place = `${this.at + 1} of ${this.list.length}`;
    setText(this, "place", place);
    part(this, "check").setAttribute("aria-pressed", String(this.checked.has(details.dataset.field)));
    details.scrollIntoView({ block: "center" });
    details.querySelector("summary").focus({ preventScroll: true });
    announce(`${place}: ${details.dataset.field}, confidence ${details.dataset.confidence}`);
  }

  mark(isHere) {
    this.list[this.at ?? 0]?.closest("tr, .v-fields > div, .value-field")?.toggleAttribute("data-reviewed", isHere);
  }

  check() {
    const details = this.list[this.at];
    const { field } = details.dataset;
    if (!this.checked.delete(field)) this.checked.add(field);
    this.show(details);
    try {
      localStorage.setItem(this.key, JSON.stringify([...this.checked]));
    } catch {
      // Storage is off or full: it holds for this page.
    }
    if (this.checked.has(field) && this.at + 1 < this.list.length) this.go(this.at + 1);
    else this.go(this.at);
  }

  show(details) {
    details.toggleAttribute("data-checked", this.checked.has(details.dataset.field));
  }

  end() {
    this.mark(false);
    this.at = undefined;
    part(this, "tools").hidden = true;
    part(this, "start").hidden = false;
    part(this, "start").focus();
  }
}

customElements.define("ty-review", Review);
