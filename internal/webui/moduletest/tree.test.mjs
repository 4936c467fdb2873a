import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, Tree } from "../assets/js/lib/tree.js";

const text = '{"people":[{"name":"Ada","n":1},{"name":"Bo"}],"odd key":null,"yes":true,"empty":[]}';

test("rows are in order, and what is closed hides what is in it", () => {
  const tree = new Tree(parse(text));
  assert.deepEqual(tree.visible().map((row) => tree.keys[row]), ["output", "people", "odd key", "yes", "empty"]);
  tree.openTo(2);
  assert.deepEqual(tree.visible().map((row) => tree.keys[row]), ["output", "people", "0", "1", "odd key", "yes", "empty"]);
  tree.openTo(99);
  assert.equal(tree.visible().length, tree.length);
  tree.toggle(0);
  assert.deepEqual(tree.visible(), [0]);
});

test("a path and a field say where a value is", () => {
  const tree = new Tree(parse(text));
  const row = tree.keys.indexOf("n");
  assert.equal(tree.path(row), "$.people[0].n");
  assert.equal(tree.field(row), "people.0.n");
  assert.equal(tree.path(tree.keys.indexOf("odd key")), '$["odd key"]');
  assert.deepEqual([tree.path(0), tree.field(0)], ["$", "output"]);
});

test("a search finds keys and values, and what is found is revealed", () => {
  const tree = new Tree(parse(text));
  const found = tree.find("ADA");
  assert.deepEqual(found.map((row) => tree.path(row)), ["$.people[0].name"]);
  assert.equal(tree.visible().includes(found[0]), false);
  tree.reveal(found[0]);
  assert.equal(tree.visible().includes(found[0]), true);
  assert.deepEqual(tree.find(""), []);
  assert.equal(tree.find("name").length, 2);
});

test("what is copied is the value, with its digits where the browser tells them", () => {
  const tree = new Tree(parse('{"a":"text","b":[1,{"c":null}],"e":{},"f":[]}'));
  assert.equal(tree.copy(tree.keys.indexOf("a")), "text");
  assert.deepEqual(JSON.parse(tree.copy(0)), { a: "text", b: [1, { c: null }], e: {}, f: [] });
  const exact = parse('{"n":12345678901234567890.10}');
  if (typeof exact.n !== "number") assert.equal(new Tree(exact).copy(1), "12345678901234567890.10");
});

test("places and sizes are those among siblings", () => {
  const tree = new Tree(parse(text));
  const row = tree.keys.indexOf("yes");
  assert.deepEqual([tree.places[row], tree.siblings(row), tree.depths[row]], [3, 4, 1]);
  assert.deepEqual([tree.siblings(0), tree.text(0), tree.text(1), tree.kind(1)], [1, "4 fields", "2 elements", "array"]);
});
