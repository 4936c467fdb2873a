// <ty-log-tools> chooses which events of a timeline are seen, how their times are told, and marks those that came while
// nobody was looking.
import { clock, plural } from "../lib/format.js";
import { seen } from "../lib/memory.js";
import { part } from "../lib/parts.js";

const timesKey = "taskyard.times";

const stored = (key) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is off
  }
};

const store = (key, value) => {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is off or full: the choice holds for this page.
  }
};

class LogTools extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.timeline = this.closest("ty-timeline");
    this.log = part(this.timeline, "log");
    this.created = Date.parse(this.timeline.dataset.created);
    this.hiddenGroups = new Set();
    this.times = part(this, "times");
    this.times.value = stored(timesKey) ?? "elapsed";
    if (!this.times.value) this.times.value = "elapsed";
    this.addEventListener("click", (event) => this.toggle(event.target.closest("[data-group]")), { signal });
    part(this, "find").addEventListener("input", () => this.sift(), { signal });
    this.times.addEventListener("change", () => this.tell(), { signal });
    part(this, "away").addEventListener("click", () => this.toAway(), { signal });
    this.timeline.prepare = (row) => this.take(row);
    addEventListener("pagehide", () => this.leave(), { signal });
    for (const row of this.log.children) this.take(row);
    this.showAway();
  }

  disconnectedCallback() {
    this.timeline.prepare = null;
    this.stop.abort();
  }

  // take makes a row what the tools say, before it is shown.
  take(row) {
    this.show(row);
    if (this.times.value !== "elapsed") this.write(row);
  }

  toggle(button) {
    if (!button) return;
    const isOn = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isOn));
    for (const group of button.dataset.group.split(" ")) {
      if (isOn) this.hiddenGroups.delete(group);
      else this.hiddenGroups.add(group);
    }
    this.sift();
  }

  sift() {
    for (const row of this.log.children) this.show(row);
    this.timeline.tell();
  }

  show(row) {
    const wanted = part(this, "find").value.trim().toLowerCase();
    const isHidden = this.hiddenGroups.has(row.dataset.group) || (wanted !== "" && !row.querySelector(".event-body").textContent.toLowerCase().includes(wanted));
    row.hidden = isHidden;
  }

  tell() {
    store(timesKey, this.times.value);
    for (const row of this.log.children) this.write(row);
  }

  write(row) {
    const time = part(row, "elapsed");
    const at = new Date(time.dateTime);
    const told = {
      elapsed: () => `+${clock((at - this.created) / 1000)}`,
      local: () => at.toLocaleTimeString(),
      utc: () => `${at.toISOString().slice(11, 19)}Z`,
    };
    time.textContent = told[this.times.value]();
  }

  // showAway offers the way to the first event that came since this browser last left the page.
  showAway() {
    const last = Number(seen.get(this.timeline.dataset.id));
    const missed = Number(this.timeline.dataset.lastSeq) - last;
    if (!last || missed <= 0) return;
    const button = part(this, "away");
    button.textContent = `${plural(missed, "event")} while you were away`;
    button.hidden = false;
    this.log.querySelector(`[data-seq="${last + 1}"]`)?.toggleAttribute("data-away", true);
  }

  toAway() {
    part(this, "away").hidden = true;
    const row = this.log.querySelector("[data-away]") ?? this.log.firstElementChild;
    row?.scrollIntoView({ block: "center" });
  }

  // leave remembers how far this browser has seen; an older page of the log, or a frame of a replay, is no step back.
  leave() {
    const { id, lastSeq } = this.timeline.dataset;
    const seq = this.timeline.seq ?? Number(lastSeq);
    if (!(Number(seen.get(id)) >= seq)) seen.set(id, seq);
  }
}

customElements.define("ty-log-tools", LogTools);
