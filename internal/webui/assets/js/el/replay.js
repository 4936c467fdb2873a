// <ty-replay> plays a task that has ended. The server draws each frame as it would have drawn the live page at that
// event; this element says which one, and what time it is meanwhile.
import { clock } from "../lib/format.js";
import { part, setText } from "../lib/parts.js";
import { Recording } from "../lib/recording.js";
import { fetchPage, swap } from "../lib/swap.js";
import { pretend } from "../lib/ticker.js";

const mostFrames = 60; // kept, so that going back and forth asks once
const mostAhead = 5; // frames that are asked for before they are wanted: a browser has six connections
const ahead = 1500; // milliseconds of playing that they are for
const stretches = 60; // of the curve that says how much was heard when

class Replay extends HTMLElement {
  async connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.frames = new Map(); // by seq: what will be the page
    this.drawn = Number(this.dataset.at);
    this.task = this.closest("ty-task");
    this.scrubber = part(this, "scrubber");
    try {
      const response = await fetch(`${this.dataset.url}/recording`, { signal });
      if (!response.ok) throw new Error(`load recording: ${response.status}`);
      const { created, times } = await response.json();
      this.created = Date.parse(created);
      this.recording = new Recording(times);
    } catch {
      if (!signal.aborted) part(this, "failed").hidden = false;
      return;
    }
    part(this, "play").addEventListener("click", () => this.toggle(), { signal });
    part(this, "back").addEventListener("click", () => this.step(-1), { signal });
    part(this, "on").addEventListener("click", () => this.step(1), { signal });
    this.scrubber.addEventListener("input", () => this.jump(Number(this.scrubber.value)), { signal });
    this.scrubber.max = this.recording.length;
    part(this, "speed").addEventListener("change", () => this.fetchAhead(), { signal });
    this.drawDensity();
    this.drawTicks();
    this.jump(this.recording.timeOf(this.drawn));
    this.dataset.ready = "";
  }

  disconnectedCallback() {
    this.stop.abort();
    cancelAnimationFrame(this.timer);
    pretend(null);
  }

  // drawDensity draws how much was heard when, each stretch with its neighbours. Roots, so that a burst does not flatten
  // the rest.
  drawDensity() {
    const heard = this.recording.density(stretches);
    const counts = heard.map((n, i) => Math.sqrt(2 * n + (heard[i - 1] ?? n) + (heard[i + 1] ?? n)));
    const most = Math.max(...counts, 1);
    const points = counts.map((n, i) => `${(((i + 0.5) * 1000) / stretches).toFixed(1)},${(16 - (n * 15) / most).toFixed(1)}`);
    part(this, "density").setAttribute("points", `0,16 ${points.join(" ")} 1000,16`);
  }

  drawTicks() {
    const svg = part(this, "ticks");
    for (const x of this.recording.ticks(1000)) {
      const tick = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      for (const [name, value] of Object.entries({ x, y: 17, width: 1.5, height: 5 })) tick.setAttribute(name, value);
      svg.append(tick);
    }
  }

  toggle() {
    if (this.playing) return this.pause();
    if (this.at >= this.recording.length) this.jump(0);
    this.playing = true;
    part(this, "play").textContent = "Pause";
    this.before = performance.now();
    this.timer = requestAnimationFrame((now) => this.advance(now));
  }

  pause() {
    this.playing = false;
    cancelAnimationFrame(this.timer);
    part(this, "play").textContent = "Play";
  }

  advance(now) {
    this.move(this.at + (now - this.before) * Number(part(this, "speed").value));
    this.before = now;
    if (this.at >= this.recording.length) this.pause();
    else this.timer = requestAnimationFrame((next) => this.advance(next));
  }

  step(by) {
    this.pause();
    this.jump(this.recording.timeOf(this.seq + by), this.seq + by);
  }

  jump(at, seq) {
    this.move(at, seq);
    history.replaceState(history.state, "", `?replay&at=${this.seq}${location.hash}`);
    this.fetchAhead();
  }

  // fetchAhead asks for the frames that playing will want first, so that it begins without a pause.
  fetchAhead() {
    const span = ahead * Number(part(this, "speed").value);
    for (const seq of this.recording.next(this.at, span, mostAhead)) this.frame(seq).catch(() => {}); // asked for again when it is wanted
  }

  // move goes to a time, and to an event where several were heard at once.
  move(at, seq = this.recording.seqAt(at)) {
    this.at = Math.min(Math.max(at, 0), this.recording.length);
    this.seq = Math.min(Math.max(seq, 1), this.recording.last);
    this.scrubber.value = this.at;
    const place = `${clock(this.at / 1000)} of ${clock(this.recording.length / 1000)}, event ${this.seq} of ${this.recording.last}`;
    setText(this, "place", place);
    this.scrubber.setAttribute("aria-valuetext", place);
    pretend(this.created + this.at);
    if (!this.drawing) this.draw();
  }

  // draw brings the frame of the event that is wanted now; while one is on its way later ones wait.
  async draw() {
    this.drawing = true;
    try {
      while (this.drawn !== this.seq && !this.stop.signal.aborted) {
        const seq = this.seq;
        this.show((await this.frame(seq)).cloneNode(true));
        this.drawn = seq;
        if (this.playing) this.fetchNext();
      }
      part(this, "failed").hidden = true;
    } catch {
      if (!this.stop.signal.aborted) part(this, "failed").hidden = false;
      this.pause();
    }
    this.drawing = false;
  }

  // fetchNext asks for the next frame while this one is shown, if it is shown for long enough.
  fetchNext() {
    const speed = Number(part(this, "speed").value);
    const [next] = this.recording.next(this.at, ahead * speed, 1);
    if (next && this.recording.timeOf(next) - this.at > 100 * speed) this.frame(next).catch(() => {}); // as above
  }

  frame(seq) {
    if (!this.frames.has(seq)) {
      const page = this.fetch(seq);
      page.catch(() => this.frames.delete(seq));
      if (this.frames.size >= mostFrames) this.frames.delete(this.frames.keys().next().value);
      this.frames.set(seq, page);
    }
    return this.frames.get(seq);
  }

  async fetch(seq) {
    const { response, page } = await fetchPage(`${this.dataset.url}?replay&part=frame&at=${seq}`, { signal: this.stop.signal });
    if (!response.ok) throw new Error(`load frame: ${response.status}`);
    return page;
  }

  show(page) {
    swap(this.task, page);
    const timeline = page.getElementById("timeline");
    const now = this.task.querySelector("#timeline");
    if (!now.isEqualNode(timeline)) now.replaceWith(document.adoptNode(timeline));
    pretend(this.created + this.at); // the new parts' times
    this.task.dataset.seq = this.seq;
  }
}

customElements.define("ty-replay", Replay);
