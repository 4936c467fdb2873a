// How much of a task that runs is spoken to screen readers, as somebody has chosen: everything, milestones with the progress
// now and then, or nothing. What answers somebody's own press is spoken always (announce), and so is what needs them (alarm).
import { announce } from "./parts.js";
import { throttle } from "./throttle.js";

export const levels = ["all", "milestones", "off"];

const key = "taskyard.speech";
const between = 20_000; // milliseconds from anything that was said to a word about the progress
const pause = 2000; // milliseconds between two messages: of those that come meanwhile the newest is spoken

export function level() {
  try {
    const chosen = localStorage.getItem(key);
    return levels.includes(chosen) ? chosen : "milestones";
  } catch {
    return "milestones"; // storage is off
  }
}

export function choose(chosen) {
  try {
    localStorage.setItem(key, chosen);
  } catch {
    // Storage is off or full: it stays as it is.
  }
}

export class Speech {
  #at = -Infinity; // when something was said last
  #last = "";

  constructor(say = announce, of = level, env = globalThis) {
    Object.assign(this, { say, of, env });
    this.utter = throttle(() => this.of() === "all" && this.#say(this.newest), pause, env);
  }

  milestone(text) {
    if (this.of() !== "off") this.#say(text);
  }

  message(text) {
    this.newest = text;
    this.utter();
  }

  progress(text) {
    if (this.of() === "off" || text === this.#last || this.env.Date.now() - this.#at < between) return;
    this.#last = text;
    this.#say(text);
  }

  stop() {
    this.utter.cancel();
  }

  #say(text) {
    this.#at = this.env.Date.now();
    this.say(text);
  }
}
