// Tree is a JSON value as rows: flat arrays, so that fifty thousand of them are opened, closed and searched in a few
// milliseconds.

// Digits keeps a number as it was written where JavaScript would write it otherwise.
class Digits {
  constructor(source) {
    this.source = source;
  }
}

// parse reads JSON and keeps the digits of its numbers, in browsers that tell a reviver the source.
export function parse(text) {
  return JSON.parse(text, (key, value, context) =>
    typeof value === "number" && context?.source !== undefined && context.source !== String(value) ? new Digits(context.source) : value);
}

const isBranch = (value) => value !== null && typeof value === "object" && !(value instanceof Digits);

export class Tree {
  constructor(value, rootKey = "output") {
    this.keys = [];
    this.values = [];
    this.depths = [];
    this.parents = [];
    this.ends = []; // the row behind the last one below
    this.places = []; // among its siblings, from 1
    this.opened = new Set();
    this.#add(rootKey, value, 0, -1, 1);
    this.openTo(1);
  }

  get length() {
    return this.keys.length;
  }

  #add(key, value, depth, parent, place) {
    const row = this.keys.push(key) - 1;
    this.values.push(value);
    this.depths.push(depth);
    this.parents.push(parent);
    this.places.push(place);
    this.ends.push(0);
    if (isBranch(value)) {
      let n = 0;
      for (const [name, sub] of Object.entries(value)) this.#add(name, sub, depth + 1, row, ++n);
    }
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
    return this.parents[row] < 0 ? 1 : Object.keys(this.values[this.parents[row]]).length;
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
      const isElement = Array.isArray(this.values[this.parents[at]]);
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
    const value = this.values[row];
    if (value === null) return "null";
    if (value instanceof Digits) return "number";
    return Array.isArray(value) ? "array" : typeof value;
  }

  // text is a leaf as it reads; of what holds others, how many.
  text(row) {
    const value = this.values[row];
    switch (this.kind(row)) {
      case "string":
        return value;
      case "array":
        return value.length === 1 ? "1 element" : `${value.length} elements`;
      case "object": {
        const n = Object.keys(value).length;
        return n === 1 ? "1 field" : `${n} fields`;
      }
      default:
        return value instanceof Digits ? value.source : String(value);
    }
  }

  // copy is a value as one pastes it: a text bare, anything else as JSON with the digits it came with.
  copy(row) {
    return typeof this.values[row] === "string" ? this.values[row] : write(this.values[row], "");
  }
}

function write(value, indent) {
  if (value instanceof Digits) return value.source;
  if (!isBranch(value)) return JSON.stringify(value);
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const parts = Object.entries(value).map(([key, sub]) => `${inner}${isList ? "" : `${JSON.stringify(key)}: `}${write(sub, inner)}`);
  const [open, close] = isList ? "[]" : "{}";
  return parts.length === 0 ? open + close : `${open}\n${parts.join(",\n")}\n${indent}${close}`;
}
