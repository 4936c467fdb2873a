import assert from "node:assert/strict";
import { test } from "node:test";
import { edit, isTaken, kinds, lost, read, whyNot } from "../assets/js/lib/schema.js";

const source = JSON.stringify({
  title: "T", type: "object", "x-mine": [1, { deep: true }],
  properties: {
    b: { type: ["string", "null"], description: "bee", pattern: "x" },
    odd: { anyOf: [{ type: "string" }, { type: "number" }], "x-odd": 1 },
    people: { type: "array", items: { type: "object", properties: { name: { type: "string" } }, required: ["name"], additionalProperties: false, "x-in": 2 } },
    stage: { type: "string", enum: ["seed", "late"] },
  },
  required: ["b", "people"], additionalProperties: false,
}, null, 2);

const after = (path, change, text = source) => JSON.parse(edit(text, path, change));

test("a schema is read as rows, and what is not understood is kept", () => {
  const rows = read(source);
  assert.deepEqual(rows.map(({ name, kind, nullable }) => [name, kind, nullable]), [["b", "string", true], ["odd", "", false], ["people", "array:object", false], ["stage", "enum", false]]);
  assert.equal(rows[0].description, "bee");
  assert.deepEqual(rows[3].values, ["seed", "late"]);
  assert.deepEqual(rows[2].fields.map(({ name }) => name), ["name"]);
  assert.equal(read("{"), null);
  assert.equal(read("[]"), null);
  assert.deepEqual(read(""), []);
});

test("a change that changes nothing keeps every byte", () => {
  assert.equal(edit(source, ["b"], { set: { description: "bee" } }), source);
  assert.equal(edit(source, ["b"], { rename: "b" }), source);
  assert.equal(edit(source, ["b"], { move: 0 }), source);
  assert.equal(edit("{", ["b"], { remove: true }), "{");
  assert.equal(edit(source, ["none"], { remove: true }), source);
});

test("fields are added, required at once, under free names", () => {
  const one = edit(source, [], { add: true });
  const two = JSON.parse(edit(one, [], { add: true }));
  assert.deepEqual(Object.keys(two.properties).slice(-2), ["field", "field_2"]);
  assert.deepEqual(two.required, ["b", "people", "field", "field_2"]);
  assert.deepEqual(two["x-mine"], [1, { deep: true }]);
  assert.deepEqual(after(["people"], { add: true }).properties.people.items.required, ["name", "field"]);
  assert.deepEqual(after([], { add: true }, ""), { type: "object", properties: { field: { type: "string", description: "" } }, required: ["field"], additionalProperties: false });
});

test("a name is changed in its place, where it is required too, and never to one that is taken", () => {
  const renamed = after(["b"], { rename: "c" });
  assert.deepEqual(Object.keys(renamed.properties), ["c", "odd", "people", "stage"]);
  assert.deepEqual(renamed.required, ["c", "people"]);
  assert.equal(edit(source, ["b"], { rename: "odd" }), source);
  assert.equal(edit(source, ["b"], { rename: "" }), source);
  assert.deepEqual(Object.keys(after(["people", "name"], { rename: "n" }).properties.people.items.properties), ["n"]);
});

test("fields are moved, copied and removed", () => {
  assert.deepEqual(Object.keys(after(["b"], { move: 2 }).properties), ["odd", "people", "b", "stage"]);
  assert.deepEqual(Object.keys(after(["b"], { move: -5 }).properties), ["b", "odd", "people", "stage"]);
  const copied = after(["people"], { duplicate: true });
  assert.deepEqual(Object.keys(copied.properties), ["b", "odd", "people", "people_2", "stage"]);
  assert.deepEqual(copied.properties.people_2, copied.properties.people);
  assert.deepEqual(after(["b"], { remove: true }).required, ["people"]);
});

test("null and the type change without losing what else is said", () => {
  assert.deepEqual(after(["b"], { set: { nullable: false } }).properties.b, { type: "string", description: "bee", pattern: "x" });
  assert.deepEqual(after(["stage"], { set: { nullable: true } }).properties.stage, { type: ["string", "null"], enum: ["seed", "late", null] });
  assert.deepEqual(after(["stage"], { set: { values: ["a", "b, and c", ""] } }).properties.stage.enum, ["a", "b, and c"]);
  assert.deepEqual(after(["b"], { set: { kind: "array:integer" } }).properties.b, { type: ["array", "null"], description: "bee", pattern: "x", items: { type: "integer" } });
  assert.deepEqual(Object.keys(after(["people"], { set: { kind: "object" } }).properties.people.properties), ["name"]);
});

