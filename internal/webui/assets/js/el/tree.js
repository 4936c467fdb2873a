// <ty-tree> draws a result as a tree, by the APG's pattern: of any number of values only those in sight are in the page.
// The focus stays on the tree, which names the row that it is on.
import { read } from "../lib/json.js";
import { announce, part, setText } from "../lib/parts.js";
import { Tree } from "../lib/tree.js";

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
      this.tree = new Tree(read(await response.text()).get("output").get("content"));
    } catch {
      return; // what the server has drawn stays
    }
    this.at = 0;
    this.found = [];
    this.marked = new Set(); // those found
    this.drawn = new Map(); // rows that are in the page
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
    this.rows.addEventListener("focusin", (event) => this.stand(event), { signal });
    this.rows.addEventListener("keydown", (event) => this.key(event), { signal });
    part(this, "find").addEventListener("input", () => this.find(), { signal });
    part(this, "find").addEventListener("keydown", (event) => event.key === "Enter" && this.step(event.shiftKey ? -1 : 1), { signal });
    part(this, "next").addEventListener("click", () => this.step(1), { signal });
    part(this, "previous").addEventListener("click", () => this.step(-1), { signal });
    part(this, "copy").addEventListener("click", () => this.copy(this.tree.copy(this.at), "value"), { signal });
    part(this, "why").addEventListener("click", () => this.showEvidence(), { signal });
    part(this, "path").addEventListener("click", () => this.copy(this.tree.path(this.at), "path"), { signal });
    for (const button of this.querySelectorAll("[data-depth]")) {
      button.addEventListener("click", () => this.openTo(Number(button.dataset.depth)), { signal });
    }
  }

  openTo(depth) {
    this.tree.openTo(depth);
    this.refresh();
  }

  // inSight is a row, or the one that hides it.
  inSight(row) {
    while (!this.places.has(row)) row = this.tree.parents[row];
    return row;
  }

  // refresh takes in what is open now.
  refresh() {
    this.visible = this.tree.visible();
    this.places = new Map(this.visible.map((row, place) => [row, place]));
    this.at = this.inSight(this.at);
    this.rows.style.setProperty("height", `${this.visible.length * height}px`);
    this.draw();
  }

  // draw puts the rows in sight into the page. Those that are there stay, as somebody may stand on one: so does the row in
  // focus, and one that holds the focus, wherever they are.
  draw() {
    const first = Math.max(Math.floor(this.box.scrollTop / height) - spare, 0);
    const last = Math.min(Math.ceil((this.box.scrollTop + this.box.clientHeight) / height) + spare, this.visible.length);
    const places = new Map();
    for (const row of [this.at, ...this.holding()]) if (this.places.has(row)) places.set(row, this.places.get(row));
    for (let place = first; place < last; place++) places.set(this.visible[place], place);
    const isLost = this.holding().some((row) => !places.has(row));
    for (const [row, node] of this.drawn) {
      if (places.has(row)) continue;
      node.remove();
      this.drawn.delete(row);
    }
    if (isLost) this.rows.focus({ preventScroll: true }); // what was in focus is closed away
    let next = this.rows.firstElementChild;
    for (const [row, place] of [...places].sort(([a], [b]) => a - b)) {
      const node = this.row(row, place);
      if (node === next) next = next.nextElementSibling;
      else this.rows.insertBefore(node, next);
    }
    this.rows.setAttribute("aria-activedescendant", `tree-${this.at}`);
    part(this, "why").disabled = !this.basis.has(this.tree.field(this.at));
  }

  // holding are the rows that have the focus within them, or whose evidence is open.
  holding() {
    return [...this.rows.querySelectorAll(":focus, summary[aria-expanded]")].map((node) => Number(node.closest("[data-row]").dataset.row));
  }

  row(row, place) {
    const { tree } = this;
    const node = this.drawn.get(row) ?? this.newRow(row);
    node.style.setProperty("top", `${place * height}px`);
    node.setAttribute("aria-selected", String(row === this.at));
    node.toggleAttribute("data-found", this.marked.has(row));
    if (!tree.holds(row)) return node;
    const isOpen = tree.opened.has(row);
    node.setAttribute("aria-expanded", String(isOpen));
    setText(node, "twist", isOpen ? "▾" : "▸");
    return node;
  }

  newRow(row) {
    const { tree } = this;
    const node = this.blank.cloneNode(true);
    node.id = `tree-${row}`;
    node.dataset.row = row;
    node.dataset.kind = tree.kind(row);
    node.style.setProperty("padding-inline-start", `${tree.depths[row] * 18 + 4}px`);
    node.setAttribute("aria-level", tree.depths[row] + 1);
    node.setAttribute("aria-setsize", tree.siblings(row));
    node.setAttribute("aria-posinset", tree.places[row]);
    setText(node, "key", tree.keys[row]);
    setText(node, "value", tree.text(row).slice(0, longest));
    const evidence = this.basis.get(tree.field(row));
    if (evidence) part(node, "evidence").append(evidence.cloneNode(true));
    this.drawn.set(row, node);
    return node;
  }

  // showEvidence opens the card of the row in focus, as its own button does.
  showEvidence() {
    this.go(this.at);
    this.drawn.get(this.at)?.querySelector(".evidence > summary")?.click();
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
    if (event.altKey || event.ctrlKey || event.metaKey || !this.moves(event)) return;
    const { tree, at } = this;
    const place = this.places.get(at);
    const page = Math.max(Math.floor(this.box.clientHeight / height) - 1, 1);
    const to = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: this.visible.length - 1, PageDown: place + page, PageUp: place - page }[event.key];
    if (to !== undefined) this.go(this.visible[Math.min(Math.max(to, 0), this.visible.length - 1)]);
    else if (event.key === "ArrowRight") this.right(tree, at);
    else if (event.key === "ArrowLeft") this.left(tree, at);
    else if (event.key === "Enter" || event.key === " ") this.toggle();
    else return;
    this.rows.focus({ preventScroll: true });
    event.preventDefault();
  }

  // moves tells whether a key is for the tree: on the evidence of a row, Enter and the space bar are not.
  moves({ target, key }) {
    return target === this.rows || (target.matches(".evidence > summary") && key !== "Enter" && key !== " ");
  }

  // stand takes the row whose evidence somebody has tabbed to as the one in focus.
  stand({ target }) {
    const node = target.closest("[data-row]");
    if (!node || Number(node.dataset.row) === this.at) return;
    this.at = Number(node.dataset.row);
    this.draw();
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
    const top = this.places.get(row) * height;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + height > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + height - this.box.clientHeight;
    this.draw();
  }

  find() {
    this.found = this.tree.find(part(this, "find").value.trim());
    this.marked = new Set(this.found);
    this.foundAt = -1;
    setText(this, "found", part(this, "find").value.trim() ? `${this.found.length} found` : "");
    if (this.found.length > 0) this.step(1);
    else this.draw();
  }

  step(by) {
    if (this.found.length === 0) return;
    this.foundAt = (this.foundAt + by + this.found.length) % this.found.length;
    const row = this.found[this.foundAt];
    this.tree.reveal(row);
    this.refresh();
    this.go(row);
    setText(this, "found", `${this.foundAt + 1} of ${this.found.length}`);
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
