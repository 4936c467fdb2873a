import assert from "node:assert/strict";
import { test } from "node:test";
import { open, read, Source } from "../assets/js/lib/json.js";

const texts = [
  "{}", "[]", "[ ]", "{\n}", "0", "-1.50e+10", '"a\\"b\\\\"', "true", " null\n", '{"a":{"b":[1, 2 ,3]},"a":1}', '\t{ "k" :\r\n[{}, [] , "" ] }\n', '{"\\u0061":"\\u0062"}', '["\\\\","\\\\\\""]',
];

test("what is read is printed byte for byte", () => {
  for (const text of texts) assert.equal(String(new Source(text)), text);
});

test("what is read has the value that JSON.parse gives", () => {
  for (const text of texts) assert.deepEqual(JSON.parse(read(text).pretty()), JSON.parse(text));
  assert.equal(read('{"\\u0061":"\\u0062"}').get("a").value, "b");
  assert.equal(read('{"a":1,"a":2}').get("a").value, 2);
  assert.equal(read("{}").get("toString"), undefined);
  assert.deepEqual(read('{"10":0,"2":0,"10":1}').members.map(({ name, raw }) => [name, raw]), [["10", "1"], ["2", "0"]]);
});

test("what is no JSON is refused, however it is nested", () => {
  for (const text of ["", "{", "[1,]", "01", '{"a"}', "undefined", "[".repeat(100_000)]) assert.throws(() => read(text));
  assert.equal(open("[".repeat(50_000) + "]".repeat(50_000)), null);
  assert.equal(open("[1]"), null);
});

test("what is added is laid out like its neighbours", () => {
  const put = (text, value, name = "n") => {
    const source = new Source(text);
    source.put(source.root, name, value);
    return String(source);
  };
  assert.equal(put("{}", [1]), '{\n  "n": [\n    1\n  ]\n}');
  assert.equal(put('{"a":1}', [1]), '{"a":1,"n":[1]}');
  assert.equal(put('{ "a": 1, "b": 2 }', 3), '{ "a": 1, "b": 2, "n": 3 }');
  assert.equal(put('{\n\t"a": 1\n}', { x: {} }), '{\n\t"a": 1,\n\t"n": {\n\t\t"x": {}\n\t}\n}');
  assert.equal(put('{\n  "n": [1, 2]\n}', [3]), '{\n  "n": [3]\n}');
});

test("white space belongs to places: the last comma goes with the last part", () => {
  const source = new Source('{\n  "a": 1,\n  "b": 2\n}');
  source.remove(source.root, source.root.get("b"));
  assert.equal(String(source), '{\n  "a": 1\n}');
  source.remove(source.root, source.root.get("a"));
  assert.equal(String(source), "{}");
});

// What was read and changed at random is what JavaScript's own objects say.
test("random changes give what the same changes of a Map give", () => {
  let seed = 7;
  const random = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  for (let round = 0; round < 300; round++) {
    const layout = ["", "  ", "\t"][random(3)];
    const before = Object.fromEntries(Array.from({ length: random(5) }, (_, i) => [`k${i}`, [null, i, { x: [i] }, []][random(4)]]));
    const source = new Source(JSON.stringify(before, null, layout));
    const want = new Map(Object.entries(before));
    for (let step = 0; step < 6; step++) {
      const name = `k${random(7)}`;
      const part = source.root.get(name);
      if (random(3) === 0 && part) {
        source.remove(source.root, part);
        want.delete(name);
      } else if (random(3) === 0 && part) {
        source.move(source.root, part, 0);
        const entries = [[name, want.get(name)], ...[...want].filter(([other]) => other !== name)];
        want.clear();
        for (const [key, value] of entries) want.set(key, value);
      } else {
        const value = [random(9), "t", [random(9), {}], { deep: [] }][random(4)];
        source.put(source.root, name, value);
        want.set(name, value);
      }
      assert.deepEqual(Object.entries(JSON.parse(String(source))), [...want]);
    }
  }
});
