import assert from "node:assert/strict";
import { test } from "node:test";
import { read } from "../assets/js/lib/mcp.js";

const text = `[ {"type":"url", "name":"docs", "url":"https://m.example",
  "headers": {"Authorization":"Bearer a:b", "X-Two":""}, "allowed_tools":["find", "read"], "new_field": 1.0} ]`;

// put is a text after something was typed into the first row.
function put(before, fields) {
  const servers = read(before);
  servers.put(0, { ...servers.row(0), ...fields });
  return String(servers);
}

test("a server is shown as a row, and a change keeps every byte of the rest", () => {
  assert.deepEqual(read(text).row(0), { name: "docs", url: "https://m.example", headers: "Authorization: Bearer a:b\nX-Two: ", tools: "find, read" });
  assert.equal(put(text, {}), text);
  assert.equal(put(text, { name: "more " }), text.replace('"docs"', '"more"'));
  assert.equal(put(text, { tools: "find" }), text.replace('["find", "read"]', '["find"]'));
  assert.equal(put(text, { headers: "Authorization: Bearer c" }), text.replace(/"headers": \{.*?\}/, '"headers": {"Authorization":"Bearer c"}'));
});

test("what is emptied goes, and a new server has its type", () => {
  assert.deepEqual(JSON.parse(put(text, { name: " n ", url: "u", headers: "", tools: " , " })), [{ type: "url", name: "n", url: "u", new_field: 1 }]);
  assert.deepEqual(JSON.parse(put("[{}]", { name: "n", url: "u", headers: "A", tools: "" })), [{ type: "url", name: "n", url: "u", headers: { A: "" } }]);
  const servers = read("");
  servers.add();
  assert.deepEqual(JSON.parse(String(servers)), [{ type: "url", name: "", url: "" }]);
  servers.remove(0);
  assert.equal(String(servers), "");
});

test("a header that is changed is nowhere left as it was", () => {
  const twice = '[{"type":"url","headers":{"A":"hush"},"headers":{"A":"hush"}}]';
  for (const headers of ["A: b", ""]) assert.ok(!put(twice, { headers }).includes("hush"));
});

test("a text that is no list of servers has no rows", () => {
  assert.deepEqual(["", "[]", "{", "{}", "[1]"].map((other) => read(other)?.length), [0, 0, undefined, undefined, undefined]);
});
