// JSON as it is written: members in their order, numbers with their digits, white space where it stood. What nobody
// changes is printed byte for byte; what is added is laid out like its neighbours. JavaScript's own objects would put the
// key "10" behind "2", round 12345678901234567890, and take "__proto__" for something else.

// Node is one value, with the white space around it, and in an object its name.
class Node {
  constructor(kind, raw = "") {
    this.kind = kind; // object, array, string, number, boolean or null
    this.raw = raw; // the source of a value that holds no others
    this.parts = kind === "object" || kind === "array" ? [] : null;
    this.name = null;
    this.isTight = false;
    this.key = this.colon = this.lead = this.trail = this.space = this.indent = ""; // space is that of one without parts
  }

  // value is a text, number, boolean or null.
  get value() {
    if (this.kind === "string" && !this.raw.includes("\\")) return this.raw.slice(1, -1);
    return JSON.parse(this.raw);
  }

  // members are the parts that count: of those with one name the last.
  get members() {
    return this.kind === "object" ? [...new Map(this.parts.map((part) => [part.name, part])).values()] : [];
  }

  get(name) {
    return this.kind === "object" ? this.parts.findLast((part) => part.name === name) : undefined;
  }

  // source is the value as it is written, without the white space around it.
  get source() {
    if (!this.parts) return this.raw;
    const inner = this.parts.map((part) => part.lead + part.key + part.colon + part.source + part.trail).join(",") || this.space;
    return this.kind === "object" ? `{${inner}}` : `[${inner}]`;
  }

  // shown is the value as a person reads it: a text bare, anything else as it is written.
  get shown() {
    return this.kind === "string" ? this.value : this.source;
  }

  // pretty is the value laid out anew, a unit of white space for each level.
  pretty(indent = "", unit = "  ") {
    if (!this.parts) return this.raw;
    const [open, close] = this.kind === "object" ? "{}" : "[]";
    if (this.parts.length === 0) return open + close;
    const inner = indent + unit;
    const lines = this.parts.map((part) => `${inner}${part.key && `${part.key}: `}${part.pretty(inner, unit)}`);
    return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
  }
}

const words = { t: ["boolean", "true"], f: ["boolean", "false"], n: ["null", "null"] };
const notSpace = /[^ \t\n\r]/g;
const endOfNumber = /[^-+.\deE]|$/g;

// read reads a text that is JSON; of any other it throws what JSON.parse throws.
export function read(text) {
  JSON.parse(text); // so that what follows need not check
  let at = 0;

  function find(pattern) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    const from = at;
    at = found ? found.index : text.length;
    return text.slice(from, at);
  }

  function string() {
    const from = at;
    do {
      at = text.indexOf('"', at + 1);
    } while (isEscaped(text, at));
    at += 1;
    return text.slice(from, at);
  }

  function value(indent) {
    const c = text[at];
    if (c === "{" || c === "[") return container(c === "{" ? "object" : "array", indent);
    if (c === '"') return new Node("string", string());
    if (!(c in words)) return new Node("number", find(endOfNumber));
    const [kind, raw] = words[c];
    at += raw.length;
    return new Node(kind, raw);
  }

  function container(kind, indent) {
    const node = new Node(kind);
    node.indent = indent;
    at += 1;
    let lead = find(notSpace);
    if (text[at] === "}" || text[at] === "]") {
      node.space = lead;
      at += 1;
      return node;
    }
    for (;;) {
      const inner = lead.includes("\n") ? lead.slice(lead.lastIndexOf("\n") + 1) : indent;
      const part = kind === "object" ? member(inner) : value(inner);
      part.lead = lead;
      part.trail = find(notSpace);
      node.parts.push(part);
      at += 1;
      if (text[at - 1] !== ",") return node;
      lead = find(notSpace);
    }
  }

  function member(indent) {
    const key = string();
    const from = at;
    find(notSpace);
    at += 1;
    find(notSpace);
    const colon = text.slice(from, at);
    const part = value(indent);
    return Object.assign(part, { key, colon, name: JSON.parse(key) });
  }

  const lead = find(notSpace);
  const root = value("");
  root.lead = lead;
  root.trail = text.slice(at);
  return root;
}

