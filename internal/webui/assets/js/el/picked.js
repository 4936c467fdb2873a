// <ty-picked> counts the tasks that are marked in the list, and marks all. What is done to them is a form's.
import { plural } from "../lib/format.js";
import { part, setText } from "../lib/parts.js";

const mostCompared = 4;

class Picked extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    this.addEventListener("change", (event) => this.change(event), { signal });
    this.watcher = new MutationObserver(() => this.tell()); // a marked task may be deleted elsewhere
    this.watcher.observe(part(this, "list"), { childList: true });
    this.tell();
  }

  disconnectedCallback() {
    this.watcher.disconnect();
    this.stop.abort();
  }

  boxes() {
    return [...this.querySelectorAll(".row [data-part=mark]")];
  }

  change(event) {
    if (event.target.matches("[data-part=all]")) for (const box of this.boxes()) box.checked = event.target.checked;
    this.tell();
  }

  tell() {
    const boxes = this.boxes();
    const n = boxes.filter((box) => box.checked).length;
    setText(this, "count", `${plural(n, "task")} marked`);
    part(this, "all").checked = n > 0 && n === boxes.length;
    part(this, "all").indeterminate = n > 0 && n < boxes.length;
    part(this, "compare").disabled = n < 2 || n > mostCompared;
  }
}

customElements.define("ty-picked", Picked);
