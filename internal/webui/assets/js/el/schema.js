// <ty-schema> is a builder beside the source of a schema: each writes the other. While the source is no JSON the builder
// waits. Rows move by their buttons or Alt with an arrow.
import { part } from "../lib/parts.js";
import { edit, read } from "../lib/schema.js";

class Schema extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.hidden = false;
    this.source = this.closest("form").elements.namedItem("schema");
    this.blank = part(this, "row").content.firstElementChild;
    this.source.addEventListener("input", () => this.writing || this.draw(), { signal });
    this.addEventListener("input", (event) => this.type(event), { signal });
    this.addEventListener("change", (event) => this.changed(event), { signal });
    this.addEventListener("click", (event) => this.press(event), { signal });
    this.addEventListener("keydown", (event) => this.key(event), { signal });
    this.draw();
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  draw() {
    const fields = read(this.source.value);
    part(this, "waiting").hidden = fields !== null;
    part(this, "rows").inert = fields === null;
    if (fields) part(this, "rows").replaceChildren(...fields.map((field) => this.row(field, [])));
  }

  row(field, above) {
    const row = this.blank.cloneNode(true);
    const path = [...above, field.name];
    row.dataset.path = JSON.stringify(path);
    const control = (name) => row.querySelector(`[data-edit="${name}"]`);
    control("name").value = field.name;
    control("description").value = field.description;
    control("values").value = field.values;
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
    this.writing = true;
    this.source.value = edit(this.source.value, path, change);
    this.source.dispatchEvent(new Event("input", { bubbles: true }));
    this.writing = false;
  }

  // type takes what is typed into a text; the rows stay, and so does the caret. A name counts when it is left.
  type(event) {
    event.stopPropagation();
    const name = event.target.dataset.edit;
    if (name === "description" || name === "values") this.write(this.path(event.target), { set: { [name]: event.target.value } });
  }

  changed(event) {
    event.stopPropagation();
    const { edit: name } = event.target.dataset;
    const path = this.path(event.target);
    if (name === "name") this.redraw(path, { rename: event.target.value.trim() }, [...path.slice(0, -1), event.target.value.trim()], name);
    else if (name === "kind") this.redraw(path, { set: { kind: event.target.value } }, path, name);
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
    else this.redraw(path, { remove: true }, path.slice(0, -1));
  }

  key(event) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by || !event.altKey || !event.target.closest("[data-path]")) return;
    event.preventDefault();
    const path = this.path(event.target);
    this.redraw(path, { move: by }, path, event.target.dataset.edit ?? event.target.dataset.do);
  }

  // redraw makes a change of shape and puts the focus where it was; after an addition, into the new name.
  redraw(path, change, focus, name = "name") {
    this.write(path, change);
    this.draw();
    if (focus === null) {
      const rows = this.querySelectorAll(path.length > 0 ? `[data-path="${CSS.escape(JSON.stringify(path))}"] [data-part=children] > li` : "[data-part=rows] > li");
      const field = rows[rows.length - 1]?.querySelector('[data-edit="name"]');
      field?.focus();
      return field?.select();
    }
    const row = this.querySelector(`[data-path="${CSS.escape(JSON.stringify(focus))}"]`);
    (row?.querySelector(`[data-edit="${name}"], [data-do="${name}"]`) ?? part(this, "add")).focus();
  }
}

customElements.define("ty-schema", Schema);
