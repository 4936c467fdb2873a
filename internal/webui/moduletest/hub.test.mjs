import assert from "node:assert/strict";
import { test } from "node:test";
import { Hub } from "../assets/js/lib/hub.js";
import { fakeBrowser } from "./browser.mjs";

// world is a hub whose streams and timers are under control.
function world() {
  const w = fakeBrowser();
  w.hub = new Hub(w.env);
  w.tick = () => w.timers.splice(0).forEach(({ fn }) => fn());
  w.last = () => w.sources.at(-1);
  w.say = (name, data) => w.last().listeners[name]({ data: JSON.stringify(data) });
  w.tab = (name, want) => {
    const heard = [];
    w.hub.want(name, want, (message) => heard.push(message));
    return heard;
  };
  return w;
}

const event = (id, seq) => ({ id, event: { seq } });
const told = (heard) => heard.filter((m) => m.name).map((m) => `${m.name} ${m.data.id} ${m.data.event?.seq ?? ""}`.trim());

test("tabs share one stream, and each hears its own", () => {
  const w = world();
  const list = w.tab("list", { list: true, follows: {} });
  const one = w.tab("one", { list: false, follows: { a: 3 } });
  w.tick();
  assert.equal(w.sources.length, 1);
  assert.equal(w.last().url, "/api/events?follow=a.3");
  w.last().onopen();
  w.say("event", event("a", 4));
  w.say("task", { id: "b" });
  w.say("ended", { id: "a", lastSeq: 4 });
  w.say("gone", { id: "a" });
  assert.deepEqual(told(list), ["task b", "gone a"]);
  assert.deepEqual(told(one), ["event a 4", "ended a", "gone a"]);
});

test("one more tab opens the stream anew from where each is, and the others are not told of a break", () => {
  const w = world();
  const one = w.tab("one", { list: false, follows: { a: 3 } });
  w.tick();
  w.last().onopen();
  for (const seq of [4, 5, 6, 7]) w.say("event", event("a", seq));
  const two = w.tab("two", { list: false, follows: { b: 0 } });
  w.tick();
  assert.equal(w.sources[0].closed, true);
  assert.equal(w.last().url, "/api/events?follow=a.7&follow=b.0&list=false");
  w.last().onopen();
  assert.deepEqual(one.filter((m) => m.state).map((m) => m.state), ["connecting", "live", "live"]);
  assert.deepEqual(two.filter((m) => m.state).map((m) => m.state), ["live"]);
});

test("a tab that is further behind moves the stream back", () => {
  const w = world();
  w.tab("one", { list: false, follows: { a: 9 } });
  w.tick();
  w.tab("two", { list: false, follows: { a: 2 } });
  w.tick();
  assert.equal(w.last().url, "/api/events?follow=a.2&list=false");
});

test("a tab that asks for what the stream carries is told at once how the connection stands", () => {
  const w = world();
  w.tab("one", { list: true, follows: {} });
  w.tick();
  w.last().onopen();
  assert.deepEqual(w.tab("two", { list: true, follows: {} }), [{ state: "live", detail: {} }]);
  w.tick();
  assert.equal(w.sources.length, 1);
});

test("a stream that breaks comes back from where it was, and every tab knows", () => {
  const w = world();
  const one = w.tab("one", { list: false, follows: { a: 0 } });
  w.tick();
  w.last().onopen();
  w.say("event", event("a", 1));
  w.last().onerror();
  assert.deepEqual(one.at(-1), { state: "waiting", detail: { attempt: 1, wait: 500 } });
  w.tick();
  assert.equal(w.last().url, "/api/events?follow=a.1&list=false");
});

test("when the last tab has left nothing is open", () => {
  const w = world();
  w.tab("one", { list: true, follows: {} });
  w.tick();
  w.hub.leave("one");
  w.tick();
  assert.equal(w.last().closed, true);
  assert.equal(w.hub.has("one"), false);
});

test("a tab that is behind is given nothing until the stream has moved back to it", () => {
  const w = world();
  const one = w.tab("one", { list: false, follows: { a: 13 } });
  w.tick();
  w.last().onopen();
  w.say("event", event("a", 14));
  const two = w.tab("two", { list: false, follows: { a: 13 } }); // its page was drawn before event 14
  w.say("event", event("a", 15)); // by the stream that is open still
  w.say("ended", { id: "a", lastSeq: 15 });
  assert.deepEqual(told(two), []);
  w.tick();
  assert.equal(w.last().url, "/api/events?follow=a.13&list=false");
  for (const seq of [14, 15]) w.say("event", event("a", seq));
  w.say("ended", { id: "a", lastSeq: 15 });
  assert.deepEqual(told(two), ["event a 14", "event a 15", "ended a"]);
  assert.deepEqual(told(one), ["event a 14", "event a 15", "ended a", "ended a"]);
});
