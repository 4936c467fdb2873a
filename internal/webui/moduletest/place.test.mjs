import assert from "node:assert/strict";
import { test } from "node:test";
import { place } from "../assets/js/lib/place.js";

const window = { width: 1000, height: 800 };
const card = { width: 300, height: 200 };

test("a card lies below its anchor", () => {
  assert.deepEqual(place({ left: 100, top: 100, bottom: 120 }, card, window), { left: 100, top: 126 });
});

test("a card lies above where there is no room below", () => {
  assert.deepEqual(place({ left: 100, top: 700, bottom: 720 }, card, window), { left: 100, top: 494 });
});

test("a card stays within the window", () => {
  assert.deepEqual(place({ left: 950, top: 10, bottom: 790 }, card, window), { left: 694, top: 594 });
  assert.deepEqual(place({ left: -50, top: 0, bottom: 20 }, { width: 2000, height: 2000 }, window), { left: 6, top: 6 });
});
