// <ty-input-form> draws the input as a form, by its schema, beside the JSON that is sent: each writes the other.
import { fieldsOf, put, valueAt } from "../lib/form.js";
import { part, setText, show } from "../lib/parts.js";

class InputForm extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.form = this.closest("form");
    this.input = this.form.elements.namedItem("input");
    this.schema = this.form.elements.namedItem("input_schema");
    this.form.addEventListener("change", (event) => event.target.name === "input_mode" && this.draw(), { signal });
    this.schema.addEventListener("input", () => this.draw(), { signal });
    this.input.addEventListener("input", () => this.writing || this.fill(), { signal });
    this.addEventListener("input", (event) => this.type(event), { signal });
    this.draw();
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  draw() {
    const isForm = this.form.elements.namedItem("input_mode").value === "form";
    this.hidden = !isForm;
    if (!isForm) return;
    this.fields = fieldsOf(this.schema.value);
    part(this, "none").hidden = this.fields.length > 0;
    const blank = part(this, "field").content.firstElementChild;
    part(this, "fields").replaceChildren(...this.fields.map((field, i) => {
      const row = blank.cloneNode(true);
      setText(row, "label", field.label);
      show(row, "about", field.about);
      row.querySelector("label").append(this.control(field, i));
      return row;
    }));
    this.fill();
  }

  control(field, i) {
    const tag = field.kind === "lines" || field.kind === "json" ? "textarea" : field.kind === "enum" || field.kind === "boolean" ? "select" : "input";
    const control = document.createElement(tag);
    control.dataset.field = i;
    if (tag === "textarea") control.rows = 2;
    if (field.kind === "number" || field.kind === "integer") control.inputMode = "decimal";
    const choices = field.kind === "boolean" ? ["true", "false"] : field.choices;
    if (tag === "select") control.append(...["", ...choices].map((choice) => new Option(choice, choice)));
    return control;
  }

  value() {
    try {
      const value = JSON.parse(this.input.value);
      return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
    } catch {
      return {};
    }
  }

  fill() {
    if (this.hidden) return;
    const value = this.value();
    for (const control of this.querySelectorAll("[data-field]")) control.value = valueAt(value, this.fields[control.dataset.field]);
  }

  type(event) {
    event.stopPropagation();
    const field = this.fields[event.target.dataset.field];
    if (!field) return;
    this.writing = true;
    this.input.value = JSON.stringify(put(this.value(), field, event.target.value), null, 2);
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
    this.writing = false;
  }
}

customElements.define("ty-input-form", InputForm);
