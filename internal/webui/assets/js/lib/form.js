// An input as a form: its fields by the schema of the input, and its values from and to JSON. What the form has no field
// for stays in the input as it is.
import { read } from "./schema.js";

const scalars = new Set(["string", "number", "integer", "boolean", "enum"]);

// fieldsOf lists the fields of a schema: {path, kind, label, about, choices}. Objects within lie flat, by their paths.
export function fieldsOf(schema) {
  const rows = schema.trim() ? read(schema) : null;
  return rows ? flat(rows, []) : [];
}

function flat(rows, above) {
  return rows.flatMap((row) => {
    const path = [...above, row.name];
    if (row.kind === "object") return flat(row.fields, path);
    const kind = scalars.has(row.kind) ? row.kind : row.kind.startsWith("array:") && scalars.has(row.kind.slice(6)) ? "lines" : "json";
    return [{ path, kind, of: row.kind.slice(6), label: path.join(" › "), about: row.description, choices: row.kind === "enum" ? row.values.split(", ") : [] }];
  });
}

// valueAt is the text that a field shows of an input.
export function valueAt(input, { path, kind }) {
  const value = path.reduce((node, name) => node?.[name], input);
  if (value === undefined || value === null) return "";
  if (kind === "json") return JSON.stringify(value);
  return kind === "lines" && Array.isArray(value) ? value.join("\n") : String(value);
}

// put returns the input with what was typed into a field; an empty field is left out.
export function put(input, field, text) {
  const root = structuredClone(input ?? {});
  let node = root;
  for (const name of field.path.slice(0, -1)) {
    if (node[name] === null || typeof node[name] !== "object") node[name] = {};
    node = node[name];
  }
  const last = field.path.at(-1);
  if (text === "") delete node[last];
  else node[last] = parse(field, text);
  return root;
}

function parse({ kind, of }, text) {
  if (kind === "lines") return text.split("\n").filter((line) => line.trim()).map((line) => parse({ kind: of }, line.trim()));
  if (kind === "boolean") return text === "true";
  if (kind === "json") {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  const isNumber = (kind === "number" || kind === "integer") && text.trim() !== "" && Number.isFinite(Number(text));
  return isNumber ? Number(text) : text;
}