test("every kind that can be chosen is read back as that kind", () => {
  for (const kind of kinds) {
    for (const nullable of [false, true]) {
      const text = edit(edit(source, ["b"], { set: { kind } }), ["b"], { set: { nullable } });
      const row = read(text).find(({ name }) => name === "b");
      assert.deepEqual([row.kind, row.nullable], [kind, nullable]);
    }
  }
});

test("a schema that is wrapped as Parallel wants it stays wrapped", () => {
  const wrapped = JSON.stringify({ type: "json", json_schema: JSON.parse(source) });
  assert.equal(read(wrapped).length, 4);
  assert.equal(after(["b"], { remove: true }, wrapped).type, "json");
});

const written = `{
    "type" : "object",
    "properties": {"10": {"type":"number", "maximum": 1.0}, "2": {"type":["null","integer"], "minimum": 12345678901234567890},
        "__proto__": {"type":"string"}, "constructor": true},
    "required": ["10"  ,"2"], "default": 1e400
}
`;

test("a change keeps every byte of what it does not change", () => {
  assert.deepEqual(read(written).map(({ name }) => name), ["10", "2", "__proto__", "constructor"]);
  assert.equal(edit(written, ["2"], { set: { nullable: false } }), written.replace('["null","integer"]', '"integer"'));
  assert.equal(edit(written, ["10"], { rename: "9" }), written.replaceAll('"10"', '"9"'));
  assert.equal(edit(written, ["10"], { move: 1 }), written.replace(/("10": \{.*?\}), ("2": \{.*?\}),/, "$2, $1,"));
  assert.equal(edit(written, ["2"], { remove: true }), written.replace(/, "2": \{.*?\},/, ",").replace('  ,"2"', ""));
  assert.equal(edit(written, ["__proto__"], { set: { description: "d" } }), written.replace('"__proto__": {"type":"string"', '$&,"description":"d"'));
  const added = edit(written, [], { add: true });
  assert.equal(added.replace(/, "field": \{[^}]*\}/, "").replace('  ,"field"', "").replace(/, "additionalProperties": false/, ""), written);
});

test("a field can have the name of something that every object of JavaScript has", () => {
  assert.equal(isTaken(written, ["2"], "toString"), false);
  assert.equal(isTaken(written, ["2"], "constructor"), true);
  assert.equal(isTaken(written, ["2"], "2"), false);
  assert.ok(edit(written, ["2"], { rename: "toString" }).includes('"toString": {"type":["null","integer"]'));
  assert.equal(edit(written, ["2"], { rename: "__proto__" }), written);
  assert.ok(edit(written, ["__proto__"], { duplicate: true }).includes('"__proto___2": {"type":"string"}'));
  assert.deepEqual(read(edit('{"properties":{"constructor":{}}}', [], { add: true })).map(({ name }) => name), ["constructor", "field"]);
});

test("fields within stay where another kind has room for them, and what has none is named", () => {
  const path = ["people"];
  assert.deepEqual(lost(source, path, { set: { kind: "object" } }), []);
  assert.deepEqual(lost(source, path, { set: { kind: "string" } }), ["name"]);
  assert.deepEqual(lost(source, ["stage"], { set: { kind: "integer" } }), ["seed", "late"]);
  assert.deepEqual(lost(source, path, { remove: true }), ["name"]);
  const there = edit(edit(source, path, { set: { kind: "object" } }), path, { set: { kind: "array:object" } });
  assert.deepEqual(after([], {}, there).properties.people, { ...JSON.parse(source).properties.people, items: { type: "object", properties: { name: { type: "string" } }, required: ["name"], additionalProperties: false } });
});

test("values with commas are values, and those that are no lines are left alone", () => {
  const text = '{"properties":{"a":{"enum":["x, y","z"]},"b":{"enum":["p\\nq"]},"c":{"enum":[""]}}}';
  assert.deepEqual(read(text).map(({ kind, values }) => [kind, values]), [["enum", ["x, y", "z"]], ["", []], ["", []]]);
});

test("a schema whose root is no object is not built upon, with a reason", () => {
  for (const text of ['{"type":"array","items":{"type":"object","properties":{}}}', '{"type":"string"}', "[]", "[1", '"x"']) {
    assert.notEqual(whyNot(text), "");
    assert.equal(read(text), null);
    assert.equal(edit(text, [], { add: true }), text);
  }
  assert.equal(whyNot('{"properties":{}}'), "");
});
