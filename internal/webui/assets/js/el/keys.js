// <ty-keys> turns keys into clicks on the controls that carry them, moves through lists with j and k, and shows
// what there is. Keys of one character can be switched off (WCAG 2.1.4).
import { isPrefix, nameOf, run, withKey } from "../lib/commands.js";
import { part, setText } from "../lib/parts.js";

const key = "taskyard.keys"; // "off" switches the single characters off
const between = 1500; // milliseconds between the two characters of a key such as "g t"

const isTyping = (node) => node.closest("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]") !== null;

class Keys extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.typed = "";
    this.help = part(this, "help");
    this.single = part(this, "single");
    this.single.checked = this.isOn();
    document.addEventListener("keydown", (event) => this.press(event), { signal });
    part(this, "open").addEventListener("click", () => this.show(), { signal });
    this.single.addEventListener("change", () => this.choose(), { signal });
    if (location.hash === "#search") withKey("/")?.focus();
  }

  disconnectedCallback() {
    this.stop.abort();
    clearTimeout(this.timer);
  }

  isOn() {
    try {
      return localStorage.getItem(key) !== "off";
    } catch {
      return true; // storage is off
    }
  }

  choose() {
    try {
      localStorage.setItem(key, this.single.checked ? "on" : "off");
    } catch {
      // The choice holds for this page.
    }
  }

  press(event) {
    const held = event.ctrlKey || event.metaKey || event.altKey;
    if (event.defaultPrevented || held || event.key.length !== 1 || isTyping(event.target) || !this.single.checked) return;
    const typed = this.typed ? `${this.typed} ${event.key}` : event.key;
    clearTimeout(this.timer);
    this.typed = "";
    const control = withKey(typed);
    if (control) run(control);
    else if (isPrefix(typed)) this.await(typed);
    else if (!this.move(event.key) && !this.elsewhere(typed)) return;
    event.preventDefault();
  }

  await(typed) {
    this.typed = typed;
    this.timer = setTimeout(() => (this.typed = ""), between);
  }

  // move puts the focus on the next or the previous item of a list.
  move(typed) {
    const step = { j: 1, k: -1 }[typed];
    const list = step && document.querySelector("[data-move]");
    if (!list) return false;
    const items = [...list.querySelectorAll(list.dataset.move)].filter((item) => item.checkVisibility());
    const here = items.findIndex((item) => item === document.activeElement || item.closest("[data-scope]")?.contains(document.activeElement));
    const next = items[here < 0 ? 0 : here + step];
    next?.focus();
    return next !== undefined;
  }

  // elsewhere serves the one key whose control is on another page.
  elsewhere(typed) {
    if (typed !== "/") return false;
    location.href = "/tasks#search";
    return true;
  }

  show() {
    const rows = part(this, "rows");
    const blank = part(this, "row").content.firstElementChild;
    const listed = new Map([...document.querySelectorAll("[data-key]")].filter((c) => c.checkVisibility()).map((c) => [c.dataset.key, nameOf(c)]));
    rows.replaceChildren(...[...listed].map(([pressed, name]) => {
      const row = blank.cloneNode(true);
      setText(row, "key", pressed);
      setText(row, "name", name);
      return row;
    }));
    this.help.showModal();
  }
}

customElements.define("ty-keys", Keys);
