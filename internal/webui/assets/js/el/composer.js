// <ty-composer> says the price on the button, checks what is typed, remembers it, and sends the form once.
import { checkJSON, counter } from "../lib/check.js";
import { cleaned, toDraft, token } from "../lib/draft.js";
import { part, setText } from "../lib/parts.js";

const key = "taskyard.draft";
const limit = 25_000; // upstream's, for task spec and input together

class Composer extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.form = this.querySelector("form");
    if (!("prefilled" in this.dataset)) this.restore();
    this.form.addEventListener("input", () => this.changed(), { signal });
    this.form.addEventListener("submit", (event) => this.submit(event), { signal });
    this.form.addEventListener("keydown", (event) => this.shortcut(event), { signal });
    part(this, "use-example").addEventListener("click", () => this.useExample(), { signal });
    part(this, "spend-no").addEventListener("click", () => part(this, "spend").close(), { signal });
    part(this, "spend-yes").addEventListener("click", () => this.spend(), { signal });
    part(this, "unfollow")?.addEventListener("click", (event) => this.unfollow(event), { signal });
    part(this, "add-pair").addEventListener("click", () => this.addPair().querySelector("input").focus(), { signal });
    this.describe();
  }

  disconnectedCallback() {
    this.stop.abort();
    clearTimeout(this.saving);
  }

  field(name) {
    return this.form.elements.namedItem(name);
  }

  value(name) {
    return this.field(name)?.value ?? "";
  }

  changed() {
    this.field("token").value = token(); // another wish than the one that may have been sent
    this.describe();
    clearTimeout(this.saving);
    this.saving = setTimeout(() => this.save(), 300);
  }

  // describe says what the form, as it stands, will do.
  describe() {
    const tier = this.value("other") ? null : this.form.querySelector("[name=processor]:checked");
    const simulated = this.form.querySelector("[name=upstream]:checked[data-simulated]") !== null;
    if (this.field("by_hand").checked) return this.describeByHand(simulated);
    const price = tier ? `Run for ${tier.dataset.price}` : "Run, price unknown";
    setText(this, "submit-word", this.several(tier) ?? (simulated ? "Run simulated" : price));
    setText(this, "tier-line", tier ? this.tierLine(tier.dataset, tier.value) : "Price and time unknown");
    const json = this.value("input_mode") !== "text";
    this.field("input").classList.toggle("code", json);
    setText(this, "input-check", json ? checkJSON(this.value("input"), "object") : "");
    const output = this.value("output");
    setText(this, "schema-check", output === "json" ? checkJSON(this.value("schema"), "object") : "");
    const spec = { json: this.value("schema"), text: this.value("description"), bare: this.value("bare"), auto: "" }[output];
    const { text, over } = counter(this.value("input"), spec, limit);
    setText(this, "counter", text);
    part(this, "counter").classList.toggle("warn-text", over);
  }

  // describeByHand says what a body that was edited by hand would do, and why it cannot be sent.
  describeByHand(simulated) {
    const fault = checkJSON(this.value("body"), "object");
    let price = "Run, price unknown";
    if (!fault) {
      const name = String(JSON.parse(this.value("body") || "{}").processor ?? "");
      const tier = [...this.form.querySelectorAll("[name=also]")].find((box) => box.value === name);
      if (tier) price = `Run for ${tier.dataset.price}`;
    }
    setText(this, "submit-word", simulated ? "Run simulated" : price);
    this.fault({ message: fault, field: "body", quiet: true });
  }

  // several is the button's text when more than one processor is chosen: how many, and what they cost together.
  several(tier) {
    const chosen = tier?.value + (this.field("fast").checked ? "-fast" : "");
    const more = [...this.form.querySelectorAll("[name=also]:checked")].filter((box) => box.value !== chosen);
    setText(this, "several-count", more.length > 0 ? `${more.length + 1} in all` : "");
    if (more.length === 0) return null;
    if (this.form.querySelector("[name=upstream]:checked[data-simulated]")) return `Run ${more.length + 1} simulated`;
    if (!tier) return `Run ${more.length + 1}, price unknown`;
    const sum = [tier, ...more].reduce((dollars, { dataset }) => dollars + Number(dataset.price.slice(1)), 0);
    return `Run ${more.length + 1} for $${sum.toFixed(3).replace(/0$/, "")}`;
  }

  tierLine(data, name) {
    const fast = this.field("fast").checked;
    const events = "events" in data ? "on" : "off unless asked for";
    const auto = this.value("output") === "auto" && !("auto" in data) ? " · auto output is documented for pro and above" : "";
    return `${name}${fast ? "-fast" : ""} · ${data.price} · usually ${fast ? data.fast : data.usual} · about ${data.fields} fields · events ${events}${auto}`;
  }

  shortcut(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  async submit(event) {
    if (event.submitter?.hasAttribute("formaction")) return; // it asks for something else than a task
    event.preventDefault();
    if (this.sending) return;
    this.busy(true);
    this.clearFaults();
    this.save();
    const body = new FormData(this.form);
    if (event.detail?.agreed) body.set("confirmed", event.detail.agreed);
    try {
      const response = await fetch(this.form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      const answer = await response.json();
      if (answer.field === "confirm") this.ask(answer);
      else if (response.ok) location.assign(answer.location);
      else this.fault(answer);
    } catch {
      this.fault({ message: "This server did not answer. Press again: the same form makes one task only." });
    }
    this.busy(false);
  }

  spend() {
    part(this, "spend").close();
    this.submit(new CustomEvent("submit", { detail: { agreed: this.price }, cancelable: true }));
  }

  // ask shows what a dear task costs; the answer sends the same form again.
  ask({ message, price }) {
    this.price = price;
    setText(this, "spend-text", message);
    part(this, "spend").showModal();
  }

  busy(sending) {
    this.sending = sending;
    part(this, "submit").toggleAttribute("aria-disabled", sending);
    this.form.setAttribute("aria-busy", String(sending));
  }

  clearFaults() {
    part(this, "failed").hidden = true;
    for (const place of this.querySelectorAll("[data-fault]")) place.hidden = true;
    for (const control of this.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  }

  // fault shows an error beside the field that it names, or below the button.
  fault({ message, field = "", quiet = false }) {
    const place = field && this.querySelector(`[data-fault="${CSS.escape(field)}"]`);
    const shown = place || part(this, "failed");
    shown.textContent = message;
    shown.hidden = message === "";
    if (!place || quiet) return;
    place.closest("details")?.setAttribute("open", "");
    const found = this.field(field === "metadata" ? "meta_key" : field);
    const control = found instanceof RadioNodeList ? found[0] : found;
    control?.setAttribute("aria-invalid", "true");
    control?.focus();
  }

  save() {
    try {
      localStorage.setItem(key, JSON.stringify(toDraft(new FormData(this.form))));
    } catch {
      // Storage is off or full: nothing is remembered.
    }
  }

  restore() {
    let draft;
    try {
      draft = cleaned(JSON.parse(localStorage.getItem(key)) ?? {});
      localStorage.setItem(key, JSON.stringify(draft));
    } catch {
      return;
    }
    if (Object.keys(draft).length === 0) return;
    this.field("fast").checked = draft.fast === "1"; // a box that is off is not in the draft
    while (this.querySelectorAll("[name=meta_key]").length < [draft.meta_key ?? []].flat().length) this.addPair();
    for (const [name, values] of Object.entries(draft)) this.put(name, [values].flat());
    if (["include", "exclude", "after", "location", "events", "previous", "mcp", "betas"].some((name) => draft[name])) {
      part(this, "more").open = true;
    }
  }

  put(name, values) {
    const controls = this.form.querySelectorAll(`[name="${CSS.escape(name)}"]`);
    for (const [i, control] of controls.entries()) {
      if (control.type === "radio") control.checked = values.includes(control.value) || (control.checked && !has(controls, values[0]));
      else if (name === "also") control.checked = values.includes(control.value);
      else if (control.type !== "checkbox" && i < values.length) control.value = values[i];
    }
  }

  useExample() {
    const schema = this.field("schema");
    schema.value = part(this, "example").textContent;
    schema.dispatchEvent(new Event("input", { bubbles: true }));
    schema.focus();
  }

  // unfollow makes it a task that stands for itself, and leaves the rest of the form as it is.
  unfollow(event) {
    event.preventDefault();
    this.field("previous").value = "";
    part(this, "follow").remove();
    history.replaceState(null, "", "/");
    this.field("input").focus();
    this.changed();
  }

  addPair() {
    const pairs = part(this, "pairs");
    const pair = pairs.lastElementChild.cloneNode(true);
    for (const input of pair.querySelectorAll("input")) input.value = "";
    pairs.append(pair);
    return pair;
  }
}

// has reports whether there is a choice of this value: an upstream that is gone must not leave none chosen.
function has(controls, value) {
  return [...controls].some((control) => control.value === value);
}

customElements.define("ty-composer", Composer);
