// A JSON schema as rows of a builder. The source is what counts: each change is made in it, and what the builder has no
// row for, or does not understand, stays as it is and where it is.

export const kinds = ["string", "number", "integer", "boolean", "enum", "object", "array:string", "array:number", "array:integer", "array:boolean", "array:object"];

const scalars = new Set(["string", "number", "integer", "boolean"]);

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

// read returns the rows of a schema, or null for a text that is none.
export function read(text) {
  const root = parse(text);
  return root && fieldsOf(schemaOf(root));
}

function parse(text) {
  try {
    const root = text.trim() ? JSON.parse(text) : {};
    return isObject(root) ? root : null;
  } catch {
    return null;
  }
}

// schemaOf finds the schema in what may be wrapped as Parallel wants it.
const schemaOf = (root) => (isObject(root.json_schema) ? root.json_schema : root);

function fieldsOf(node) {
  return isObject(node.properties) ? Object.entries(node.properties).map(([name, sub]) => field(name, sub)) : [];
}

function field(name, node) {
  const { kind, nullable } = kindOf(node);
  const row = { name, kind, nullable, description: "", values: "", fields: [] };
  if (!isObject(node)) return row;
  if (typeof node.description === "string") row.description = node.description;
  if (kind === "enum") row.values = node.enum.filter((value) => value !== null).join(", ");
  if (kind === "object") row.fields = fieldsOf(node);
  if (kind === "array:object") row.fields = fieldsOf(node.items);
  return row;
}

// kindOf is "" for what the builder keeps as it is.
function kindOf(node) {
  const none = { kind: "", nullable: false };
  if (!isObject(node) || ["$ref", "anyOf", "oneOf", "allOf", "const", "not"].some((name) => name in node)) return none;
  const types = [node.type ?? []].flat();
  const nullable = types.includes("null");
  const [type, ...others] = types.filter((name) => name !== "null");
  if (Array.isArray(node.enum)) {
    return node.enum.every((value) => value === null || typeof value === "string") ? { kind: "enum", nullable: nullable || node.enum.includes(null) } : none;
  }
  if (others.length > 0 || type === undefined) return none;
  if (type !== "array") return { kind: kinds.includes(type) ? type : "", nullable };
  const items = kindOf(node.items ?? {});
  const known = !items.nullable && (scalars.has(items.kind) || items.kind === "object");
  return { kind: known ? `array:${items.kind}` : "", nullable };
}

// edit makes one change in the source and returns it indented; a text that is no schema is returned as it is. path names
// a field from the root; change is {add}, {remove}, {duplicate}, {move: by}, {rename: name} or {set: {kind, nullable,
// description, values}}.
export function edit(text, path, change) {
  const root = parse(text);
  if (!root) return text;
  const schema = schemaOf(root);
  if ("add" in change) add(inside(schema, path));
  else {
    const owner = inside(schema, path.slice(0, -1));
    const name = path.at(-1);
    if (!isObject(owner?.properties) || !(name in owner.properties)) return text;
    if ("remove" in change) remove(owner, name);
    else if ("duplicate" in change) insert(owner, name, freeName(owner, name), structuredClone(owner.properties[name]));
    else if ("move" in change) move(owner, name, change.move);
    else if ("rename" in change) rename(owner, name, change.rename);
    else owner.properties[name] = set(owner.properties[name], change.set);
  }
  return JSON.stringify(root, null, 2);
}

// inside is the object that holds the fields at a path.
function inside(schema, path) {
  return path.reduce((node, name) => {
    const sub = node?.properties?.[name];
    return sub?.items ?? sub;
  }, schema);
}

function add(owner) {
  if (!owner) return;
  owner.type ??= "object";
  if (!isObject(owner.properties)) owner.properties = {};
  const name = freeName(owner, "field");
  owner.properties[name] = { type: "string", description: "" };
  need(owner, name);
  owner.additionalProperties ??= false;
}

function freeName(owner, wanted) {
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}_${n}`;
    if (!(name in owner.properties)) return name;
  }
}

function need(owner, name) {
  owner.required = [...(Array.isArray(owner.required) ? owner.required : []), name];
}

function remove(owner, name) {
  delete owner.properties[name];
  if (Array.isArray(owner.required)) owner.required = owner.required.filter((other) => other !== name);
}

function insert(owner, after, name, node) {
  owner.properties = Object.fromEntries(Object.entries(owner.properties).flatMap((entry) => (entry[0] === after ? [entry, [name, node]] : [entry])));
  if ((owner.required ?? []).includes(after)) need(owner, name);
}

function move(owner, name, by) {
  const entries = Object.entries(owner.properties);
  const from = entries.findIndex(([other]) => other === name);
  const [entry] = entries.splice(from, 1);
  entries.splice(Math.min(Math.max(from + by, 0), entries.length), 0, entry);
  owner.properties = Object.fromEntries(entries);
}

function rename(owner, name, next) {
  if (!next || next in owner.properties) return;
  owner.properties = Object.fromEntries(Object.entries(owner.properties).map(([other, node]) => [other === name ? next : other, node]));
  if (Array.isArray(owner.required)) owner.required = owner.required.map((other) => (other === name ? next : other));
}

// set keeps what it does not change, among it keywords that the builder has no control for.
function set(node, { kind, nullable, description, values }) {
  const before = kindOf(node);
  const next = isObject(node) ? { ...node } : {};
  if (description !== undefined) next.description = description;
  const want = { kind: kind ?? before.kind, nullable: nullable ?? before.nullable };
  if (values !== undefined) next.enum = valuesOf(values);
  if (want.kind !== before.kind) reshape(next, want.kind);
  if (kind === undefined && nullable === undefined && values === undefined) return next;
  const type = want.kind === "enum" ? "string" : want.kind.split(":")[0];
  next.type = want.nullable ? [type, "null"] : type;
  if (want.kind === "enum") next.enum = [...next.enum.filter((value) => value !== null), ...(want.nullable ? [null] : [])];
  return next;
}

const valuesOf = (text) => text.split(",").map((value) => value.trim()).filter(Boolean);

// reshape makes room for another kind: what belonged to the old one goes.
function reshape(node, kind) {
  const fields = node.items?.properties ?? node.properties;
  for (const name of ["enum", "items", "properties", "required", "additionalProperties"]) delete node[name];
  const object = { type: "object", properties: isObject(fields) ? fields : {}, required: Object.keys(fields ?? {}), additionalProperties: false };
  if (kind === "enum") node.enum = ["one", "other"];
  if (kind === "object") Object.assign(node, { properties: object.properties, required: object.required, additionalProperties: false });
  if (kind.startsWith("array:")) node.items = kind === "array:object" ? object : { type: kind.slice(6) };
}
