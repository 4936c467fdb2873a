// MCP servers as rows of a form. The JSON is what is sent; what a row has no field for, or what is not changed, stays in it
// as it was written.
import { Source } from "./json.js";

export const mostServers = 10; // that Parallel takes

// read returns the servers, or null for a text that is no list of them.
export function read(text) {
  try {
    const source = new Source(text, "[]");
    return source.root.kind === "array" && source.root.parts.every(({ kind }) => kind === "object") ? new Servers(source) : null;
  } catch {
    return null;
  }
}

class Servers {
  constructor(source) {
    this.source = source;
    this.list = source.root.parts;
  }

  get length() {
    return this.list.length;
  }

  toString() {
    return this.length > 0 ? String(this.source) : "";
  }

  // row is what the fields of a row show.
  row(i) {
    const of = (name) => this.list[i].get(name);
    return {
      name: of("name")?.shown ?? "", url: of("url")?.shown ?? "", headers: linesOf(of("headers")).join("\n"),
      tools: of("allowed_tools")?.kind === "array" ? of("allowed_tools").parts.map(({ shown }) => shown).join(", ") : "",
    };
  }

  // put takes what stands in the fields of a row.
  put(i, fields) {
    const before = this.row(i);
    const server = this.list[i];
    if (!server.get("type")) this.source.put(server, "type", "url");
    for (const name of ["name", "url"]) if (fields[name].trim() !== before[name].trim()) this.source.put(server, name, fields[name].trim());
    if (fields.headers !== before.headers) this.#putHeaders(server, fields.headers);
    const tools = fields.tools.split(",").map((tool) => tool.trim()).filter(Boolean);
    if (tools.join(", ") !== before.tools) this.#replace(server, "allowed_tools", tools);
  }

  #putHeaders(server, text) {
    const known = new Map(linesOf(server.get("headers")).map((line, n) => [line, server.get("headers").members[n]]));
    const lines = text.split("\n").filter((line) => line.split(":")[0].trim());
    const headers = this.#replace(server, "headers", lines.length > 0 ? {} : []);
    for (const line of lines) {
      const [name, value = ""] = line.split(/:(.*)/s);
      this.source.put(headers, name.trim(), known.get(line) ?? value.trim());
    }
  }

  // #replace gives a server a part anew; one with nothing in it goes. A secret must not stay behind in a part of the same
  // name before it.
  #replace(server, name, value) {
    for (const part of server.parts.filter((other) => other.name === name)) if (part !== server.get(name)) this.source.remove(server, part);
    if (!Array.isArray(value) || value.length > 0) return this.source.put(server, name, value);
    if (server.get(name)) this.source.remove(server, server.get(name));
    return null;
  }

  add() {
    this.source.insert(this.source.root, this.length, { type: "url", name: "", url: "" });
  }

  remove(i) {
    this.source.remove(this.source.root, this.list[i]);
  }
}

const linesOf = (headers) => (headers?.kind === "object" ? headers.members.map((part) => `${part.name}: ${part.shown}`) : []);
