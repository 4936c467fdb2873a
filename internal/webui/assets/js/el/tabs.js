// <ty-tabs> shows one of several panels, by the APG's pattern: arrows move and open, the others are out of the way of
// the Tab key. The address keeps which one is open. Without script the panels stand below each other.
import { part } from "../lib/parts.js";

class Tabs extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    const list = part(this, "list");
    list.setAttribute("role", "tablist");
    this.tabs = [...list.querySelectorAll("[data-tab]")];
    this.panels = [...this.querySelectorAll("[data-panel]")];
    for (const tab of this.tabs) this.tie(tab, this.panel(tab.dataset.tab));
    list.addEventListener("click", (event) => this.click(event), { signal });
    list.addEventListener("keydown", (event) => this.steer(event), { signal });
    addEventListener("hashchange", () => this.followAddress(), { signal });
    this.show(this.panels.find((panel) => "first" in panel.dataset).dataset.panel);
    this.followAddress();
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  panel(name) {
    return this.panels.find((panel) => panel.dataset.panel === name);
  }

  tie(tab, panel) {
    tab.id = `tab-${tab.dataset.tab}`;
    panel.id = `panel-${tab.dataset.tab}`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
  }

  // followAddress opens the panel that the fragment names, or lies in.
  followAddress() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const panel = target && target.closest("[data-panel]");
    if (panel && this.contains(panel)) this.show(panel.dataset.panel);
  }

  show(name) {
    this.open = name;
    for (const tab of this.tabs) {
      const isOpen = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(isOpen));
      tab.tabIndex = isOpen ? 0 : -1;
      this.panel(tab.dataset.tab).hidden = !isOpen;
      if (isOpen && part(tab, "news")) part(tab, "news").hidden = true;
    }
    this.dispatchEvent(new CustomEvent("ty:tab", { detail: name }));
  }

  // mark says that there is something new in a panel that is not open.
  mark(name) {
    if (name !== this.open) part(this.tabs.find((tab) => tab.dataset.tab === name), "news").hidden = false;
  }

  click(event) {
    const tab = event.target.closest("[data-tab]");
    if (!tab || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault(); // the page does not jump
    history.replaceState(history.state, "", tab.hash);
    this.show(tab.dataset.tab);
  }

  steer(event) {
    const here = this.tabs.indexOf(event.target.closest("[data-tab]"));
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const tab = this.tabs.at(to % this.tabs.length);
    tab.focus();
    tab.click();
  }
}

customElements.define("ty-tabs", Tabs);
