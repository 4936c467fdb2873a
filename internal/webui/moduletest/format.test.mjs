// format.js and events.js are held to the same tables as the server's functions.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { say } from "../assets/js/lib/events.js";
import * as format from "../assets/js/lib/format.js";

const table = (name) => JSON.parse(readFileSync(new URL(`../testdata/${name}.json`, import.meta.url)));

for (const [name, rows] of Object.entries(table("format"))) {
  test(`${name} writes what the server writes`, () => {
    for (const [given, want] of rows) assert.equal(format[name](given), want, `${name}(${given})`);
  });
}

test("an event says what the server says of it", () => {
  for (const { type, data, ...want } of table("events")) {
    const { cut, ...said } = say({ type, data });
    assert.deepEqual(said, want);
    assert.equal(cut, false);
  }
});

test("a long message is cut between characters", () => {
  const said = say({ type: "task_run.progress_msg.plan", data: { message: "🚲".repeat(3000) } });
  assert.equal(said.cut, true);
  assert.equal(said.text, `${"🚲".repeat(2000)}…`);
});
