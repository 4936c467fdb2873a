// <ty-schema> is a builder beside the source of a schema: each writes the other. While the source is none that it can build
// upon, it says why and waits. Rows move by their buttons or Alt with an arrow. What a change takes away can be put back.
import { announce, part, setText, show } from "../lib/parts.js";
import { edit, isTaken, lost, read, whyNot } from "../lib/schema.js";

class Schema extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.hidden = false;
    this.source = this.closest("form").elements.namedItem("schema");
    this.blank = part(this, "row").content.firstElementChild;
    this.source.addEventListener("input", () => this.writing || this.heard(), { signal });
    this.addEventListener("input", (event) => this.type(event), { signal });
    this.addEventListener("change", (event) => this.changed(event), { signal });
    this.addEventListener("click", (event) => this.press(event), { signal });
    this.addEventListener("keydown", (event) => this.key(event), { signal });
    part(this, "undo").addEventListener("click", () => this.undo(), { signal });
    this.draw();
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  // heard follows a source that somebody else has changed.
  heard() {
    part(this, "undone").hidden = true;
    this.draw();
  }

  draw() {
    const fields = read(this.source.value);
    show(this, "waiting", whyNot(this.source.value));
    part(this, "rows").inert = fields === null;
    part(this, "add").disabled = fields === null;
    if (fields) part(this, "rows").replaceChildren(...fields.map((field) => this.row(field, [])));
  }

  row(field, above) {
    const row = this.blank.cloneNode(true);
    const path = [...above, field.name];
    row.dataset.path = JSON.stringify(path);
    const control = (name) => row.querySelector(`[data-edit="${name}"]`);
    control("name").value = field.name;
    control("description").value = field.description;
    control("values").value = field.values.join("\n");
    control("values").parentElement.hidden = field.kind !== "enum";
    control("nullable").checked = field.nullable;
    control("kind").value = field.kind;
    if (!field.kind) for (const name of ["kind", "nullable"]) control(name).disabled = true;
    const children = part(row, "children");
    const holds = field.kind === "object" || field.kind === "array:object";
    part(row, "inside").hidden = !holds;
    if (holds) children.replaceChildren(...field.fields.map((child) => this.row(child, path)));
    for (const button of row.querySelectorAll("button")) {
      if (button.closest("[data-path]") === row) button.querySelector(".unseen").textContent = ` ${field.name}`;
    }
    return row;
  }

  path(node) {
    const row = node.closest("[data-path]");
    return row ? JSON.parse(row.dataset.path) : [];
  }

  // write changes the source, which tells the rest of the form.
  write(path, change) {
    this.put(edit(this.source.value, path, change));
  }

  put(text) {
    part(this, "undone").hidden = true;
    this.writing = true;
    this.source.value = text;
    this.source.dispatchEvent(new Event("input", { bubbles: true }));
    this.writing = false;
  }

  // type takes what is typed into a text; the rows stay, and so does the caret. A name counts when it is left.
  type(event) {
    event.stopPropagation();
    const name = event.target.dataset.edit;
    if (name === "description") this.write(this.path(event.target), { set: { description: event.target.value } });
    if (name === "values") this.write(this.path(event.target), { set: { values: event.target.value.split("\n") } });
  }

  changed(event) {
    event.stopPropagation();
    const { edit: name } = event.target.dataset;
    const path = this.path(event.target);
    if (name === "name") this.rename(event.target, path);
    else if (name === "kind") this.take(path, { set: { kind: event.target.value } }, path, name);
    else if (name === "nullable") this.redraw(path, { set: { nullable: event.target.checked } }, path, name);
  }

  press(event) {
    const button = event.target.closest("[data-do]");
    if (!button) return;
    const path = this.path(button);
    const act = button.dataset.do;
    if (act === "add") this.redraw(path, { add: true }, null);
    else if (act === "up" || act === "down") this.redraw(path, { move: act === "up" ? -1 : 1 }, path, act);
    else if (act === "duplicate") this.redraw(path, { duplicate: true }, path, act);
    else this.take(path, { remove: true }, path.slice(0, -1));
  }

  // rename leaves a name that cannot be as it was typed, and says why.
  rename(field, path) {
    const name = field.value.trim();
    const why = name === "" ? "A field needs a name." : isTaken(this.source.value, path, name) ? `There is a field “${name}” beside this one.` : "";
    field.setAttribute("aria-invalid", String(why !== ""));
    show(field.closest("[data-path]"), "name-fault", why);
    if (why) announce(why);
    else this.redraw(path, { rename: name }, [...path.slice(0, -1), name], "name");
  }

  // take makes a change that may take something away, and offers to put it back.
  take(path, change, focus, name) {
    const before = this.source.value;
    const gone = lost(before, path, change);
    this.redraw(path, change, focus, name);
    if (gone.length === 0 && !("remove" in change)) return;
    this.before = { text: before, path };
    const what = "remove" in change ? `“${path.at(-1)}” is removed` : `“${path.at(-1)}” has lost what was in it`;
    setText(this, "gone", gone.length > 0 ? `${what}: ${gone.join(", ")}.` : `${what}.`);
    part(this, "undone").hidden = false;
    announce(part(this, "gone").textContent);
  }

  undo() {
    const { text, path } = this.before;
    this.put(text);
    this.draw();
    this.find(path)?.querySelector('[data-edit="kind"]').focus();
  }

  key(event) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by || !event.altKey || !event.target.closest("[data-path]")) return;
    event.preventDefault();
    const path = this.path(event.target);
    this.redraw(path, { move: by }, path, event.target.dataset.edit ?? event.target.dataset.do);
  }

  find(path) {
    return this.querySelector(`[data-path="${CSS.escape(JSON.stringify(path))}"]`);
  }

  // redraw makes a change of shape and puts the focus where it was; after an addition, into the new name.
  redraw(path, change, focus, name = "name") {
    this.write(path, change);
    this.draw();
    if (focus === null) {
      const list = path.length > 0 ? part(this.find(path), "children") : part(this, "rows");
      const field = list.lastElementChild?.querySelector('[data-edit="name"]');
      field?.focus();
      return field?.select();
    }
    const row = this.find(focus);
    (row?.querySelector(`[data-edit="${name}"], [data-do="${name}"]`) ?? part(this, "add")).focus();
  }
}

customElements.define("ty-schema", Schema);
