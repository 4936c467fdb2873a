// fakeBrowser is what streams need of a browser, under control: sources that were opened, and timers that are set.
export function fakeBrowser() {
  const w = { sources: [], timers: [] };
  class EventSource {
    constructor(url) {
      Object.assign(this, { url, listeners: {}, closed: false });
      w.sources.push(this);
    }
    addEventListener(name, listener) {
      this.listeners[name] = listener;
    }
    close() {
      this.closed = true;
    }
  }
  w.env = {
    EventSource, Date: { now: () => 0 }, Math: { random: () => 0.5 },
    setTimeout: (fn, wait) => w.timers.push({ fn, wait }), clearTimeout: (n) => delete w.timers[n - 1],
  };
  return w;
}
