import assert from "node:assert/strict";
import { test } from "node:test";
import { read } from "../assets/js/lib/json.js";
import { Tree } from "../assets/js/lib/tree.js";

const text = '{"people":[{"name":"Ada","n":1},{"name":"Bo"}],"odd key":null,"yes":true,"empty":[]}';

test("rows are in order, and what is closed hides what is in it", () => {
  const tree = new Tree(read(text));
  assert.deepEqual(tree.visible().map((row) => tree.keys[row]), ["output", "people", "odd key", "yes", "empty"]);
  tree.openTo(2);
  assert.deepEqual(tree.visible().map((row) => tree.keys[row]), ["output", "people", "0", "1", "odd key", "yes", "empty"]);
  tree.openTo(99);
  assert.equal(tree.visible().length, tree.length);
  tree.toggle(0);
  assert.deepEqual(tree.visible(), [0]);
});

test("a path and a field say where a value is", () => {
  const tree = new Tree(read(text));
  const row = tree.keys.indexOf("n");
  assert.equal(tree.path(row), "$.people[0].n");
  assert.equal(tree.field(row), "people.0.n");
  assert.equal(tree.path(tree.keys.indexOf("odd key")), '$["odd key"]');
  assert.deepEqual([tree.path(0), tree.field(0)], ["$", "output"]);
});

test("a search finds keys and values, and what is found is revealed", () => {
  const tree = new Tree(read(text));
  const found = tree.find("ADA");
  assert.deepEqual(found.map((row) => tree.path(row)), ["$.people[0].name"]);
  assert.equal(tree.visible().includes(found[0]), false);
  tree.reveal(found[0]);
  assert.equal(tree.visible().includes(found[0]), true);
  assert.deepEqual(tree.find(""), []);
  assert.equal(tree.find("name").length, 2);
});

test("what is copied is the value, with its digits and in its order", () => {
  const tree = new Tree(read('{"a":"te\\nxt","b":[1,{"c":null}],"e":{},"f":[]}'));
  assert.equal(tree.copy(tree.keys.indexOf("a")), "te\nxt");
  assert.deepEqual(JSON.parse(tree.copy(0)), { a: "te\nxt", b: [1, { c: null }], e: {}, f: [] });
  const exact = new Tree(read('{"10":12345678901234567890.10,"2":1.0,"__proto__":1e400}'));
  assert.deepEqual(exact.keys, ["output", "10", "2", "__proto__"]);
  assert.deepEqual([1, 2, 3].map((row) => [exact.text(row), exact.copy(row)]), ["12345678901234567890.10", "1.0", "1e400"].map((digits) => [digits, digits]));
  assert.equal(exact.copy(0), '{\n  "10": 12345678901234567890.10,\n  "2": 1.0,\n  "__proto__": 1e400\n}');
});

test("places and sizes are those among siblings", () => {
  const tree = new Tree(read(text));
  const row = tree.keys.indexOf("yes");
  assert.deepEqual([tree.places[row], tree.siblings(row), tree.depths[row]], [3, 4, 1]);
  assert.deepEqual([tree.siblings(0), tree.text(0), tree.text(1), tree.kind(1)], [1, "4 fields", "2 elements", "array"]);
});

test("what a row is drawn from takes no longer among fifty thousand siblings", () => {
  const tree = new Tree(read(JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`key ${i}`, i])))));
  tree.siblings(1); // once, so that it is compiled
  const began = performance.now();
  for (let row = 1; row < 1000; row++) tree.siblings(row);
  assert.ok(performance.now() - began < 50); // one was 2 ms when they were counted each time
});
