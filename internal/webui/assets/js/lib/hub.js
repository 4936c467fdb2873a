// Hub keeps one stream for all tabs, since a browser allows six connections to a server over HTTP/1.1. A tab says
// what it wants, all of it each time; the hub opens the stream for the sum and hands each tab what is its own.
import { Stream } from "./stream.js";

const mostFollows = 32; // that one stream of the server carries
const settle = 30; // milliseconds: tabs that open together need one new stream, not one each
const spare = 5000; // milliseconds that a stream may carry what nobody wants: who leaves a page often opens another

export class Hub {
  #tabs = new Map(); // by tab: {want, send}
  #at = new Map(); // by task: the seq that the stream has reached
  #stream = null;
  #state = ["connecting", {}];
  #timer = null;
  #due = Infinity;

  constructor(env = globalThis) {
    this.env = env;
  }

  // want says what a tab needs from now on: {list, follows: {task: seq}}. send(message) reaches it; messages are
  // {name, data} of the stream and {state, detail} of its connection.
  want(tab, want, send) {
    const isNew = !this.#tabs.has(tab);
    this.#tabs.set(tab, { want, send });
    if (this.#lacks(want)) this.#soon(settle);
    else if (isNew) send({ state: this.#state[0], detail: this.#state[1] });
  }

  has(tab) {
    return this.#tabs.has(tab);
  }

  leave(tab) {
    if (this.#tabs.delete(tab)) this.#soon(spare);
  }

  // retryNow tries again at once; a stream that looks open may be dead.
  retryNow() {
    if (this.#stream) this.#open();
  }

  // #lacks tells whether the stream does not carry something, or is already past it.
  #lacks({ list, follows }) {
    if (!this.#stream || (list && !this.#stream.list)) return true;
    return Object.entries(follows).some(([id, seq]) => !(this.#at.get(id) <= seq));
  }

  #soon(wait) {
    const due = this.env.Date.now() + wait;
    if (due >= this.#due) return;
    this.env.clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = this.env.setTimeout(() => {
      this.#due = Infinity;
      this.#open();
    }, wait);
  }

  #open() {
    const list = [...this.#tabs.values()].some(({ want }) => want.list);
    this.#at = this.#places();
    if (!list && this.#at.size === 0) return this.#close();
    this.#stream?.close();
    const stream = new Stream({
      url: () => this.#address(list),
      names: ["task", "gone", "event", "ended"],
      on: { event: (name, data) => this.#hand(name, JSON.parse(data)), state: (state, detail) => this.#report(state, detail) },
      env: this.env,
    });
    this.#stream = Object.assign(stream, { list });
    stream.open();
  }

  #close() {
    this.#stream?.close();
    this.#stream = null;
    this.#at.clear();
  }

  // #places is where the tab that is furthest behind needs each task from; the others leave out what they have.
  #places() {
    const places = new Map();
    for (const { want } of this.#tabs.values()) {
      for (const [id, seq] of Object.entries(want.follows)) places.set(id, Math.min(seq, places.get(id) ?? seq));
    }
    return new Map([...places].slice(-mostFollows));
  }

  #address(list) {
    const query = [...this.#at].map(([id, seq]) => `follow=${id}.${seq}`);
    if (!list) query.push("list=false");
    return `/api/events${query.length > 0 ? `?${query.join("&")}` : ""}`;
  }

  #hand(name, data) {
    if (name === "event") this.#at.set(data.id, data.event.seq);
    for (const { want, send } of this.#tabs.values()) {
      const has = want.follows[data.id]; // the seq that this tab has reached
      if (name === "task" ? !want.list : has === undefined && !(name === "gone" && want.list)) continue;
      // A tab that is behind the stream waits for the one that is about to be opened for it: what it is given has no gap.
      if (name === "event" && data.event.seq !== has + 1) continue;
      if (name === "ended" && data.lastSeq !== has) continue;
      if (name === "event") want.follows[data.id] = data.event.seq;
      send({ name, data });
    }
  }

  #report(state, detail) {
    // A stream that is opened anew for one more tab is no event for the others.
    if (state === "connecting" && this.#state[0] === "live") return;
    this.#state = [state, detail];
    for (const { send } of this.#tabs.values()) send({ state, detail });
  }
}
