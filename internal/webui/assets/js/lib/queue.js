// Queue holds what has not been drawn yet. It keeps the newest `limit` items and counts what it let go: rows
// beyond that would be taken out of the page again at once.
export class Queue {
  #items = [];
  dropped = 0;

  constructor(limit) {
    this.limit = limit;
  }

  get length() {
    return this.#items.length;
  }

  push(item) {
    this.#items.push(item);
    if (this.#items.length > 2 * this.limit) this.#trim(); // in bulk: one by one would move the array each time
  }

  // take removes up to n items, oldest first.
  take(n) {
    this.#trim();
    return this.#items.splice(0, n);
  }

  #trim() {
    const over = this.#items.length - this.limit;
    if (over <= 0) return;
    this.#items.splice(0, over);
    this.dropped += over;
  }
}
