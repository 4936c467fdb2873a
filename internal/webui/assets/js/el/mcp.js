// <ty-mcp> draws the MCP servers as rows beside their JSON: each writes the other.
import { mostServers, read } from "../lib/mcp.js";
import { part } from "../lib/parts.js";

class Servers extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.hidden = false;
    this.source = this.closest("form").elements.namedItem("mcp");
    this.source.addEventListener("input", () => this.writing || this.draw(), { signal });
    this.addEventListener("input", (event) => this.type(event), { signal });
    this.addEventListener("click", (event) => this.press(event.target.closest("[data-do]")), { signal });
    this.draw();
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  draw() {
    const servers = read(this.source.value);
    part(this, "add").disabled = servers === null || servers.length >= mostServers;
    if (!servers) return part(this, "rows").replaceChildren();
    const blank = part(this, "row").content.firstElementChild;
    part(this, "rows").replaceChildren(...Array.from({ length: servers.length }, (_, i) => {
      const row = blank.cloneNode(true);
      row.dataset.at = i;
      for (const [name, value] of Object.entries(servers.row(i))) row.querySelector(`[data-edit="${name}"]`).value = value;
      row.querySelector(".unseen").textContent = ` server ${i + 1}`;
      return row;
    }));
  }

  write(servers) {
    this.writing = true;
    this.source.value = String(servers);
    this.source.dispatchEvent(new Event("input", { bubbles: true }));
    this.writing = false;
  }

  type(event) {
    event.stopPropagation();
    const row = event.target.closest("[data-at]");
    const servers = read(this.source.value);
    if (!row || !servers) return;
    const fields = Object.fromEntries([...row.querySelectorAll("[data-edit]")].map((control) => [control.dataset.edit, control.value]));
    servers.put(Number(row.dataset.at), fields);
    this.write(servers);
  }

  press(button) {
    if (!button) return;
    const servers = read(this.source.value);
    if (!servers) return; // its button is off
    if (button.dataset.do === "add") servers.add();
    else servers.remove(Number(button.closest("[data-at]").dataset.at));
    this.write(servers);
    this.draw();
    (this.querySelector(`[data-at="${servers.length - 1}"] [data-edit="name"]`) ?? part(this, "add")).focus();
  }
}

customElements.define("ty-mcp", Servers);
