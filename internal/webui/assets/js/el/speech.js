// <ty-speech> lets somebody choose how much of a task that runs is spoken to screen readers.
import { choose, level } from "../lib/speech.js";

class SpeechChoice extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const select = this.querySelector("select");
    select.value = level();
    select.addEventListener("change", () => choose(select.value), { signal: this.stop.signal });
  }

  disconnectedCallback() {
    this.stop.abort();
  }
}

customElements.define("ty-speech", SpeechChoice);
