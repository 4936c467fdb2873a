// Memory keeps a value for each of some tasks in this browser: for those that it was written for last, as a browser's
// storage is small and tasks go on being made. What is JSON can be a value.
export class Memory {
  #gone = new Set(); // tasks that were deleted while this page was open: nothing is kept of them any more

  constructor(name, most, storage = () => globalThis.localStorage) {
    Object.assign(this, { name, most, storage });
    this.#adopt();
  }

  get(id) {
    return this.#read().find(([other]) => other === id)?.[1];
  }

  set(id, value) {
    if (!this.#gone.has(id)) this.#write([...this.#others(id), [id, value]]);
  }

  forget(id) {
    this.#gone.add(id);
    this.#write(this.#others(id));
  }

  #others(id) {
    return this.#read().filter(([other]) => other !== id);
  }

  #read() {
    try {
      const list = JSON.parse(this.storage().getItem(this.name));
      return Array.isArray(list) ? list.filter((entry) => Array.isArray(entry) && entry.length === 2) : [];
    } catch {
      return []; // storage is off, or holds something else
    }
  }

  #write(list) {
    try {
      this.storage().setItem(this.name, JSON.stringify(list.slice(-this.most)));
    } catch {
      // Storage is off or full: nothing is kept.
    }
  }

  // #adopt takes over what earlier versions kept under a key for each task, and never removed.
  #adopt() {
    try {
      const storage = this.storage();
      const keys = Object.keys(storage).filter((key) => key.startsWith(`${this.name}.`));
      if (keys.length === 0) return;
      const old = keys.map((key) => [key.slice(this.name.length + 1), parsed(storage.getItem(key))]);
      for (const key of keys) storage.removeItem(key);
      this.#write([...old.filter(([, value]) => value !== null), ...this.#read()]);
    } catch {
      // Storage is off.
    }
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export const seen = new Memory("taskyard.seen", 200); // how far a log was seen: the seq of its last event
export const checked = new Memory("taskyard.checked", 100); // the fields of a result that somebody has checked

export function forgetTask(id) {
  seen.forget(id);
  checked.forget(id);
}
