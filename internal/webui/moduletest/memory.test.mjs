import assert from "node:assert/strict";
import { test } from "node:test";
import { Memory } from "../assets/js/lib/memory.js";

// fakeStorage has its entries as own properties, as a browser's does, and the methods above them.
function fakeStorage(entries = {}) {
  const methods = {
    getItem(key) { return this[key] ?? null; },
    setItem(key, value) { this[key] = String(value); },
    removeItem(key) { delete this[key]; },
  };
  return Object.assign(Object.create(methods), entries);
}

test("what is kept of a task is found again, by another page too", () => {
  const storage = fakeStorage();
  new Memory("m", 3, () => storage).set("a", ["x", 1]);
  assert.deepEqual(new Memory("m", 3, () => storage).get("a"), ["x", 1]);
  assert.equal(new Memory("m", 3, () => storage).get("b"), undefined);
});

test("only what was written last is kept, in one entry", () => {
  const storage = fakeStorage();
  const memory = new Memory("m", 3, () => storage);
  for (const [i, id] of ["a", "b", "c", "a", "d"].entries()) memory.set(id, i);
  assert.deepEqual(["a", "b", "c", "d"].map((id) => memory.get(id)), [3, undefined, 2, 4]);
  assert.deepEqual(Object.keys(storage), ["m"]);
});

test("a task that was deleted is forgotten, and stays so on its page", () => {
  const storage = fakeStorage();
  const memory = new Memory("m", 3, () => storage);
  memory.set("a", 1);
  memory.forget("a");
  memory.set("a", 2); // the page is left
  assert.equal(memory.get("a"), undefined);
});

test("keys of an earlier version are taken over and go", () => {
  const storage = fakeStorage({ "m.a": "7", "m.b": '["x"]', "m.e": "{", m: '[["c",1]]', "mother.d": "9" });
  const memory = new Memory("m", 3, () => storage);
  assert.deepEqual([memory.get("a"), memory.get("b"), memory.get("c")], [7, ["x"], 1]);
  assert.deepEqual(Object.keys(storage).sort(), ["m", "mother.d"]);
});

test("storage that is off, or holds something else, is borne", () => {
  const off = new Memory("m", 3, () => { throw new Error("off"); });
  off.set("a", 1);
  off.forget("a");
  assert.equal(off.get("a"), undefined);
  for (const odd of ["{", "{}", "[1,[2]]"]) assert.equal(new Memory("m", 3, () => fakeStorage({ m: odd })).get("a"), undefined);
});
