// An input as a form: its fields by the schema of the input, and its values from and to JSON. What the form has no field
// for stays in the input byte for byte.
import { open, read as readJSON } from "./json.js";
import { read } from "./schema.js";

const scalars = new Set(["string", "number", "integer", "boolean", "enum"]);
const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/; // as JSON has it

// fieldsOf lists the fields of a schema: {path, kind, label, about, choices}. Objects within lie flat, by their paths.
export function fieldsOf(schema) {
  const rows = schema.trim() ? read(schema) : null;
  return rows ? flat(rows, []) : [];
}

function flat(rows, above) {
  return rows.flatMap((row) => {
    const path = [...above, row.name];
    if (row.kind === "object") return flat(row.fields, path);
    const of = row.kind.startsWith("array:") ? row.kind.slice(6) : "";
    const kind = scalars.has(row.kind) ? row.kind : scalars.has(of) ? "lines" : "json";
    return [{ path, kind, of, label: path.join(" › "), about: row.description, choices: row.values }];
  });
}

// Input is an input that a form writes into; isOpen is whether it is an object, or nothing yet.
export class Input {
  constructor(text) {
    this.source = open(text);
  }

  get isOpen() {
    return this.source !== null;
  }

  toString() {
    return this.source.toString();
  }

  // node is what stands at a path; undefined where there is nothing.
  node(path) {
    return path.reduce((node, name) => node?.get(name), this.source.root);
  }

  // blocked names what stands where a field's object would have to be; "" if nothing does.
  blocked({ path }) {
    const at = path.slice(0, -1).findIndex((_, i) => !["object", "null", undefined].includes(this.node(path.slice(0, i + 1))?.kind));
    return at < 0 ? "" : path[at];
  }

  // valueAt is the text that a field shows.
  valueAt(field) {
    const node = this.node(field.path);
    if (!node || node.kind === "null") return "";
    return this.isLines(field) ? node.parts.map((part) => part.shown).join("\n") : field.kind === "json" ? node.source : node.shown;
  }

  // isLines tells whether a field's value is a list that lines can show.
  isLines(field) {
    const node = this.node(field.path);
    if (!node || node.kind === "null") return field.kind === "lines";
    return field.kind === "lines" && node.kind === "array" && node.parts.every((part) => !part.parts && /^.*\S.*$/.test(part.shown));
  }

  // put takes what was typed into a field; an empty field is left out.
  put(field, text) {
    const { source } = this;
    let owner = source.root;
    for (const name of field.path.slice(0, -1)) {
      const next = owner.get(name);
      if (text === "" && next?.kind !== "object") return; // there is nothing to leave out
      owner = next?.kind === "object" ? next : source.put(owner, name, {});
    }
    const before = owner.get(field.path.at(-1));
    if (text !== "") source.put(owner, field.path.at(-1), this.typed(field, text, before));
    else if (before) source.remove(owner, before);
  }

  typed(field, text, before) {
    if (!this.isLines(field)) return before?.parts || field.kind === "json" || field.kind === "lines" ? json(text) : scalar(field.kind, text);
    const known = new Map((before?.parts ?? []).map((part) => [part.shown, part.source]));
    const lines = text.split("\n").filter((line) => line.trim());
    return readJSON(`[${lines.map((line) => known.get(line) ?? sourceOf(scalar(field.of, line.trim()))).join(",")}]`);
  }
}

const sourceOf = (value) => value.source ?? JSON.stringify(value);

// scalar is a text as a value of a kind; as a text where it cannot be one. Digits stay as they were typed.
function scalar(kind, text) {
  if (kind === "boolean") return text === "true";
  if (kind !== "number" && kind !== "integer") return text;
  const typed = text.trim();
  if (number.test(typed)) return readJSON(typed);
  return typed !== "" && Number.isFinite(Number(typed)) ? Number(typed) : text;
}

function json(text) {
  try {
    return readJSON(text);
  } catch {
    return text;
  }
}
