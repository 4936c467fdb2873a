// Times that go on by themselves: <ty-ago> (4 s ago), <ty-elapsed> (06:12), <ty-until> (in 8 s).
import { ago, clock, span } from "../lib/format.js";
import { now, onSecond } from "../lib/ticker.js";

class Ticking extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    onSecond(() => this.tick(), this.stop.signal);
    this.tick();
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  write(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }
}

class Ago extends Ticking {
  tick() {
    const time = this.querySelector("time");
    this.write(time, ago((now() - Date.parse(time.dateTime)) / 1000));
  }
}

class Elapsed extends Ticking {
  tick() {
    const { from, to } = this.dataset;
    this.write(this, clock(((to ? Date.parse(to) : now()) - Date.parse(from)) / 1000));
  }
}

class Until extends Ticking {
  tick() {
    const time = this.querySelector("time");
    const left = (Date.parse(time.dateTime) - now()) / 1000;
    this.write(time, left > 0 ? `in ${span(Math.ceil(left))}` : "now");
  }
}

customElements.define("ty-ago", Ago);
customElements.define("ty-elapsed", Elapsed);
customElements.define("ty-until", Until);
