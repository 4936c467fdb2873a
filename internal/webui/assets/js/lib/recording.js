// Recording is when each event of a task was heard. Event 1 comes first; times are milliseconds since its creation, and
// never go back: a clock that was set back between two events must not hide one.
export class Recording {
  constructor(times) {
    let latest = 0;
    this.times = times.map((at) => (latest = Math.max(latest, at)));
  }

  get length() {
    return this.times.at(-1) ?? 0;
  }

  get last() {
    return this.times.length;
  }

  // timeOf is when event seq was heard.
  timeOf(seq) {
    return this.times[Math.min(Math.max(seq, 1), this.last) - 1] ?? 0;
  }

  // seqAt is the newest event at a time; the first one before anything was heard.
  seqAt(time) {
    let low = 1; // the answer is at least this
    let high = this.last;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.times[middle - 1] <= time) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  // density counts the events in each of so many equal stretches.
  density(stretches) {
    const counts = new Array(stretches).fill(0);
    for (const at of this.times) counts[Math.min(Math.floor((at / (this.length || 1)) * stretches), stretches - 1)] += 1;
    return counts;
  }

  // next are up to so many events that are heard behind a time, within a span of it; the first of them all at the end.
  next(time, span, most) {
    const at = time >= this.length ? -1 : time;
    const from = at < 0 ? 1 : this.seqAt(at) + 1;
    const list = [];
    for (let seq = from; seq <= this.last && list.length < most && this.timeOf(seq) <= at + span; seq++) list.push(seq);
    return list;
  }

  // ticks are places of events along a scale of so many steps, each once.
  ticks(steps) {
    const scale = this.length > 0 ? steps / this.length : 0;
    return [...new Set(this.times.map((at) => Math.round(at * scale)))];
  }
}
