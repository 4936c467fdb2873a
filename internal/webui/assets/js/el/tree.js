// <ty-tree> draws a result as a tree, by the APG's pattern: of any number of values only those in sight are in the page.
// The focus stays on the tree, which names the row that it is on.
import { announce, part, setText } from "../lib/parts.js";
import { parse, Tree } from "../lib/tree.js";

const height = 28; // pixels of a row, as in 64-tree.css
const spare = 12; // rows above and below what is in sight
const longest = 300; // characters of a value in its row

class TreeView extends HTMLElement {
  async connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.box = part(this, "box");
    this.rows = part(this, "rows");
    this.blank = part(this, "row").content.firstElementChild;
    this.basis = new Map([...part(this, "basis").content.querySelectorAll("details")].map((d) => [d.dataset.field, d]));
    try {
      const response = await fetch(this.dataset.url, { signal });
      if (!response.ok) throw new Error(`load result: ${response.status}`);
      this.tree = new Tree(parse(await response.text()).output.content);
    } catch {
      return; // what the server has drawn stays
    }
    this.at = 0;
    this.found = [];
    for (const name of ["tools", "box"]) part(this, name).hidden = false;
    part(this, "plain").remove();
    this.listen(signal);
    this.refresh();
    this.dataset.ready = "";
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  listen(signal) {
    this.box.addEventListener("scroll", () => this.draw(), { signal, passive: true });
    this.rows.addEventListener("click", (event) => this.click(event), { signal });
    this.rows.addEventListener("keydown", (event) => this.key(event), { signal });
    part(this, "find").addEventListener("input", () => this.find(), { signal });
    part(this, "find").addEventListener("keydown", (event) => event.key === "Enter" && this.step(event.shiftKey ? -1 : 1), { signal });
    part(this, "next").addEventListener("click", () => this.step(1), { signal });
    part(this, "previous").addEventListener("click", () => this.step(-1), { signal });
    part(this, "copy").addEventListener("click", () => this.copy(this.tree.copy(this.at), "value"), { signal });
    part(this, "path").addEventListener("click", () => this.copy(this.tree.path(this.at), "path"), { signal });
    for (const button of this.querySelectorAll("[data-depth]")) {
      button.addEventListener("click", () => this.openTo(Number(button.dataset.depth)), { signal });
    }
  }

  openTo(depth) {
    this.tree.openTo(depth);
    this.at = 0;
    this.refresh();
  }

  // refresh takes in what is open now.
  refresh() {
    this.visible = this.tree.visible();
    this.rows.style.setProperty("height", `${this.visible.length * height}px`);
    this.draw();
  }

  draw() {
    const first = Math.max(Math.floor(this.box.scrollTop / height) - spare, 0);
    const last = Math.min(Math.ceil((this.box.scrollTop + this.box.clientHeight) / height) + spare, this.visible.length);
    this.rows.replaceChildren(...this.visible.slice(first, last).map((row, i) => this.row(row, first + i)));
    this.rows.setAttribute("aria-activedescendant", `tree-${this.at}`);
  }

  row(row, place) {
    const { tree } = this;
    const node = this.blank.cloneNode(true);
    node.id = `tree-${row}`;
    node.dataset.row = row;
    node.dataset.kind = tree.kind(row);
    node.style.setProperty("top", `${place * height}px`);
    node.style.setProperty("padding-inline-start", `${tree.depths[row] * 18 + 4}px`);
    node.setAttribute("aria-level", tree.depths[row] + 1);
    node.setAttribute("aria-setsize", tree.siblings(row));
    node.setAttribute("aria-posinset", tree.places[row]);
    node.setAttribute("aria-selected", String(row === this.at));
    const isOpen = tree.opened.has(row);
    if (tree.holds(row)) node.setAttribute("aria-expanded", String(isOpen));
    setText(node, "twist", tree.holds(row) ? (isOpen ? "▾" : "▸") : "");
    setText(node, "key", tree.keys[row]);
    setText(node, "value", tree.text(row).slice(0, longest));
    node.toggleAttribute("data-found", this.found.includes(row));
    const evidence = this.basis.get(tree.field(row));
    if (evidence) part(node, "evidence").append(evidence.cloneNode(true));
    return node;
  }

  click(event) {
    const node = event.target.closest("[data-row]");
    if (!node || event.target.closest(".evidence")) return;
    const row = Number(node.dataset.row);
    if (row === this.at || event.target.matches(".tree-twist")) this.tree.toggle(row);
    this.at = row;
    this.refresh();
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target !== this.rows) return;
    const { tree, at } = this;
    const place = this.visible.indexOf(at);
    const page = Math.max(Math.floor(this.box.clientHeight / height) - 1, 1);
    const to = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: this.visible.length - 1, PageDown: place + page, PageUp: place - page }[event.key];
    if (to !== undefined) this.go(this.visible[Math.min(Math.max(to, 0), this.visible.length - 1)]);
    else if (event.key === "ArrowRight") this.right(tree, at);
    else if (event.key === "ArrowLeft") this.left(tree, at);
    else if (event.key === "Enter" || event.key === " ") this.toggle();
    else return;
    event.preventDefault();
  }

  right(tree, at) {
    if (!tree.holds(at)) return;
    if (tree.opened.has(at)) this.go(at + 1);
    else this.toggle();
  }

  left(tree, at) {
    if (tree.opened.has(at)) this.toggle();
    else if (tree.parents[at] >= 0) this.go(tree.parents[at]);
  }

  toggle() {
    this.tree.toggle(this.at);
    this.refresh();
  }

  // go moves to a row that is visible, and brings it into sight.
  go(row) {
    this.at = row;
    const top = this.visible.indexOf(row) * height;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + height > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + height - this.box.clientHeight;
    this.draw();
  }

  find() {
    this.found = this.tree.find(part(this, "find").value.trim());
    this.place = -1;
    setText(this, "found", part(this, "find").value.trim() ? `${this.found.length} found` : "");
    if (this.found.length > 0) this.step(1);
    else this.draw();
  }

  step(by) {
    if (this.found.length === 0) return;
    this.place = (this.place + by + this.found.length) % this.found.length;
    const row = this.found[this.place];
    this.tree.reveal(row);
    this.refresh();
    this.go(row);
    setText(this, "found", `${this.place + 1} of ${this.found.length}`);
  }

  async copy(text, what) {
    try {
      await navigator.clipboard.writeText(text);
      announce(`Copied the ${what} of ${this.tree.keys[this.at]}.`);
    } catch {
      announce("Copying failed.");
    }
  }
}

customElements.define("ty-tree", TreeView);
