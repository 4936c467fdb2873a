// Random is what generative tests draw from: the same for the same seed.
export class Random {
  constructor(seed) {
    this.state = seed;
  }

  below(n) {
    this.state = (this.state + 0x6d2b79f5) | 0; // mulberry32
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  list(most, make) {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  space() {
    return this.below(3) > 0 ? "" : this.pick([" ", "\n", "\t", "\r\n  ", "  \n"]);
  }

  name() {
    return this.pick(["a", "b", "10", "2", "", "__proto__", "constructor", "toString", "type", "properties", "items", "required", "enum", "headers", "Headers", "url", "name", "message", "\u2028", "é", '"', "\\", "\ud800", "a.b"]);
  }

  // string is one as JSON writes it, in one of the ways.
  string(text = this.name()) {
    if (this.below(4) > 0) return JSON.stringify(text);
    return `"${Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`;
  }

  // json is a text that is JSON, with odd spaces, numbers, escapes, and names that occur twice.
  json(depth = 4) {
    const inner = () => this.space() + this.json(depth - 1) + this.space();
    switch (this.below(depth > 0 ? 7 : 5)) {
      case 0: return this.string();
      case 1: return this.pick(["0", "-0", "1.0", "1e400", "12345678901234567890", "-1.5E-3", "7"]);
      case 2: return this.pick(["true", "false"]);
      case 3: return "null";
      case 4: return this.pick(["{}", "[]", "[ ]", "{\n}"]);
      case 5: return `[${this.list(4, inner).join(",") || this.space()}]`;
      default: return this.object(this.list(5, () => [this.name(), inner()]));
    }
  }

  // object has members of which the values are texts of JSON.
  object(members) {
    return `{${members.map(([name, value]) => this.space() + this.string(name) + this.space() + ":" + value).join(",") || this.space()}}`;
  }

  // broken is a text with a few characters changed.
  broken(text) {
    for (let n = 1 + this.below(3); n > 0; n--) {
      const at = this.below(text.length + 1);
      text = text.slice(0, at) + this.pick(["", "{", "]", '"', "\\", ",", ":", "0", "-", "e", "\u00a0", "\n", "nul", "\u0000"]) + text.slice(at + this.below(2));
    }
    return text;
  }
}

// each runs a test so many times, each time with another seed, which a failure names.
export function each(rounds, check) {
  for (let seed = 1; seed <= rounds; seed++) {
    try {
      check(new Random(seed));
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}
