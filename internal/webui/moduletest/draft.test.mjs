import assert from "node:assert/strict";
import { test } from "node:test";
import { checkJSON, counter } from "../assets/js/lib/check.js";
import { cleaned, toDraft, token, withoutHeaders } from "../assets/js/lib/draft.js";

test("a draft has no secrets", () => {
  const servers = '[{"name":"s","url":"https://example.com","headers":{"Authorization":"hush"}}]';
  const draft = toDraft([
    ["api_key", "hush"], ["webhook", "https://example.com/hush"], ["token", "hush"], ["input", "x"], ["mcp", servers], ["body", "hush"],
    ["extra", '{"mcp_servers":[{"headers":{"Authorization":"hush"}}],"webhook":{"url":"https://example.com/hush"}}'],
  ]);
  assert.equal(draft.input, "x");
  assert.ok(!JSON.stringify(draft).includes("hush"));
  assert.deepEqual(JSON.parse(draft.mcp)[0].headers, { Authorization: "[sealed]" });
  assert.equal(withoutHeaders('[{"headers": "hush"'), "");
});

test("a secret in another place of a server is none of a draft", () => {
  const [server] = JSON.parse(withoutHeaders('[{"Headers":{"a":"hush","b":""},"token":"hush","env":{"k":"hush"},"timeout":3,"url":"u"}]'));
  assert.deepEqual(server, { Headers: { a: "[sealed]", b: "" }, token: "[sealed]", env: "[sealed]", timeout: 3, url: "u" });
  assert.deepEqual(JSON.parse(withoutHeaders('[{"headers":"hush"}]')), [{ headers: "[sealed]" }]);
  const kept = (url) => JSON.parse(withoutHeaders(JSON.stringify([{ url }])))[0].url;
  for (const url of ["https://m.example/mcp?token=hush", "https://me:hush@m.example", "me:hush@m.example", "https://m.example/#hush", ["hush"]]) assert.equal(kept(url), "[sealed]");
  for (const url of ["https://m.example/@team/docs", "https:", ""]) assert.equal(kept(url), url);
});

test("an older draft loses what is not kept any more", () => {
  assert.deepEqual(cleaned({ input: "x", meta_key: ["a", "b"], extra: "hush" }), { input: "x", meta_key: ["a", "b"] });
});

test("names that repeat are kept in order", () => {
  assert.deepEqual(toDraft([["k", "1"], ["k", "2"], ["k", "3"]]), { k: ["1", "2", "3"] });
});

test("a token is long and never the same", () => {
  assert.match(token(), /^[0-9a-f]{32}$/);
  assert.notEqual(token(), token());
});

test("JSON is checked in words", () => {
  assert.equal(checkJSON("", "object"), "");
  assert.equal(checkJSON('{"a":1}', "object"), "");
  assert.match(checkJSON("{", "object"), /^Not JSON yet/);
  assert.match(checkJSON("[]", "object"), /object, in braces/);
  assert.match(checkJSON("{}", "array"), /array, in brackets/);
});

test("the counter counts characters", () => {
  assert.deepEqual(counter("🚲🚲", "ab", 25_000), { text: "4 of 25,000 with spec", over: false });
  assert.equal(counter("a".repeat(25_001), "", 25_000).over, true);
});
