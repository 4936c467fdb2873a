// MCP servers as rows of a form. The JSON is what is sent; what a row has no field for stays in it.

export const mostServers = 10; // that Parallel takes

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

// read returns the servers, or null for a text that is no list of them.
export function read(text) {
  if (!text.trim()) return [];
  try {
    const list = JSON.parse(text);
    return Array.isArray(list) && list.every(isObject) ? list : null;
  } catch {
    return null;
  }
}

// rowOf is what the fields of a row show.
export function rowOf({ name = "", url = "", headers, allowed_tools: tools }) {
  return {
    name, url,
    headers: isObject(headers) ? Object.entries(headers).map(([key, value]) => `${key}: ${value}`).join("\n") : "",
    tools: Array.isArray(tools) ? tools.join(", ") : "",
  };
}

// serverOf is a server with what stands in the fields of its row.
export function serverOf(before, { name, url, headers, tools }) {
  const server = { type: "url", ...before, name: name.trim(), url: url.trim() };
  const pairs = headers.split("\n").map((line) => line.split(/:(.*)/s)).filter(([key]) => key.trim());
  if (pairs.length > 0) server.headers = Object.fromEntries(pairs.map(([key, value = ""]) => [key.trim(), value.trim()]));
  else delete server.headers;
  const list = tools.split(",").map((tool) => tool.trim()).filter(Boolean);
  if (list.length > 0) server.allowed_tools = list;
  else delete server.allowed_tools;
  return server;
}

export const write = (servers) => (servers.length > 0 ? JSON.stringify(servers, null, 2) : "");
