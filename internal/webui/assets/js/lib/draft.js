// What the composer remembers in the browser: never the key, the webhook's address, header values, or what else may be
// secret of MCP servers.

// A body and the extra fields may hold any of them.
const forgotten = new Set(["api_key", "webhook", "extra", "body", "by_hand", "token", "confirmed", "key_left_out"]);

// toDraft makes a plain object of a form's entries; names that repeat become arrays.
export function toDraft(entries) {
  const draft = {};
  for (const [name, value] of entries) {
    if (forgotten.has(name) || typeof value !== "string") continue;
    const kept = name === "mcp" ? withoutHeaders(value) : value;
    if (name in draft) draft[name] = [draft[name], kept].flat();
    else draft[name] = kept;
  }
  return draft;
}

// cleaned is a draft without what an earlier version may have kept.
export function cleaned(draft) {
  return toDraft(Object.entries(draft).flatMap(([name, values]) => [values].flat().map((value) => [name, value])));
}

// What stands where a secret was, as on the server: it is refused there until the secret is entered again.
const sealed = "[sealed]";

// What is no secret of an MCP server.
const open = new Set(["type", "name", "allowed_tools"]);

// An address that names a user, or has a query or a fragment, may be one as a whole; as on the server.
const secretAddress = /^[^/]*\/*[^/]*@|[?#]/;

// withoutHeaders takes the header values of MCP servers out, and whatever else may be a secret; text that cannot be read
// is not remembered, since nobody knows what it holds.
export function withoutHeaders(text) {
  let servers;
  try {
    servers = JSON.parse(text);
  } catch {
    return "";
  }
  if (!Array.isArray(servers)) return "";
  for (const server of servers) {
    if (server === null || typeof server !== "object") return "";
    for (const [name, value] of Object.entries(server)) {
      if (name.toLowerCase() === "headers" && value !== null && typeof value === "object") server[name] = emptied(value);
      else if (name === "url" && typeof value === "string" ? secretAddress.test(value) : !open.has(name) && JSON.stringify(value).includes('"')) server[name] = sealed;
    }
  }
  return JSON.stringify(servers, null, 2);
}

function emptied(headers) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value === "" ? "" : sealed]));
}

// token makes an idempotency key. crypto.randomUUID is not there on plain http.
export function token(crypto = globalThis.crypto) {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
