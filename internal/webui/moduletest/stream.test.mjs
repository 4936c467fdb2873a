import assert from "node:assert/strict";
import { test } from "node:test";
import { Queue } from "../assets/js/lib/queue.js";
import { backoff, Stream } from "../assets/js/lib/stream.js";
import { fakeBrowser } from "./browser.mjs";
import { throttle } from "../assets/js/lib/throttle.js";

// world is a Stream in a browser that is under control.
function world() {
  const w = Object.assign(fakeBrowser(), { states: [], heard: [] });
  w.seq = 0;
  w.stream = new Stream({
    url: () => `/events?after=${w.seq}`, names: ["message"], env: w.env,
    on: { event: (name, data) => w.heard.push([name, data]), state: (state) => w.states.push(state) },
  });
  return w;
}

test("a stream that breaks is opened again from where it was", () => {
  const w = world();
  w.stream.open();
  w.sources[0].onopen();
  w.sources[0].listeners.message({ data: "1" });
  w.seq = 1;
  w.sources[0].onerror();
  assert.equal(w.sources[0].closed, true);
  w.timers[0].fn();
  assert.equal(w.sources[1].url, "/events?after=1");
  w.sources[0].listeners.message({ data: "late" });
  w.sources[1].onopen();
  assert.deepEqual(w.heard, [["message", "1"]]);
  assert.deepEqual(w.states, ["connecting", "live", "waiting", "live"]);
});

test("a stream that was closed stays closed", () => {
  const w = world();
  w.stream.open();
  w.sources[0].onerror();
  w.stream.close();
  w.timers.forEach(({ fn }) => fn());
  assert.equal(w.sources.length, 1);
});

test("the waits double up to a ceiling, spread around", () => {
  assert.equal(backoff(1, 0.5), 500);
  assert.equal(backoff(3, 0.5), 2000);
  assert.equal(backoff(50, 0.5), 15_000);
  assert.ok(backoff(3, 0) < backoff(3, 1));
});

test("a queue keeps the newest and says how many it let go", () => {
  const queue = new Queue(10);
  for (let i = 0; i < 35; i++) queue.push(i);
  assert.deepEqual(queue.take(3), [25, 26, 27]);
  assert.equal(queue.dropped, 25);
  assert.equal(queue.length, 7);
});

test("throttle calls at once, and once more for what came meanwhile", () => {
  const timers = [];
  let calls = 0;
  const f = throttle(() => calls++, 100, { setTimeout: (fn) => timers.push(fn), clearTimeout() {} });
  f(); f(); f();
  assert.equal(calls, 1);
  timers.shift()();
  assert.equal(calls, 2);
  timers.shift()();
  assert.equal(calls, 2);
});
