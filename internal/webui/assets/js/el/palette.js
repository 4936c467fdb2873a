// <ty-palette> is a list of everything that can be done here, and of tasks by their text, under Ctrl+K or Cmd+K.
// It follows the APG's combobox with a list box: the focus stays in the field.
import { commands, rank, run } from "../lib/commands.js";
import { titleOf } from "../lib/row.js";
import { part, setText } from "../lib/parts.js";

const most = 12; // commands shown
const mostTasks = 6;
const pause = 200; // milliseconds after the last character before tasks are searched

class Palette extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.dialog = part(this, "dialog");
    this.field = part(this, "field");
    this.list = part(this, "list");
    document.addEventListener("keydown", (event) => this.call(event), { signal });
    this.field.addEventListener("input", () => this.type(), { signal });
    this.field.addEventListener("keydown", (event) => this.steer(event), { signal });
    this.list.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]")), { signal });
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close(), { signal });
  }

  disconnectedCallback() {
    this.stop.abort();
    clearTimeout(this.timer);
    this.search?.abort();
  }

  call(event) {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (this.dialog.open) return this.dialog.close();
    this.commands = commands();
    this.field.value = "";
    this.type();
    this.dialog.showModal();
  }

  type() {
    const typed = this.field.value.trim();
    const ranked = this.commands.map((command) => ({ ...command, rank: rank(command.name, typed) }));
    const fitting = ranked.filter((command) => command.rank >= 0).sort((a, b) => a.rank - b.rank).slice(0, most);
    this.show(fitting);
    this.search?.abort();
    clearTimeout(this.timer);
    if (typed.length > 1) this.timer = setTimeout(() => this.find(typed, fitting).catch(() => {}), pause);
  }

  // find adds tasks that have the text. A search that fails or comes late adds none.
  async find(typed, fitting) {
    this.search = new AbortController();
    const response = await fetch(`/api/tasks?limit=${mostTasks}&q=${encodeURIComponent(typed)}`, { signal: this.search.signal });
    if (!response.ok || this.field.value.trim() !== typed) return;
    const tasks = (await response.json()).map((item) => ({ name: titleOf(item), key: "task", href: `/tasks/${item.id}` }));
    this.show([...fitting, ...tasks]);
  }

  show(entries) {
    this.entries = entries;
    const blank = part(this, "entry").content.firstElementChild;
    this.list.replaceChildren(...entries.map(({ name, key }, i) => {
      const option = blank.cloneNode(true);
      option.id = `command-${i}`;
      setText(option, "name", name);
      setText(option, "key", key);
      part(option, "key").hidden = !key;
      return option;
    }));
    part(this, "none").hidden = entries.length > 0;
    this.select(0);
  }

  select(i) {
    this.at = Math.min(Math.max(i, 0), this.entries.length - 1);
    for (const [n, option] of [...this.list.children].entries()) option.setAttribute("aria-selected", String(n === this.at));
    const option = this.list.children[this.at];
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.field.setAttribute("aria-activedescendant", option.id);
    else this.field.removeAttribute("aria-activedescendant");
  }

  steer(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.select(this.at + step);
    else if (event.key === "Enter") this.choose(this.list.children[this.at]);
    else return;
    event.preventDefault();
  }

  choose(option) {
    const entry = option && this.entries[[...this.list.children].indexOf(option)];
    if (!entry) return;
    this.dialog.close();
    if (entry.href) location.href = entry.href;
    else run(entry.control);
  }
}

customElements.define("ty-palette", Palette);
