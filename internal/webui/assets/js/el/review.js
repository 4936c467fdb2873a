// <ty-review> goes through a result's evidence, the least sure first, until Done or Esc. What somebody has checked is kept in this browser.
import { checked } from "../lib/memory.js";
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
    this.checked = new Set([checked.get(this.dataset.task) ?? []].flat());
    this.fields().forEach((details) => this.show(details));
    part(this, "start")?.addEventListener("click", () => this.start(), { signal });
    part(this, "previous").addEventListener("click", () => this.go(this.at - 1), { signal });
    part(this, "next").addEventListener("click", () => this.go(this.at + 1), { signal });
    part(this, "check").addEventListener("click", () => this.check(), { signal });
    part(this, "done").addEventListener("click", () => this.end(), { signal });
    document.addEventListener("keydown", (event) => this.press(event), { signal });
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  fields() {
    return [...this.closest("section").querySelectorAll("details.evidence")];
  }

  start() {
    this.list = this.fields().sort((a, b) => doubt(a) - doubt(b));
    part(this, "tools").hidden = false;
    part(this, "start").hidden = true;
    this.go(0);
  }

  // press ends the review by Esc, unless something that is open above it is closed by that.
  press(event) {
    if (event.key !== "Escape" || part(this, "tools").hidden || event.defaultPrevented) return;
    if (document.querySelector(":popover-open, dialog:modal") || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    this.end();
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
    checked.set(this.dataset.task, [...this.checked]);
    if (this.checked.has(field) && this.at + 1 < this.list.length) this.go(this.at + 1);
    else this.go(this.at);
  }

  show(details) {
    details.toggleAttribute("data-checked", this.checked.has(details.dataset.field));
  }

  end() {
    this.mark(false);
    announce("The review has ended.");
    this.at = undefined;
    part(this, "tools").hidden = true;
    part(this, "start").hidden = false;
    part(this, "start").focus();
  }
}

customElements.define("ty-review", Review);
