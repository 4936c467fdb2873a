// Stream keeps one EventSource open. The browser's own reconnecting is not used: it hides when the next attempt
// is, gives up after some answers, and repeats the first address wherever the reader is by now.

// backoff is how long to wait before an attempt, in milliseconds; spread is a random number from 0 to 1, so that
// a hundred pages do not come back at the same moment.
export function backoff(attempt, spread) {
  const base = Math.min(500 * 2 ** (attempt - 1), 15_000);
  return Math.round(base * (0.7 + 0.6 * spread));
}

export class Stream {
  #source = null;
  #timer = null;
  #closed = true;
  #attempt = 0;

  // url() is asked before each attempt. on.event(name, data), on.state("connecting" | "live" | "waiting", {attempt, wait}).
  constructor({ url, names, on, env = globalThis }) {
    Object.assign(this, { url, names, on, env });
  }

  open() {
    this.#closed = false;
    this.#connect();
  }

  close() {
    this.#closed = true;
    this.#drop();
  }

  retryNow() {
    if (this.#closed || this.#timer === null) return;
    this.#attempt = Math.max(this.#attempt, 1);
    this.#connect();
  }

  #drop() {
    this.#source?.close();
    this.#source = null;
    if (this.#timer !== null) this.env.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #connect() {
    this.#drop();
    if (this.#attempt === 0) this.on.state("connecting", {});
    const source = new this.env.EventSource(this.url());
    this.#source = source;
    source.onopen = () => {
      this.#attempt = 0;
      this.on.state("live", {});
    };
    source.onerror = () => this.#wait();
    for (const name of this.names) {
      source.addEventListener(name, (message) => {
        if (this.#source === source) this.on.event(name, message.data);
      });
    }
  }

  #wait() {
    this.#drop();
    this.#attempt += 1;
    const wait = backoff(this.#attempt, this.env.Math.random());
    this.on.state("waiting", { attempt: this.#attempt, wait });
    this.#timer = this.env.setTimeout(() => this.#connect(), wait);
  }
}
