// A JSON schema as rows of a builder. The source is what counts: each change is made in it, where it belongs, and every
// other byte of it stays as somebody wrote it.
import { open } from "./json.js";

export const kinds = ["string", "number", "integer", "boolean", "enum", "object", "array:string", "array:number", "array:integer", "array:boolean", "array:object"];

const scalars = new Set(["string", "number", "integer", "boolean"]);
const notOfKind = ["$ref", "anyOf", "oneOf", "allOf", "const", "not"];
const parts = ["properties", "required", "additionalProperties"]; // of what describes an object

const isObject = (node) => node?.kind === "object";
const textOf = (node) => (node?.kind === "string" ? node.value : "");
const listOf = (node) => (node?.kind === "array" ? node.parts : []);

// whyNot says why there can be no rows for a text; "" if there can.
export function whyNot(text) {
  const source = open(text);
  if (!source) return "The source is not a JSON object at the moment. The builder waits for it.";
  const type = textOf(schemaOf(source.root).get("type"));
  if (!type || type === "object") return "";
  return `The root of this schema has the type “${type}”, and Parallel takes an object there: put it into a field of one. The builder waits for it.`;
}

// read returns the rows of a schema, or null for a text that whyNot objects to.
export function read(text) {
  return whyNot(text) ? null : fieldsOf(schemaOf(open(text).root));
}

// schemaOf finds the schema in what may be wrapped as Parallel wants it.
function schemaOf(root) {
  const inner = root.get("json_schema");
  return isObject(inner) ? inner : root;
}

const fieldsOf = (node) => (isObject(node?.get("properties")) ? node.get("properties").members.map(field) : []);

function field(node) {
  const { kind, nullable } = kindOf(node);
  const row = { name: node.name, kind, nullable, description: textOf(node.get("description")), values: [], fields: [] };
  if (kind === "enum") row.values = valuesOf(node);
  if (kind === "object") row.fields = fieldsOf(node);
  if (kind === "array:object") row.fields = fieldsOf(node.get("items"));
  return row;
}

const valuesOf = (node) => listOf(node.get("enum")).filter(({ kind }) => kind === "string").map(({ value }) => value);

// A value that is a line of its own can be edited as one.
const isLine = (value) => value !== "" && !/[\n\r]/.test(value);

// kindOf is "" for what the builder keeps as it is.
function kindOf(node) {
  const none = { kind: "", nullable: false };
  if (!isObject(node) || notOfKind.some((name) => node.get(name))) return none;
  const given = node.get("type");
  const types = given?.kind === "array" ? given.parts.map(textOf) : given ? [textOf(given)] : [];
  const nullable = types.includes("null");
  const [type, ...others] = types.filter((name) => name !== "null");
  if (node.get("enum")?.kind === "array") {
    const list = listOf(node.get("enum"));
    const isKnown = list.every(({ kind }) => kind === "string" || kind === "null") && valuesOf(node).every(isLine);
    return isKnown ? { kind: "enum", nullable: nullable || list.some(({ kind }) => kind === "null") } : none;
  }
  if (others.length > 0 || type === undefined) return none;
  if (type !== "array") return { kind: kinds.includes(type) ? type : "", nullable };
  const items = kindOf(node.get("items"));
  const isKnown = !items.nullable && (scalars.has(items.kind) || items.kind === "object");
  return { kind: isKnown ? `array:${items.kind}` : "", nullable };
}

// edit makes one change in the source; a text in which it cannot be made is returned as it is. path names a field from
// the root; change is {add}, {remove}, {duplicate}, {move: by}, {rename: name} or {set: {kind, nullable, description,
// values}}.
export function edit(text, path, change) {
  const source = whyNot(text) ? null : open(text);
  if (!source) return text;
  const schema = schemaOf(source.root);
  if ("add" in change) add(source, inside(schema, path));
  else {
    const owner = inside(schema, path.slice(0, -1));
    const node = fieldAt(schema, path);
    if (!node) return text;
    if ("remove" in change) remove(source, owner, node);
    else if ("duplicate" in change) duplicate(source, owner, node);
    else if ("move" in change) move(source, owner, node, change.move);
    else if ("rename" in change) rename(source, owner, node, change.rename);
    else set(source, owner, node, change.set);
  }
  return source.toString();
}

// isTaken tells whether a field beside the one at a path has a name.
export function isTaken(text, path, name) {
  const source = open(text);
  return name !== path.at(-1) && Boolean(source && fieldAt(schemaOf(source.root), [...path.slice(0, -1), name]));
}

// lost names what a change takes away that somebody wrote: fields within a field, values that one may have.
export function lost(text, path, change) {
  const find = (at) => {
    const source = open(at);
    const node = source && fieldAt(schemaOf(source.root), path);
    if (!node) return [];
    const { fields, values } = field(node);
    return [...fields.map(({ name }) => name), ...values];
  };
  const left = new Set(find(edit(text, path, change)));
  return find(text).filter((name) => !left.has(name));
}

