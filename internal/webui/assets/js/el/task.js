// <ty-task> follows one task: events go to the timeline and the tiles at once; what only the server can put into
// words (status, what it is doing, sources) is fetched as rendered sections, at most every few seconds.
import { progressOf, say, sourcesLine } from "../lib/events.js";
import { follow } from "../lib/follow.js";
import { cut, percent } from "../lib/format.js";
import { forgetTask } from "../lib/memory.js";
import { alarm, announce, part, setText } from "../lib/parts.js";
import { Speech } from "../lib/speech.js";
import { fetchPage, swap } from "../lib/swap.js";
import { throttle } from "../lib/throttle.js";
import { learnTime } from "../lib/ticker.js";

const checkEvery = 10_000; // the server's own state (retries, reconnects) is not in the log
const needing = new Set(["failed", "action_required", "submission_unknown"]); // states in which somebody has to do something
const messages = new Set(["plan", "search", "tool", "result", "status"]);

const isMessage = ({ group, mono }) => messages.has(group) && !mono;

// inShort is an event in the line of what was heard last, as view_now.go has it.
function inShort(said) {
  if (said.group === "note") return said.text;
  return isMessage(said) ? said.label : `${said.label}: ${said.text}`;
}

const firstLine = (text) => text.split("\n").map((line) => line.trim()).find(Boolean) ?? "";

