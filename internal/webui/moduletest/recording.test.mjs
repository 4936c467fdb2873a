import assert from "node:assert/strict";
import { test } from "node:test";
import { Recording } from "../assets/js/lib/recording.js";

test("the event of a time is the newest that was heard by then", () => {
  const r = new Recording([0, 10, 10, 40]);
  assert.deepEqual([-5, 0, 9, 10, 39, 40, 999].map((at) => r.seqAt(at)), [1, 1, 1, 3, 3, 4, 4]);
});

test("every event can be gone to, and its time leads to it or to one heard at once with it", () => {
  const times = Array.from({ length: 1000 }, (_, i) => Math.floor(i / 3) * 7);
  const r = new Recording(times);
  for (let seq = 1; seq <= r.last; seq++) {
    assert.ok(r.seqAt(r.timeOf(seq)) >= seq);
    assert.equal(r.timeOf(r.seqAt(r.timeOf(seq))), r.timeOf(seq));
  }
});

test("a clock that goes back hides nothing", () => {
  const r = new Recording([0, 50, 20, 60]);
  assert.deepEqual([r.seqAt(50), r.seqAt(60), r.length], [3, 4, 60]);
});

test("a recording of nothing has one place", () => {
  const r = new Recording([]);
  assert.deepEqual([r.seqAt(5), r.timeOf(3), r.length, r.ticks(10)], [1, 0, 0, []]);
});

test("ticks stand where events are, each once", () => {
  assert.deepEqual(new Recording([0, 1, 500, 1000]).ticks(10), [0, 5, 10]);
});

test("density says how many events each stretch has", () => {
  assert.deepEqual(new Recording([0, 1, 2, 500, 1000]).density(4), [3, 0, 1, 1]);
  assert.deepEqual(new Recording([0, 0]).density(2), [2, 0]);
  assert.deepEqual(new Recording([]).density(2), [0, 0]);
});

test("what comes next is what playing wants first, and at the end what it begins with", () => {
  const r = new Recording([0, 10, 20, 30, 400, 500]);
  assert.deepEqual(r.next(0, 100, 10), [2, 3, 4]);
  assert.deepEqual(r.next(0, 100, 2), [2, 3]);
  assert.deepEqual(r.next(30, 100, 10), []);
  assert.deepEqual(r.next(500, 20, 10), [1, 2]);
});
