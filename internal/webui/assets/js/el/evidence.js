// <ty-evidence> shows the evidence of a value, or what a numbered source says, as a card beside it: on a click, Enter,
// or after the pointer has rested there. The card stays while the pointer is in it, Esc closes it (WCAG 1.4.13), and Pin
// moves it to the side. Without script the evidence is a <details> in its place.
import { announce, part, setText } from "../lib/parts.js";
import { place } from "../lib/place.js";

const rest = 300; // milliseconds that a pointer rests before the card opens
const leave = 250; // milliseconds in which it may cross the gap between value and card

const openers = ".evidence > summary, a.cite";

class Evidence extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.card = part(this, "card");
    this.opener = null;
    document.addEventListener("click", (event) => this.click(event), { signal });
    document.addEventListener("keydown", (event) => this.key(event), { signal, capture: true });
    document.addEventListener("pointerover", (event) => this.over(event), { signal });
    document.addEventListener("pointerdown", (event) => this.outside(event), { signal });
    addEventListener("scroll", () => this.follow(), { signal, capture: true, passive: true });
    addEventListener("resize", () => this.follow(), { signal });
    part(this, "pin").addEventListener("click", () => this.pin(), { signal });
    part(this, "close").addEventListener("click", () => this.close(true), { signal });
  }

  disconnectedCallback() {
    this.stop.abort();
    clearTimeout(this.timer);
  }

  click(event) {
    const opener = event.target.closest(openers);
    if (!opener || event.metaKey || event.ctrlKey) return;
    event.preventDefault(); // the details stay closed, the page does not jump
    if (this.opener === opener && this.held) return this.close(true);
    this.open(opener);
    this.held = true;
    this.card.focus({ preventScroll: true });
  }

  key(event) {
    if (event.key !== "Escape" || !this.opener) return;
    event.stopPropagation();
    event.preventDefault();
    this.close(true);
  }

  over(event) {
    if (event.pointerType !== "mouse" || this.held) return;
    clearTimeout(this.timer);
    const opener = event.target.closest(openers);
    if (opener && opener !== this.opener) this.timer = setTimeout(() => this.open(opener), rest);
    else if (this.opener && !opener && !this.card.contains(event.target)) this.timer = setTimeout(() => this.close(false), leave);
  }

  outside(event) {
    if (this.opener && !this.card.contains(event.target) && !event.target.closest(openers)) this.close(false);
  }

  open(opener) {
    if (!opener.isConnected) return;
    if (this.opener) this.close(false);
    const { field, body } = this.read(opener);
    setText(this, "field", field);
    part(this, "body").replaceChildren(body);
    this.opener = opener;
    opener.setAttribute("aria-expanded", "true");
    this.card.showPopover();
    this.follow();
    this.dispatchEvent(new CustomEvent("ty:evidence", { bubbles: true, detail: field }));
  }

  // read is what a card says: a copy, so that the page keeps its own.
  read(opener) {
    const body = document.createElement("div");
    if (opener.matches("a.cite")) {
      body.append(...document.querySelector(opener.hash).cloneNode(true).childNodes);
      return { field: opener.getAttribute("aria-label"), body };
    }
    const details = opener.parentElement;
    body.append(opener.querySelector(".confidence").cloneNode(true), ...details.querySelector(".evidence-card").cloneNode(true).childNodes);
    return { field: details.dataset.field, body };
  }

  follow() {
    if (!this.opener) return;
    if (!this.opener.isConnected || !this.opener.checkVisibility()) return this.close(false);
    const { left, top } = place(this.opener.getBoundingClientRect(), this.card.getBoundingClientRect(), { width: document.body.clientWidth, height: innerHeight });
    this.card.style.setProperty("--left", `${left}px`);
    this.card.style.setProperty("--top", `${top}px`);
  }

  close(focus) {
    clearTimeout(this.timer);
    const { opener } = this;
    this.opener = null;
    this.held = false;
    if (this.card.matches(":popover-open")) this.card.hidePopover();
    opener?.removeAttribute("aria-expanded");
    if (focus && opener?.isConnected) opener.focus({ preventScroll: true });
  }

  // pin moves the card to the side, where it stays while one goes on reading.
  pin() {
    const drawer = document.getElementById("pinned");
    const pinned = part(this, "pinned").content.firstElementChild.cloneNode(true);
    const field = part(this.card, "field").textContent;
    setText(pinned, "field", field);
    part(pinned, "body").replaceChildren(...part(this, "body").childNodes);
    part(pinned, "unpin").addEventListener("click", () => this.unpin(pinned, drawer));
    part(drawer, "pins").append(pinned);
    drawer.hidden = false;
    announce(`The evidence of ${field} is pinned.`);
    this.close(true);
  }

  unpin(pinned, drawer) {
    const next = pinned.nextElementSibling ?? pinned.previousElementSibling;
    pinned.remove();
    drawer.hidden = part(drawer, "pins").childElementCount === 0;
    (next ? part(next, "unpin") : document.getElementById("main")).focus();
  }
}

customElements.define("ty-evidence", Evidence);