class Task extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    this.addEventListener("click", (event) => this.changeView(event), { signal: this.stop.signal });
    this.addEventListener("submit", ({ target }) => (this.deleting = target.matches('[data-part="delete"]')), { signal: this.stop.signal });
    addEventListener("pageshow", ({ persisted }) => persisted && location.reload(), { signal: this.stop.signal }); // its tokens are used
    this.shown = location.search;
    addEventListener("popstate", () => location.search === this.shown || location.reload(), { signal: this.stop.signal });
    this.showRemembered();
    if ("live" in this.dataset) this.follow();
  }

  disconnectedCallback() {
    this.stop.abort();
    this.unfollow?.();
    this.refresh?.cancel();
    this.speech?.stop();
    clearInterval(this.timer);
  }

  follow() {
    const { signal } = this.stop;
    this.timeline = this.querySelector("ty-timeline");
    this.status = this.state().dataset.status;
    this.refresh = throttle(() => this.load().catch(() => {}), 2000); // the stream says when the server is gone
    this.shows = throttle(() => this.showLast(), 100);
    this.speech = new Speech();
    this.timer = setInterval(() => document.hidden || this.refresh(), checkEvery);
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh(), { signal });
    if (!("tail" in this.dataset)) return; // an earlier page of the log: nothing is added to it
    this.addEventListener("ty:pause", () => this.timeline.paused || this.refresh(), { signal });
    this.unfollow = follow({
      id: this.dataset.id,
      seq: () => this.timeline.seq,
      event: (event) => this.take(event),
      ended: () => this.ended(),
      gone: () => this.gone(),
      live: () => this.refresh(), // what was missed meanwhile
    });
  }

  state() {
    return this.querySelector("#task-state");
  }

  ended() {
    this.unfollow();
    document.dispatchEvent(new CustomEvent("ty:connection", { detail: { state: "ended" } }));
    this.finish();
  }

  take(event) {
    if (!this.timeline.push(event) || this.timeline.paused) return;
    const said = say(event);
    if (said.group === "progress") this.querySelector("ty-score").apply(event.data);
    if (isMessage(said)) this.message = firstLine(said.text);
    if (!isMessage(said) || !part(this, "message")) this.refresh();
    this.last = { text: firstLine(inShort(said)), at: event.timestamp };
    this.shows();
    this.speak(said, event.data);
  }

  // speak tells screen readers of an event.
  speak(said, data) {
    if (said.group === "progress") return this.speech.progress(this.progress(progressOf(data)));
    const text = `${said.label}: ${firstLine(said.text)}`;
    if (said.group === "result" && !this.hasResult) {
      this.hasResult = true;
      this.speech.milestone(text);
    } else this.speech.message(text);
  }

  progress({ considered, read, meter }) {
    return [this.state().querySelector(".pill").textContent.trim(), meter === null ? "" : percent(meter), sourcesLine(considered, read)].filter(Boolean).join(". ");
  }

  // showLast puts what was heard last where it stands already; until then the next refresh brings it.
  showLast() {
    if (this.message) setText(this, "message", this.message);
    const time = this.querySelector('[data-part="heard"] time');
    if (!time) return;
    time.dateTime = this.last.at;
    setText(this, "last", cut(this.last.text, 300)[0]);
  }

  // load fetches what changes while the task runs.
  async load() {
    const { response, page } = await fetchPage(`/tasks/${this.dataset.id}?part=live`);
    if (response.status === 404) return this.gone();
    if (!response.ok) throw new Error(`load task: ${response.status}`);
    learnTime(response);
    if (!this.timeline.paused) swap(this, page);
    this.noticeStatus(page.getElementById("task-state") ?? this.state(), page);
  }

  noticeStatus(state, page) {
    if (state.dataset.status === this.status) return;
    this.status = state.dataset.status;
    const warnings = page.getElementById("warnings-title")?.textContent ?? "";
    const text = `The task is now: ${state.querySelector(".pill").textContent.trim()}. ${warnings}`;
    if (needing.has(this.status)) alarm(text);
    else this.speech.milestone(text);
  }

  // finish shows the end: the same page again, as somebody would see it who comes now.
  async finish() {
    clearInterval(this.timer);
    this.refresh.cancel();
    try {
      const { response, page } = await fetchPage(location.href);
      if (!response.ok) return;
      this.put(page);
    } catch {
      alarm("The task has ended. Load the page again to see its result.");
    }
  }

  put(page) {
    const state = page.getElementById("task-state");
    document.title = page.title;
    document.dispatchEvent(new CustomEvent("ty:ended", { detail: page.title }));
    if (state) this.noticeStatus(state, page);
    this.sayEnd(page);
    const later = swap(this, page);
    if (page.querySelector("[data-panel=result][data-first]")) this.querySelector("ty-tabs").mark("result");
    this.showRemembered();
    if (!later) return;
    // What was in use is put in its place as soon as it no longer is.
    this.addEventListener("focusout", () => setTimeout(() => this.put(page)), { once: true, signal: this.stop.signal });
  }

  // sayEnd leaves the line of what happens now in its place, and says there that nothing does: what is below stays where
  // somebody is reading it.
  sayEnd(page) {
    const next = page.getElementById("task-now");
    const now = this.querySelector("#task-now");
    if (!next?.hidden || !now || now.hidden) return;
    next.remove();
    const message = document.createElement("p");
    message.className = "now-message";
    message.textContent = `${page.querySelector("#task-state .pill").textContent.trim()}. ${page.querySelector("[data-panel=result][data-first]") ? "The result is under Result." : ""}`;
    now.dataset.tone = "idle";
    now.replaceChildren(message);
  }

  gone() {
    clearInterval(this.timer);
    forgetTask(this.dataset.id);
    if (this.deleting) return; // the list comes, and loading this page again would stop that
    announce("This task was deleted.");
    location.reload();
  }

  // showRemembered opens the view that this kind of output was last looked at in, unless the address asks for one.
  showRemembered() {
    const views = this.querySelector(".views[data-kind]");
    if (!views || new URLSearchParams(location.search).has("view") || this.querySelector("ty-replay")) return;
    let view = null;
    try {
      view = localStorage.getItem(`taskyard.view.${views.dataset.kind}`);
    } catch {
      return; // storage is off
    }
    const link = view && view !== views.dataset.default && views.querySelector(`a[href^="?view=${CSS.escape(view)}"]`);
    if (link) this.openView(link, false);
  }

  // changeView shows another view of the result in place. Without script, and with a new tab, it is a link.
  async changeView(event) {
    const link = event.target.closest(".views a");
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const { kind } = link.closest(".views").dataset;
    try {
      localStorage.setItem(`taskyard.view.${kind}`, new URL(link.href).searchParams.get("view"));
    } catch {
      // Storage is off: the next task of this kind opens as usual.
    }
    await this.openView(link, true);
  }

  async openView(link, asked) {
    try {
      const { response, page } = await fetchPage(link.href);
      if (!response.ok) throw new Error(`load view: ${response.status}`);
      if (asked) history.pushState(null, "", link.href);
      this.shown = location.search;
      this.querySelector("#result").replaceWith(document.adoptNode(page.getElementById("result")));
      if (asked) this.querySelector('.views [aria-current="page"]').focus();
    } catch {
      if (asked) location.href = link.href;
    }
  }
}

customElements.define("ty-task", Task);
