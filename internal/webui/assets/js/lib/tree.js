// Tree is a JSON value as rows: flat arrays, so that fifty thousand of them are opened, closed and searched in a few
// milliseconds. Keys are in the order, and numbers have the digits, that they were sent with.
import { plural } from "./format.js";

export class Tree {
  // root is a node of json.js.
  constructor(root, rootKey = "output") {
    this.keys = [];
    this.nodes = [];
    this.depths = [];
    this.parents = [];
    this.ends = []; // the row behind the last one below
    this.places = []; // among its siblings, from 1
    this.opened = new Set();
    this.#add(rootKey, root, 0, -1, 1);
    this.openTo(1);
  }

  get length() {
    return this.keys.length;
  }

  #add(key, node, depth, parent, place) {
    const row = this.keys.push(key) - 1;
    this.nodes.push(node);
    this.depths.push(depth);
    this.parents.push(parent);
    this.places.push(place);
    this.ends.push(0);
    for (const [n, part] of (node.parts ?? []).entries()) this.#add(part.name ?? String(n), part, depth + 1, row, n + 1);
    this.ends[row] = this.keys.length;
  }

  holds(row) {
    return this.ends[row] > row + 1;
  }

  // visible are the rows that no closed one hides, in order.
  visible() {
    const rows = [];
    for (let row = 0; row < this.length; ) {
      rows.push(row);
      row = this.holds(row) && !this.opened.has(row) ? this.ends[row] : row + 1;
    }
    return rows;
  }

  openTo(depth) {
    this.opened.clear();
    for (let row = 0; row < this.length; row++) if (this.depths[row] < depth && this.holds(row)) this.opened.add(row);
  }

  toggle(row, open = !this.opened.has(row)) {
    if (open && this.holds(row)) this.opened.add(row);
    else this.opened.delete(row);
  }

  // reveal opens whatever a row lies in.
  reveal(row) {
    for (let at = this.parents[row]; at >= 0; at = this.parents[at]) this.opened.add(at);
  }

  siblings(row) {
    return this.parents[row] < 0 ? 1 : this.nodes[this.parents[row]].parts.length;
  }

  // find returns the rows whose key or value has a text, letter case aside.
  find(text) {
    const wanted = text.toLowerCase();
    if (!wanted) return [];
    const found = [];
    for (let row = 0; row < this.length; row++) {
      if (this.keys[row].toLowerCase().includes(wanted) || (!this.holds(row) && this.text(row).toLowerCase().includes(wanted))) found.push(row);
    }
    return found;
  }

  // path is how one writes where a value is: $.people[0].name.
  path(row) {
    const steps = [];
    for (let at = row; this.parents[at] >= 0; at = this.parents[at]) {
      const key = this.keys[at];
      const isElement = this.nodes[this.parents[at]].kind === "array";
      if (isElement) steps.unshift(`[${key}]`);
      else steps.unshift(/^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);
    }
    return `$${steps.join("")}`;
  }

  // field is how the basis names the same: people.0.name.
  field(row) {
    const steps = [];
    for (let at = row; this.parents[at] >= 0; at = this.parents[at]) steps.unshift(this.keys[at]);
    return steps.length > 0 ? steps.join(".") : "output";
  }

  kind(row) {
    return this.nodes[row].kind;
  }

  // text is a leaf as it reads; of what holds others, how many.
  text(row) {
    const node = this.nodes[row];
    return node.parts ? plural(node.parts.length, node.kind === "array" ? "element" : "field") : node.shown;
  }

  // copy is a value as one pastes it: a text bare, anything else as JSON with the digits it came with.
  copy(row) {
    const node = this.nodes[row];
    return node.kind === "string" ? node.value : node.pretty();
  }
}
