// <ty-tasks> keeps a list of tasks up to date. Rows change in place; new ones go on top, or wait behind a button
// while the pointer or the focus is in the list.
import { sourcesLine } from "../lib/events.js";
import { follow } from "../lib/follow.js";
import { plural } from "../lib/format.js";
import { forgetTask } from "../lib/memory.js";
import { part } from "../lib/parts.js";
import { fillRow } from "../lib/row.js";
import { learnTime } from "../lib/ticker.js";

const pageSize = 50;
const mostSingles = 20; // rows off the first page that are asked for one by one after a gap
const mostRows = 200;

class Tasks extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.list = part(this, "list");
    this.blank = part(this, "row").content.firstElementChild;
    this.simulated = new Set(this.dataset.simulated.split(" "));
    this.pills = this.querySelector("#pills").content;
    this.read = Number(this.dataset.read); // by the server’s clock: the page may have come long before its scripts
    this.waiting = new Map(); // new tasks that are not shown yet, by id
    part(this, "newer").addEventListener("click", () => this.showNewer(), { signal });
    this.addEventListener("submit", (event) => this.remove(event), { signal });
    this.unfollow = follow({
      list: true,
      task: (item) => this.put(item),
      gone: (id) => this.drop(id),
      live: () => this.catchUp().catch(() => {}), // the next connection tries again
    });
  }

  disconnectedCallback() {
    this.stop.abort();
    this.unfollow();
  }

  // catchUp asks for what moved before the stream was open: it carries changes only.
  async catchUp() {
    const seen = new Set();
    for (const item of (await this.get(`/api/tasks?limit=${pageSize}`)).reverse()) {
      seen.add(item.id);
      this.put(item);
    }
    const others = [...this.list.querySelectorAll("[data-live]")].filter((row) => !seen.has(row.dataset.id));
    for (const row of others.slice(0, mostSingles)) this.put(await this.get(`/api/tasks/${row.dataset.id}`));
  }

  async get(url) {
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`get ${url}: ${response.status}`);
    learnTime(response);
    return response.json();
  }

  row(id) {
    return this.list.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  put(item) {
    const row = this.row(item.id);
    if (row) return fillRow(row, item, this);
    if (this.isOlder(item)) return;
    if (!("prepend" in this.dataset)) return Date.parse(item.createdAt) >= this.read && this.lookAgain();
    this.waiting.set(item.id, item);
    if (this.list.matches(":hover, :focus-within")) this.offer();
    else this.showNewer();
  }

  // isOlder holds for tasks behind the rows of this page: they are on the next one.
  isOlder(item) {
    const last = this.list.lastElementChild;
    return last !== null && Date.parse(item.createdAt) < Date.parse(part(last, "created").dateTime);
  }

  // lookAgain offers the list anew: whether a new task belongs to what is filtered is for the server to say.
  lookAgain() {
    const button = part(this, "newer");
    button.textContent = "There are new tasks. Look again";
    button.hidden = false;
  }

  offer() {
    const button = part(this, "newer");
    button.textContent = `Show ${plural(this.waiting.size, "new task")}`;
    button.hidden = false;
  }

  showNewer() {
    if (!("prepend" in this.dataset)) return location.reload();
    part(this, "newer").hidden = true;
    for (const item of this.waiting.values()) {
      const row = this.blank.cloneNode(true);
      fillRow(row, item, this);
      this.place(row, item.createdAt);
    }
    this.waiting.clear();
    while (this.list.children.length > mostRows) this.list.lastElementChild.remove();
    part(this, "empty").hidden = this.list.children.length > 0;
  }

  place(row, createdAt) {
    const at = Date.parse(createdAt);
    const next = [...this.list.children].find((other) => Date.parse(part(other, "created").dateTime) <= at);
    this.list.insertBefore(row, next ?? null);
  }

  drop(id) {
    forgetTask(id);
    this.waiting.delete(id);
    this.row(id)?.remove();
    part(this, "empty").hidden = this.list.children.length > 0;
  }

  // remove sends the form of "Delete" without leaving the page.
  async remove(event) {
    const form = event.target;
    event.preventDefault();
    try {
      const response = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" } });
      if (!response.ok && response.status !== 404) throw new Error(`delete: ${response.status}`);
      this.drop(form.closest("[data-id]").dataset.id);
    } catch {
      form.submit(); // the server's own page says what is wrong
    }
  }

  // The words that fillRow needs and cannot know.
  pill(status) {
    const known = this.pills.querySelector(`[data-status="${CSS.escape(status)}"]`);
    const pill = (known ?? this.pills.querySelector('[data-status=""]')).cloneNode(true);
    if (!known) part(pill, "word").textContent = status.slice(0, 60);
    return pill;
  }

  isSimulated(upstream) {
    return this.simulated.has(upstream);
  }

  sources({ sourcesConsidered, sourcesRead }) {
    return sourcesLine(sourcesConsidered ?? null, sourcesRead ?? null);
  }
}

customElements.define("ty-tasks", Tasks);