// inside is the object that holds the fields at a path.
function inside(schema, path) {
  return path.reduce((node, name) => {
    const sub = propertiesOf(node)?.get(name);
    return sub?.get("items") ?? sub;
  }, schema);
}

const propertiesOf = (node) => (isObject(node?.get("properties")) ? node.get("properties") : undefined);

const fieldAt = (schema, path) => (path.length > 0 ? propertiesOf(inside(schema, path.slice(0, -1)))?.get(path.at(-1)) : undefined);

function add(source, owner) {
  const isOpen = isObject(owner) && (isObject(owner.get("properties")) || !owner.get("properties"));
  if (!isOpen) return;
  if (!owner.get("type")) source.put(owner, "type", "object");
  const properties = owner.get("properties") ?? source.put(owner, "properties", {});
  const name = freeName(properties, "field");
  source.put(properties, name, { type: "string", description: "" });
  need(source, owner, name);
  if (!owner.get("additionalProperties")) source.put(owner, "additionalProperties", false);
}

function freeName(properties, wanted) {
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}_${n}`;
    if (!properties.get(name)) return name;
  }
}

function need(source, owner, name) {
  const list = owner.get("required") ?? source.put(owner, "required", []);
  if (list.kind === "array" && !named(owner, name)) source.insert(list, list.parts.length, name);
}

// named is the element of "required" that is a name.
const named = (owner, name) => listOf(owner.get("required")).find((part) => textOf(part) === name);

function remove(source, owner, node) {
  source.remove(owner.get("properties"), node);
  const element = named(owner, node.name);
  if (element) source.remove(owner.get("required"), element);
}

function duplicate(source, owner, node) {
  const properties = owner.get("properties");
  const name = freeName(properties, node.name);
  source.insert(properties, properties.parts.indexOf(node) + 1, node, name);
  if (named(owner, node.name)) need(source, owner, name);
}

function move(source, owner, node, by) {
  const properties = owner.get("properties");
  const to = properties.parts.indexOf(node) + by;
  source.move(properties, node, Math.min(Math.max(to, 0), properties.parts.length - 1));
}

function rename(source, owner, node, name) {
  if (!name || owner.get("properties").get(name)) return;
  const element = named(owner, node.name);
  source.rename(node, name);
  if (element) element.raw = JSON.stringify(name);
}

// set keeps what it does not change, among it keywords that the builder has no control for.
function set(source, owner, given, { kind, nullable, description, values }) {
  const isAny = given.raw === "true"; // the schema that everything fits
  if (!isObject(given) && !isAny) return;
  const node = isAny ? source.put(owner.get("properties"), given.name, {}) : given;
  const before = kindOf(node);
  const want = { kind: kind ?? before.kind, nullable: nullable ?? before.nullable };
  if (description !== undefined) source.put(node, "description", description);
  if (values !== undefined) source.put(node, "enum", values.filter(isLine));
  if (want.kind !== before.kind) reshape(source, node, want.kind);
  if (kind === undefined && nullable === undefined && values === undefined) return;
  const type = want.kind === "enum" ? "string" : want.kind.split(":")[0];
  putType(source, node, want.nullable ? [type, "null"] : type);
  if (want.kind === "enum") allowNull(source, node.get("enum"), want.nullable);
}

function putType(source, node, type) {
  const given = node.get("type");
  const now = given?.kind === "array" ? given.parts.map(textOf) : [textOf(given)];
  if (String(now.sort()) !== String([type].flat().sort())) source.put(node, "type", type);
}

function allowNull(source, list, isAllowed) {
  const nothing = list.parts.find(({ kind }) => kind === "null");
  if (nothing && !isAllowed) source.remove(list, nothing);
  if (!nothing && isAllowed) source.insert(list, list.parts.length, null);
}

// reshape makes room for another kind: what belonged to the old one goes, but for the fields of objects.
function reshape(source, node, kind) {
  const holder = isObject(node.get("items")) ? node.get("items") : node;
  const kept = isObject(holder.get("properties")) ? parts.flatMap((name) => holder.get(name) ?? []) : [];
  for (const name of ["enum", "items", ...parts]) for (const part of node.parts.filter((p) => p.name === name)) source.remove(node, part);
  const fill = (owner) => {
    for (const part of kept) source.put(owner, part.name, part);
    for (const [name, value] of [["properties", {}], ["required", []], ["additionalProperties", false]]) if (!owner.get(name)) source.put(owner, name, value);
  };
  if (kind === "enum") source.put(node, "enum", ["one", "other"]);
  if (kind === "object") fill(node);
  if (kind === "array:object") fill(source.put(node, "items", { type: "object" }));
  else if (kind.startsWith("array:")) source.put(node, "items", { type: kind.slice(6) });
}
