import assert from "node:assert/strict";
import { test } from "node:test";
import { cleaned, toDraft } from "../assets/js/lib/draft.js";
import { say } from "../assets/js/lib/events.js";
import { fieldsOf, Input } from "../assets/js/lib/form.js";
import { read, Source } from "../assets/js/lib/json.js";
import { read as readServers } from "../assets/js/lib/mcp.js";
import { Memory } from "../assets/js/lib/memory.js";
import { Recording } from "../assets/js/lib/recording.js";
import { edit, kinds, read as readRows, whyNot } from "../assets/js/lib/schema.js";
import { Tree } from "../assets/js/lib/tree.js";
import { each } from "./random.mjs";

// isJSON tells what JavaScript's own reader says of a text.
function isJSON(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

// value is what a text means, to be compared; what a member is called does not matter to it.
const value = (text) => JSON.stringify(JSON.parse(text));

test("whatever is JSON is read and printed byte for byte, and nothing else is read", () => {
  each(2000, (random) => {
    const text = random.space() + random.json() + random.space();
    assert.equal(String(new Source(text)), text);
    assert.equal(value(read(text).pretty()), value(text));
    const broken = random.broken(text);
    if (isJSON(broken)) assert.equal(value(read(broken).pretty()), value(broken));
    else assert.throws(() => read(broken), SyntaxError);
  });
});

// schema is a text that may be one, with oddities.
function schema(random, depth = 2) {
  const field = () => {
    if (depth === 0 || random.below(5) === 0) return random.json(2);
    const members = [["type", random.pick(['"string"', '"object"', '"array"', '["null","integer"]', '"number"', "7"])]];
    if (random.below(2)) members.push(["description", random.string()]);
    if (random.below(3) === 0) members.push(["enum", random.json(1)]);
    if (random.below(2)) members.push(["items", random.below(2) ? schema(random, depth - 1) : '{"type":"string"}']);
    if (random.below(2)) members.push(["properties", random.object(random.list(2, () => [random.name(), schema(random, depth - 1)]))]);
    if (random.below(4) === 0) members.push([random.name(), random.json(1)]);
    return random.object(members);
  };
  return random.object([["type", '"object"'], ["properties", random.object(random.list(4, () => [random.name(), field()]))], ["required", random.json(1)], ["x-mine", random.json(2)]]);
}

test("whatever is done to a schema by its rows, it stays JSON, and what the rows do not show stays as it was written", () => {
  each(400, (random) => {
    let text = schema(random);
    const mine = read(text).get("x-mine").source;
    for (let step = 0; step < 4; step++) {
      const names = (readRows(text) ?? []).map(({ name }) => name);
      const path = [names.length > 0 && random.below(5) ? random.pick(names) : random.name()];
      if (random.below(4) === 0) path.push(random.name());
      const set = { kind: random.pick([undefined, ...kinds]), nullable: random.pick([undefined, true, false]), description: random.pick([undefined, random.name()]), values: random.pick([undefined, random.list(3, () => random.name())]) };
      const change = random.pick([{ add: true }, { remove: true }, { duplicate: true }, { move: random.below(5) - 2 }, { rename: random.name() }, { set }]);
      const before = text;
      text = edit(text, "add" in change ? path.slice(0, -1) : path, change);
      assert.ok(isJSON(text), `${JSON.stringify(change)} at ${path} makes ${text} of ${before}`);
      assert.equal(whyNot(text), "");
      assert.equal(read(text).get("x-mine").source, mine);
      if (path.length > 1 || "add" in change) continue;
      const [was, is] = [before, text].map((source) => read(source).get("properties"));
      for (const name of names.filter((other) => other !== path[0])) assert.equal(is.get(name)?.source, was.get(name).source);
    }
  });
});

test("whatever is typed into a form, the input stays JSON, and its other members stay as they were written", () => {
  each(600, (random) => {
    const fields = fieldsOf(schema(random));
    const text = random.object(random.list(5, () => [random.name(), random.below(3) ? random.json(2) : `[${random.list(3, () => random.string())}]`]));
    if (fields.length === 0) return;
    const field = random.pick(fields);
    const input = new Input(text);
    const shown = input.valueAt(field);
    assert.equal(typeof shown, "string");
    if (input.blocked(field)) return; // the form has no control for it
    const lines = shown.split("\n");
    if (shown && input.isLines(field) && new Set(lines).size === lines.length) {
      const same = new Input(text);
      same.put(field, shown);
      assert.equal(value(String(same)), value(text));
    }
    const members = new Map(input.source.root.members.map((part) => [part.name, part.source]));
    input.put(field, random.pick([random.name(), random.json(1), "", "1", "true", "a\nb", shown]));
    assert.ok(isJSON(String(input)), `${JSON.stringify(field.path)} of ${text} makes ${input}`);
    members.delete(field.path[0]);
    for (const [name, source] of members) assert.equal(input.source.root.get(name)?.source, source);
  });
});

const mark = "THESECRETANDNOTHINGELSE";

// servers is a text that may be a list of MCP servers, with a secret in it where headers are.
function servers(random) {
  const server = () => {
    const members = random.list(3, () => [random.pick(["type", "name", "url"]), random.string("x")]);
    const headers = random.object(random.list(2, () => [random.name(), random.string(mark)]));
    members.push([random.pick(["headers", "Headers", "HEADERS", "token", "__proto__"]), random.pick([headers, random.string(mark), `[${random.string(mark)}]`, "null"])]);
    if (random.below(3) === 0) members.push(["headers", random.pick([headers, "null", "{}"])]);
    return random.object(members);
  };
  return `[${random.list(3, server).join(",")}]`;
}

test("whatever stands where secrets are, a draft has none, and is kept as it is the next time", () => {
  each(1500, (random) => {
    const text = random.below(4) > 0 ? servers(random) : random.broken(servers(random));
    const draft = toDraft([["mcp", text], ["api_key", mark], ["extra", mark], ["body", mark], ["webhook", mark], ["input", "x"]]);
    assert.ok(!JSON.stringify(draft).includes(mark), `${text} is kept as ${draft.mcp}`);
    assert.deepEqual(cleaned(draft), draft);
  });
});

test("whatever a list of servers is, what is not changed in its rows stays, and a header that is taken out is nowhere left", () => {
  each(1500, (random) => {
    const text = servers(random);
    const list = readServers(text);
    if (!list || list.length === 0) return;
    const at = random.below(list.length);
    list.put(at, { ...list.row(at), name: "changed", headers: "" });
    const after = JSON.parse(String(list))[at];
    assert.equal(after.name, "changed");
    if (readServers(text).row(at).headers !== "") assert.equal(read(JSON.stringify(after)).get("headers"), undefined);
  });
});

test("whatever an event is, it says a text within its bounds", () => {
  each(2000, (random) => {
    const type = random.pick(["task_run.state", "task_run.progress_stats", "task_run.progress_msg.", "error", "taskyard.settled", "taskyard.", ""]) + random.pick(["", "plan", random.name()]);
    const data = JSON.parse(random.object([["message", random.below(4) ? random.json(1) : random.string("é".repeat(3000))], ["run", random.json(2)], ["error", random.json(2)], ["source_stats", random.json(1)], [random.name(), random.json(3)]]));
    const said = say({ type, data: random.below(5) ? data : JSON.parse(random.json(1)) });
    assert.equal(typeof said.text, "string");
    assert.ok([...said.text].length <= 2001 && ["plan", "status", "search", "tool", "result", "state", "progress", "error", "note", "other"].includes(said.group), JSON.stringify(said));
  });
});

test("whatever a result is, each of its rows has a place of its own, and is found by what it shows", () => {
  each(600, (random) => {
    const tree = new Tree(read(random.json(5)));
    tree.openTo(100);
    assert.equal(tree.visible().length, tree.length);
    for (let row = 0; row < tree.length; row++) {
      assert.ok(tree.places[row] >= 1 && tree.places[row] <= tree.siblings(row) && tree.ends[row] > row);
      const shown = tree.text(row);
      if (shown && !tree.holds(row)) assert.ok(tree.find(shown).includes(row));
      assert.match(tree.path(row), /^\$/);
    }
  });
});

test("whatever a browser has kept, what is written now is read again", () => {
  each(500, (random) => {
    const kept = new Map([["m", random.below(2) ? random.json(3) : random.broken(random.json(3))], [`m.${random.name()}`, random.json(1)]]);
    const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text), removeItem: (key) => kept.delete(key) };
    for (const [key] of kept) storage[key] = ""; // so that Object.keys names them
    const memory = new Memory("m", 3, () => storage);
    const id = random.name();
    memory.get(id);
    memory.set(id, 7);
    assert.equal(memory.get(id), 7);
    assert.ok(JSON.parse(kept.get("m")).length <= 3);
  });
});

test("whatever the clock did, each event of a recording is shown at its time, and none before", () => {
  each(500, (random) => {
    const recording = new Recording(random.list(20, () => random.below(1000) - 300));
    for (let seq = 1; seq <= recording.last; seq++) {
      const at = recording.seqAt(recording.timeOf(seq));
      assert.ok(at >= seq && recording.timeOf(at) === recording.timeOf(seq));
    }
    assert.equal(recording.density(7).reduce((sum, n) => sum + n, 0), recording.last);
  });
});