// isEscaped tells whether an odd number of backslashes stands before a place.
function isEscaped(text, at) {
  let n = 0;
  while (text[at - 1 - n] === "\\") n += 1;
  return n % 2 === 1;
}

// Source is a JSON text that is changed in places. Values are given as JavaScript has them, or as a Node.
export class Source {
  // A text of nothing is begun as an empty object, or what else is given.
  constructor(text, empty = "{}") {
    this.root = read(text.trim() ? text : empty);
    const first = this.root.parts?.[0];
    this.isLoose = !first || text.trim().includes("\n");
    this.unit = first?.lead.includes("\n") ? first.lead.slice(first.lead.lastIndexOf("\n") + 1) : "  ";
  }

  toString() {
    return this.root.lead + this.root.source + this.root.trail;
  }

  // put gives a member of an object a value, in its place or at the end.
  put(owner, name, value) {
    const before = owner.get(name);
    if (!before) return this.insert(owner, owner.parts.length, value, name);
    if (!(value instanceof Node) && !before.parts && before.value === value) return before; // with the digits it has
    const isLoose = before.parts?.length > 0 ? before.source.includes("\n") : this.isLoose;
    const node = this.#node(value, this.#indentOf(before, owner), isLoose);
    const { key, colon, lead, trail } = before;
    owner.parts[owner.parts.indexOf(before)] = Object.assign(node, { name, key, colon, lead, trail });
    return node;
  }

  // insert adds a part behind so many others; name is that of a member.
  insert(owner, place, value, name = null) {
    const { parts } = owner;
    const [before, after] = [parts[place - 1], parts[place]];
    const isLoose = before ? before.lead.includes("\n") : this.isLoose && !owner.isTight;
    const indent = before ? this.#indentOf(before, owner) : owner.indent + this.unit;
    const node = this.#node(value, indent, isLoose);
    if (name !== null) Object.assign(node, { name, key: JSON.stringify(name), colon: before?.colon ?? (isLoose ? ": " : ":") });
    if (before) node.lead = (after ?? before).lead;
    else if (isLoose) Object.assign(node, { lead: `\n${indent}`, trail: `\n${owner.indent}` });
    if (before && !after) {
      node.trail = before.trail;
      before.trail = parts.length > 1 ? parts[0].trail : "";
    }
    parts.splice(place, 0, node);
    owner.space = "";
    return node;
  }

  remove(owner, part) {
    const at = owner.parts.indexOf(part);
    owner.parts.splice(at, 1);
    if (at === 0 && owner.parts.length > 0) owner.parts[0].lead = part.lead;
    if (at > 0 && at === owner.parts.length) owner.parts[at - 1].trail = part.trail;
  }

  // move leaves the white space where it is.
  move(owner, part, place) {
    const spaces = owner.parts.map(({ lead, trail }) => ({ lead, trail }));
    owner.parts.splice(owner.parts.indexOf(part), 1);
    owner.parts.splice(place, 0, part);
    for (const [i, other] of owner.parts.entries()) Object.assign(other, spaces[i]);
  }

  rename(part, name) {
    Object.assign(part, { name, key: JSON.stringify(name) });
  }

  #indentOf(part, owner) {
    return part.lead.includes("\n") ? part.lead.slice(part.lead.lastIndexOf("\n") + 1) : owner.indent;
  }

  // #node makes a value of its own, laid out for a place.
  #node(value, indent, isLoose) {
    if (!(value instanceof Node)) return this.#node(read(JSON.stringify(value)), indent, isLoose);
    const text = isLoose && value.indent !== indent ? value.pretty(indent, this.unit) : value.source;
    return Object.assign(read(text), { indent, isTight: !isLoose }); // so that what is put into it is laid out like it
  }
}

// open is a text as a Source; null for one that is no JSON, or JSON of another kind than an object.
export function open(text) {
  try {
    const source = new Source(text);
    return source.root.kind === "object" ? source : null;
  } catch {
    return null;
  }
}
