// <ty-input-form> draws the input as a form, by its schema, beside the JSON that is sent: each writes the other. An input
// that is no object is left as it is until somebody says that it may go.
import { fieldsOf, Input } from "../lib/form.js";
import { whyNot } from "../lib/schema.js";
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
    this.input.addEventListener("input", () => this.writing || this.heard(), { signal });
    this.addEventListener("input", (event) => this.type(event), { signal });
    part(this, "begin").addEventListener("click", () => this.begin(), { signal });
    part(this, "restore").addEventListener("click", () => this.restore(), { signal });
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
    const why = this.schema.value.trim() ? whyNot(this.schema.value) : "";
    part(this, "none").hidden = this.fields.length > 0 || why !== "";
    show(this, "no-schema", why && "The schema of the input is not that of an object, so there is no form of it.");
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

  // heard follows an input that was changed as JSON.
  heard() {
    this.forgetBefore();
    this.fill();
  }

  fill() {
    if (this.hidden) return;
    const input = new Input(this.input.value);
    part(this, "closed").hidden = input.isOpen || this.fields.length === 0;
    part(this, "fields").disabled = !input.isOpen;
    if (!input.isOpen) return;
    for (const control of this.querySelectorAll("[data-field]")) this.fillOne(control, this.fields[control.dataset.field], input);
  }

  fillOne(control, field, input) {
    const blocked = input.blocked(field);
    const value = input.valueAt(field);
    if (control.matches("select") && ![...control.options].some((option) => option.value === value)) control.append(new Option(value, value)); // the schema lacks it
    control.value = value;
    control.disabled = blocked !== "";
    show(control.closest(".input-field"), "blocked", blocked && `“${blocked}” is not an object in the input: change it in the JSON.`);
  }

  type(event) {
    event.stopPropagation();
    const field = this.fields[event.target.dataset.field];
    if (!field) return;
    const input = new Input(this.input.value);
    input.put(field, event.target.value);
    this.write(String(input));
    this.forgetBefore();
  }

  write(text) {
    this.writing = true;
    this.input.value = text;
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
    this.writing = false;
  }

  // begin takes away what is no object, and keeps it at hand.
  begin() {
    this.before = this.input.value;
    this.write("{}");
    this.fill();
    part(this, "replaced").hidden = false;
    part(this, "restore").focus();
  }

  restore() {
    this.write(this.before);
    this.forgetBefore();
    this.fill();
    part(this, "begin").focus();
  }

  forgetBefore() {
    part(this, "replaced").hidden = true;
  }
}

customElements.define("ty-input-form", InputForm);
