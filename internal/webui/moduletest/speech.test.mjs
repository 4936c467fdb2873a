import assert from "node:assert/strict";
import { test } from "node:test";
import { level, Speech } from "../assets/js/lib/speech.js";

// spoken is what is said at a level while a task runs for a minute: a message a second, progress every five.
function spoken(chosen) {
  const clock = { at: 0, timers: [] };
  const env = { Date: { now: () => clock.at }, setTimeout: (fn, wait) => clock.timers.push({ fn, due: clock.at + wait }), clearTimeout() {} };
  const said = [];
  const speech = new Speech((text) => said.push([clock.at / 1000, text]), () => chosen, env);
  for (; clock.at <= 60_000; clock.at += 1000) {
    for (const timer of clock.timers.splice(0)) timer.due <= clock.at ? timer.fn() : clock.timers.push(timer);
    if (clock.at === 0 || clock.at === 60_000) speech.milestone(clock.at ? "completed" : "running");
    else speech.message(`message ${clock.at / 1000}`);
    if (clock.at % 5000 === 0) speech.progress(`${Math.min(clock.at / 1000, 45)} %`);
  }
  return said;
}

test("milestones are spoken, and the progress between them every twenty seconds", () => {
  assert.deepEqual(spoken("milestones"), [[0, "running"], [20, "20 %"], [40, "40 %"], [60, "completed"]]);
});

test("nothing is spoken if somebody wants nothing", () => {
  assert.deepEqual(spoken("off"), []);
});

test("everything is spoken, the newest of what comes at once", () => {
  const said = spoken("all").map(([, text]) => text);
  assert.deepEqual(said.slice(0, 4), ["running", "message 1", "message 2", "message 4"]);
  assert.ok(said.length > 28 && said.length < 36 && said.includes("completed"));
});

test("progress that stands still is told once", () => {
  const said = [];
  const env = { Date: { now: () => (env.at += 30_000) }, at: 0, setTimeout() {}, clearTimeout() {} };
  const speech = new Speech((text) => said.push(text), () => "milestones", env);
  for (let i = 0; i < 3; i++) speech.progress("62 %");
  assert.deepEqual(said, ["62 %"]);
});

test("milestones are spoken where nothing was chosen, or storage is off", () => {
  assert.equal(level(), "milestones");
});
