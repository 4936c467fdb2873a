// swap replaces the sections of this page that the server has rendered anew: elements with data-swap, by id.
// Nodes are adopted as they are. A section that somebody is using (focus in it, a dialog open) is left for later.
export function swap(root, fresh) {
  let later = false;
  for (const now of root.querySelectorAll("[data-swap]")) {
    const next = fresh.getElementById(now.id);
    if (!next || now.isEqualNode(next)) continue;
    if (now.contains(document.activeElement) || now.querySelector(":popover-open")) {
      later = true;
      continue;
    }
    keepOpen(now, next);
    now.replaceWith(document.adoptNode(next));
  }
  return later;
}

// keepOpen carries over which details somebody has opened or closed.
function keepOpen(now, next) {
  for (const details of now.querySelectorAll("details[id]")) {
    const same = next.querySelector(`#${details.id}`);
    if (same) same.open = details.open;
  }
}

// fetchPage gets a page; options are the method, body and signal of fetch, for one that answers a form. The browser
// parses the answer as it comes, so no script ever makes a document of a text: Trusted Types forbid that.
export function fetchPage(url, { method = "GET", body = null, signal } = {}) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const request = new XMLHttpRequest();
  const end = new AbortController();
  const fail = () => reject(new Error(`load page: ${signal?.aborted ? "given up" : "no answer"}`));
  request.open(method, url);
  request.responseType = "document";
  request.setRequestHeader("Accept", "text/html");
  request.onload = () => (request.response ? resolve({ response: answerOf(request), page: request.response }) : fail());
  request.onerror = request.onabort = fail;
  request.onloadend = () => end.abort();
  signal?.addEventListener("abort", () => request.abort(), { signal: end.signal });
  if (signal?.aborted) fail();
  else request.send(body);
  return promise;
}

// answerOf is what the callers need of a response of fetch.
function answerOf(request) {
  const { status } = request;
  return { status, ok: status >= 200 && status < 300, headers: { get: (name) => request.getResponseHeader(name) } };
}
