import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldsOf, put, valueAt } from "../assets/js/lib/form.js";

const schema = JSON.stringify({
  type: "object",
  properties: {
    company: { type: "string", description: "Its name" }, staff: { type: "integer" }, listed: { type: "boolean" }, stage: { enum: ["seed", "late"] },
    place: { type: "object", properties: { city: { type: "string" } } }, tags: { type: "array", items: { type: "string" } }, odd: { anyOf: [{}] },
  },
});

test("a schema is a form, objects within by their paths", () => {
  const fields = fieldsOf(schema);
  assert.deepEqual(fields.map(({ label, kind }) => [label, kind]), [["company", "string"], ["staff", "integer"], ["listed", "boolean"], ["stage", "enum"], ["place › city", "string"], ["tags", "lines"], ["odd", "json"]]);
  assert.deepEqual(fields[3].choices, ["seed", "late"]);
  assert.deepEqual(fieldsOf(""), []);
  assert.deepEqual(fieldsOf("{"), []);
});

test("what is typed has the type of its field, and what has no field stays", () => {
  const fields = fieldsOf(schema);
  let input = { other: [1], company: "Old" };
  for (const [i, text] of ["Lumen", "12", "true", "late", "Utrecht", "a\n\nb", '{"x":1}'].entries()) input = put(input, fields[i], text);
  assert.deepEqual(input, { other: [1], company: "Lumen", staff: 12, listed: true, stage: "late", place: { city: "Utrecht" }, tags: ["a", "b"], odd: { x: 1 } });
  assert.deepEqual(fields.map((field) => valueAt(input, field)), ["Lumen", "12", "true", "late", "Utrecht", "a\nb", '{"x":1}']);
  assert.equal("staff" in put(input, fields[1], ""), false);
  assert.equal(put(input, fields[1], "twelve").staff, "twelve");
});
