// <ty-views> keeps addresses of the filtered list under names, in this browser.
import { part, setText } from "../lib/parts.js";

const key = "taskyard.views";
const most = 20;

class Views extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    part(this, "save").addEventListener("click", () => this.save(), { signal: this.stop.signal });
    this.addEventListener("click", (event) => this.forget(event.target.closest("[data-part=forget]")), { signal: this.stop.signal });
    this.draw();
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  read() {
    try {
      const list = JSON.parse(localStorage.getItem(key)) ?? [];
      return list.filter(({ name, query }) => typeof name === "string" && typeof query === "string");
    } catch {
      return []; // storage is off, or holds something else
    }
  }

  write(list) {
    try {
      localStorage.setItem(key, JSON.stringify(list.slice(0, most)));
    } catch {
      // Storage is off or full: nothing is kept.
    }
    this.draw();
  }

  draw() {
    const views = this.read();
    const blank = part(this, "view").content.firstElementChild;
    part(this, "list").replaceChildren(...views.map(({ name, query }) => {
      const view = blank.cloneNode(true);
      setText(view, "open", name);
      part(view, "open").href = `/tasks${query}`;
      part(view, "open").toggleAttribute("aria-current", query === location.search);
      setText(view, "of", `Forget the view ${name}`);
      part(view, "forget").dataset.query = query;
      return view;
    }));
    this.hidden = views.length === 0 && part(this, "save").hidden;
  }

  save() {
    const shown = [...document.querySelectorAll(".chips .chip")].map((chip) => chip.lastChild.previousSibling.textContent.trim());
    const name = shown.join(", ").replaceAll(/(Status|Processor|Tag|Text|On|Output): /g, "") || "View";
    this.write([{ name, query: location.search }, ...this.read().filter((view) => view.query !== location.search)]);
  }

  forget(button) {
    if (button) this.write(this.read().filter(({ query }) => query !== button.dataset.query));
  }
}

customElements.define("ty-views", Views);
