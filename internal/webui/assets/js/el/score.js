// <ty-score> has the four tiles. Their numbers change in place, at most ten times a second.
import { progressOf } from "../lib/events.js";
import { count, percent } from "../lib/format.js";
import { part, setText } from "../lib/parts.js";
import { throttle } from "../lib/throttle.js";
import { now, onSecond } from "../lib/ticker.js";

// What this page has heard of sources considered. The tiles are drawn anew by the server now and then; this stays.
const heard = [];
const mostPoints = 60;
const mostGain = 4000; // milliseconds that a gain is shown
let gained = { by: 0, at: 0 };

class Score extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    this.drawSources();
    this.draw = throttle(() => this.write(), 100);
    onSecond(() => this.moveBand(), this.stop.signal);
  }

  disconnectedCallback() {
    this.stop.abort();
    this.draw.cancel();
  }

  apply(data) {
    this.progress = progressOf(data);
    this.draw();
  }

  write() {
    const { considered, read, meter } = this.progress;
    if (considered !== null) this.hear(considered);
    if (read !== null) setText(this, "read", count(read));
    if (read !== null && considered > 0) setText(this, "share", `${percent((read / considered) * 100)} of those considered`);
    if (meter === null) return;
    const bar = part(this, "meter");
    bar.value = Math.min(Math.max(meter, 0), 100);
    bar.removeAttribute("data-waiting");
    setText(this, "percent", percent(meter));
    setText(this, "meter-note", "as the processor reports it");
  }

  hear(considered) {
    const before = heard.at(-1);
    setText(this, "considered", count(considered));
    if (before === considered) return;
    heard.push(considered);
    if (heard.length > mostPoints) heard.shift();
    if (before !== undefined && considered > before) gained = { by: considered - before, at: Date.now() };
    this.drawSources();
  }

  // drawSources draws how the number has grown, and by how much just now.
  drawSources() {
    const line = part(this, "spark");
    if (!line || heard.length < 2) return;
    const most = Math.max(...heard, 1);
    line.setAttribute("points", heard.map((n, i) => `${((i * 60) / (heard.length - 1)).toFixed(1)},${(15 - (n * 14) / most).toFixed(1)}`).join(" "));
    const isFresh = Date.now() - gained.at < mostGain;
    setText(this, "gain", isFresh ? `+${count(gained.by)}` : "");
  }

  // The band ends a quarter behind the usual range (view_score.go).
  moveBand() {
    const band = part(this, "band");
    const clock = this.querySelector("ty-elapsed");
    if (!band || clock.dataset.to) return;
    const seconds = (now() - Date.parse(clock.dataset.from)) / 1000;
    const usual = Number(band.dataset.max);
    band.setAttribute("x", Math.min(Math.round((seconds * 1000) / (1.25 * usual)), 992));
    const note = part(this, "usual");
    if (seconds > usual) note.textContent = note.textContent.replace(/^usually (.*)$/, "longer than usual ($1)");
  }
}

customElements.define("ty-score", Score);
