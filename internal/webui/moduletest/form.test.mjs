import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldsOf, Input } from "../assets/js/lib/form.js";

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


// typed is an input after something was typed into a field.
function typed(text, field, value) {
  const input = new Input(text);
  input.put(field, value);
  return String(input);
}

test("what is typed has the type of its field, and what has no field stays", () => {
  const fields = fieldsOf(schema);
  let text = '{"other":[1],"company":"Old"}';
  for (const [i, value] of ["Lumen", "12", "true", "late", "Utrecht", "a\n\nb", '{"x":1}'].entries()) text = typed(text, fields[i], value);
  assert.deepEqual(JSON.parse(text), { other: [1], company: "Lumen", staff: 12, listed: true, stage: "late", place: { city: "Utrecht" }, tags: ["a", "b"], odd: { x: 1 } });
  assert.deepEqual(fields.map((field) => new Input(text).valueAt(field)), ["Lumen", "12", "true", "late", "Utrecht", "a\nb", '{"x":1}']);
  assert.equal("staff" in JSON.parse(typed(text, fields[1], "")), false);
  assert.equal(JSON.parse(typed(text, fields[1], "twelve")).staff, "twelve");
  assert.equal(typed("", fields[0], "Lumen"), '{\n  "company": "Lumen"\n}');
});

test("every other byte of the input stays as it was written", () => {
  const fields = fieldsOf(schema);
  const text = `{ "id": 12345678901234567890,
\t"10": 1.0, "2": 1e400, "company" :"Old",
\t"tags": ["a", 1.50, "b"] , "__proto__": {"x": -0}, "list": [ ] }\n`;
  assert.equal(typed(text, fields[0], "New"), text.replace("Old", "New"));
  assert.equal(typed(text, fields[0], "Old"), text);
  assert.equal(typed(text, fields[0], ""), text.replace(' "company" :"Old",', ""));
  assert.equal(typed(text, fields[1], "98765432109876543210"), text.replace(/ \}\n$/, ', "staff": 98765432109876543210 }\n'));
  assert.equal(typed(text, fields[5], "a\n1.50\nc"), text.replace('["a", 1.50, "b"]', '["a",1.50,"c"]'));
});

test("numbers are taken with the digits that were typed", () => {
  const [, staff] = fieldsOf(schema);
  for (const digits of ["1.0", "1e400", "12345678901234567890", "-0"]) assert.equal(typed("{}", staff, digits), `{\n  "staff": ${digits}\n}`);
  for (const [digits, want] of [["007", 7], [".5", 0.5], ["1e", "1e"], ["NaN", "NaN"]]) assert.deepEqual(JSON.parse(typed("{}", staff, digits)).staff, want);
});

test("names that every object of JavaScript has are names of fields", () => {
  const fields = fieldsOf('{"properties":{"__proto__":{"type":"string"},"constructor":{"type":"object","properties":{"toString":{"type":"string"}}}}}');
  assert.deepEqual(fields.map(({ label }) => label), ["__proto__", "constructor › toString"]);
  const text = typed(typed('{"a":1}', fields[0], "p"), fields[1], "t");
  assert.equal(text, '{"a":1,"__proto__":"p","constructor":{"toString":"t"}}');
  assert.deepEqual(fields.map((field) => new Input("{}").valueAt(field)), ["", ""]);
});

test("values with commas are choices", () => {
  assert.deepEqual(fieldsOf('{"properties":{"a":{"enum":["x, y","z"]}}}')[0].choices, ["x, y", "z"]);
});

test("what is no object is not written into, and neither is what stands where an object would have to", () => {
  for (const text of ["What is this?", "[1]", '"text"', "{"]) assert.equal(new Input(text).isOpen, false);
  for (const text of ["", " ", "{}"]) assert.equal(new Input(text).isOpen, true);
  const city = fieldsOf(schema)[4];
  assert.equal(new Input('{"place":"here"}').blocked(city), "place");
  assert.equal(new Input('{"place":null}').blocked(city), "");
  assert.equal(typed('{"place":null}', city, "Utrecht"), '{"place":{"city":"Utrecht"}}');
  assert.equal(typed('{"place":null}', city, ""), '{"place":null}');
});

test("a value that a field's control cannot show is edited as JSON", () => {
  const fields = fieldsOf(schema);
  const input = new Input('{"company":{"a":1},"tags":["one\\ntwo"]}');
  assert.deepEqual([input.valueAt(fields[0]), input.valueAt(fields[5])], ['{"a":1}', '["one\\ntwo"]']);
  assert.equal(typed('{"tags":["one\\ntwo"]}', fields[5], '["one\\ntwo","x"]'), '{"tags":["one\\ntwo","x"]}');
});
