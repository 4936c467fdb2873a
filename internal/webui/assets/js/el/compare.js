// <ty-compare> keeps tasks that stand side by side up to date, by what the server draws of them, at most once a second.
import { follow } from "../lib/follow.js";
import { Speech } from "../lib/speech.js";
import { fetchPage, swap } from "../lib/swap.js";
import { throttle } from "../lib/throttle.js";

class Compare extends HTMLElement {
  connectedCallback() {
    this.refresh = throttle(() => this.load().catch(() => {}), 1000); // the next event tries again
    this.following = new Map(); // by task: what ends it
    for (const { dataset } of this.querySelectorAll("[data-follow][data-live]")) this.follow(dataset.follow, Number(dataset.seq));
  }

  disconnectedCallback() {
    this.refresh.cancel();
    for (const end of this.following.values()) end();
  }

  follow(id, seq) {
    const follower = {
      id,
      seq: () => seq,
      event: (event) => {
        seq = Math.max(seq, event.seq);
        this.refresh();
      },
      live: () => this.refresh(),
      ended: () => this.end(id),
      gone: () => this.end(id),
    };
    this.following.set(id, follow(follower));
  }

  end(id) {
    this.following.get(id)();
    this.following.delete(id);
    this.refresh();
    if (this.following.size > 0) return;
    document.dispatchEvent(new CustomEvent("ty:connection", { detail: { state: "ended" } }));
    new Speech().milestone("All of the tasks have ended.");
  }

  async load() {
    const only = this.querySelector("[data-part=only]")?.checked;
    const { response, page } = await fetchPage(location.href);
    if (!response.ok) throw new Error(`load comparison: ${response.status}`);
    const fresh = page.querySelector("[data-part=only]");
    if (fresh && only) fresh.checked = true;
    if (swap(this, page)) this.addEventListener("focusout", () => setTimeout(() => this.refresh()), { once: true });
  }
}

customElements.define("ty-compare", Compare);
