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

// fetchPage gets a page; options are those of fetch, for one that answers a form.
export async function fetchPage(url, options = {}) {
  const response = await fetch(url, { ...options, headers: { Accept: "text/html" } });
  const text = await response.text();
  return { response, page: new DOMParser().parseFromString(text, "text/html") };
}
