// <ty-timeline> adds events at the end of the log, a batch in each animation frame. It holds the newest rows
// only; older ones are a link away. It follows the end until somebody scrolls up in it.
import { say } from "../lib/events.js";
import { clock, plural, span } from "../lib/format.js";
import { part, setText } from "../lib/parts.js";
import { Queue } from "../lib/queue.js";

const mostRows = 2000;
const rowsAFrame = 250;
const quiet = 30; // seconds without an event that are drawn as a gap (view_event.go)
const nearEnd = 40; // pixels from the end that still count as being there

class Timeline extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.box = part(this, "box");
    this.log = part(this, "log");
    this.blank = part(this, "event").content.firstElementChild;
    this.fresh = part(this, "fresh");
    this.queue = new Queue(mostRows);
    this.seq = Number(this.dataset.lastSeq);
    this.created = Date.parse(this.dataset.created);
    this.heard = this.dataset.lastAt ? Date.parse(this.dataset.lastAt) : null;
    this.unseenFrom = Infinity; // the seq of the first event that came below what is in sight
    this.paused = false;
    this.fresh.addEventListener("click", () => this.toEnd(), { signal });
    this.box.addEventListener("scroll", () => this.atEnd() && this.seen(), { signal, passive: true });
    part(this, "pause")?.addEventListener("click", (event) => this.pause(event.currentTarget), { signal });
    if ("live" in this.box.dataset) this.box.scrollTop = this.box.scrollHeight;
  }

  disconnectedCallback() {
    this.stop.abort();
    cancelAnimationFrame(this.frame);
  }

  // push takes an event of the stream: {seq, type, data, timestamp}. It reports whether the event is new.
  push(event) {
    if (event.seq <= this.seq) return false;
    this.seq = event.seq;
    this.queue.push(event);
    if (this.paused) this.sayWaiting();
    else this.schedule();
    return true;
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.flush();
      if (this.queue.length > 0 && !this.paused) this.schedule();
    });
  }

  flush() {
    const follow = this.atEnd();
    const events = this.queue.take(rowsAFrame);
    const rows = document.createDocumentFragment();
    for (const event of events) {
      const row = this.row(event);
      this.prepare?.(row); // the tools hide what is not wanted
      rows.append(row);
    }
    this.log.append(rows);
    this.trim();
    setText(this, "total", plural(this.seq, "event"));
    if (follow) this.box.scrollTop = this.box.scrollHeight;
    else this.count(events[0]?.seq ?? Infinity);
  }

  row(event) {
    const row = this.blank.cloneNode(true);
    const said = say(event);
    const at = Date.parse(event.timestamp);
    row.dataset.seq = event.seq;
    row.dataset.group = said.group;
    const time = part(row, "elapsed");
    time.dateTime = event.timestamp;
    time.title = new Date(at).toLocaleString();
    time.textContent = `+${clock((at - this.created) / 1000)}`;
    this.setGap(row, at);
    part(row, "icon").setAttribute("href", `#i-${said.group}`);
    setText(row, "label", said.label);
    setText(row, "text", said.text);
    part(row, "text").classList.toggle("mono", said.mono);
    if (said.cut) {
      const all = part(row, "all");
      all.hidden = false;
      all.href = `/tasks/${this.dataset.id}/events/${event.seq}`;
    }
    return row;
  }

  setGap(row, at) {
    const delta = this.heard === null ? 0 : (at - this.heard) / 1000;
    this.heard = at;
    if (delta >= 1) setText(row, "delta", `+${span(delta)}`);
    if (delta < quiet) return;
    const gap = part(row, "gap");
    gap.hidden = false;
    gap.textContent = `quiet for ${span(delta)}`;
  }

  trim() {
    const over = this.log.children.length - mostRows;
    if (over <= 0 && this.queue.dropped === 0) return;
    for (let i = 0; i < over; i++) this.log.firstElementChild.remove();
    part(this, "earlier").hidden = false;
    part(this, "earlier-link").href = `?before=${this.log.firstElementChild.dataset.seq}#timeline`;
  }

  atEnd() {
    return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < nearEnd;
  }

  count(seq) {
    this.unseenFrom = Math.min(this.unseenFrom, seq);
    this.tell();
  }

  // tell says how many events there are below what is in sight, of those that are wanted.
  tell() {
    let n = 0;
    for (let row = this.log.lastElementChild; row && Number(row.dataset.seq) >= this.unseenFrom; row = row.previousElementSibling) if (!row.hidden) n++;
    this.fresh.textContent = plural(n, "new event");
    this.fresh.hidden = n === 0;
  }

  seen() {
    this.unseenFrom = Infinity;
    this.fresh.hidden = true;
  }

  toEnd() {
    this.box.scrollTop = this.box.scrollHeight;
    this.seen();
  }

  pause(button) {
    this.paused = !this.paused;
    button.setAttribute("aria-pressed", String(this.paused));
    button.textContent = this.paused ? "Resume updates" : "Pause updates";
    if (!this.paused) this.schedule();
    this.dispatchEvent(new Event("ty:pause", { bubbles: true }));
  }

  sayWaiting() {
    part(this, "pause").textContent = `Resume updates (${plural(this.queue.length, "event")} waiting)`;
  }
}

customElements.define("ty-timeline", Timeline);
