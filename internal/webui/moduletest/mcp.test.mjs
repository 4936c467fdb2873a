import assert from "node:assert/strict";
import { test } from "node:test";
import { read, rowOf, serverOf, write } from "../assets/js/lib/mcp.js";

const server = { type: "url", name: "docs", url: "https://m.example", headers: { Authorization: "Bearer a:b", "X-Two": "" }, allowed_tools: ["find", "read"], new_field: 1 };

test("a server comes back from its row as it was", () => {
  assert.deepEqual(serverOf(server, rowOf(server)), server);
  assert.deepEqual(rowOf(server), { name: "docs", url: "https://m.example", headers: "Authorization: Bearer a:b\nX-Two: ", tools: "find, read" });
});

test("what is emptied goes, and a new server has its type", () => {
  assert.deepEqual(serverOf(server, { name: " n ", url: "u", headers: "", tools: " , " }), { type: "url", name: "n", url: "u", new_field: 1 });
  assert.deepEqual(serverOf({}, { name: "n", url: "u", headers: "A", tools: "" }), { type: "url", name: "n", url: "u", headers: { A: "" } });
});

test("a text that is no list of servers has no rows", () => {
  assert.deepEqual(["", "[]", "{", "{}", "[1]"].map(read), [[], [], null, null, null]);
  assert.equal(write([]), "");
});
