// fillRow writes an item of the API into a row of the list; view_row.go does the same for the first rendering.
import { cut, percent } from "./format.js";
import { part, setText, show } from "./parts.js";

const notes = {
  retrying: "Waiting to submit again",
  reconnecting: "Reconnecting to the upstream",
  polling: "Events cannot be read, asking for the status",
  fetching: "Fetching the result",
  cancelling: "Cancelling the run",
};

export function titleOf(item) {
  if (item.title) return item.title;
  const texts = textsOf(item.inputPreview ?? "");
  if (texts.length > 0) return texts.join(", ");
  const line = (item.inputPreview ?? "").split("\n").map((l) => l.trim()).find(Boolean);
  return line ?? `Task ${item.id}`;
}

// textsOf names an object by its texts, as far as the preview has them (view_row.go).
function textsOf(preview) {
  if (!preview.startsWith("{")) return [];
  return [...preview.matchAll(/":\s*"((?:[^"\\]|\\.)*)"/g)].flatMap(([, raw]) => {
    try {
      const text = JSON.parse(`"${raw}"`).trim();
      return text ? [text.replaceAll(/\s+/g, " ")] : [];
    } catch {
      return [];
    }
  });
}

// words has pill(status), isSimulated(upstream), sources(progress).
export function fillRow(row, item, words) {
  const live = item.completedAt == null;
  if (row.dataset.id !== item.id) address(row, item);
  row.toggleAttribute("data-live", live);
  const pill = part(row, "pill");
  if (pill.firstElementChild?.dataset.status !== item.status) pill.replaceChildren(words.pill(item.status));
  part(row, "simulated").hidden = !words.isSimulated(item.upstream);
  setText(row, "processor", item.processor);
  setText(row, "title", titleOf(item));
  fillTags(row, item.tags ?? []);
  show(row, "sources", words.sources(item.progress ?? {}));
  show(row, "note", (live && notes[item.activity?.phase]) || "");
  show(row, "error", cut((item.error?.message ?? "").split("\n", 1)[0], 160)[0]);
  if (!live) part(row, "duration").dataset.to = item.completedAt;
  fillMeter(row, live ? item.progress?.meter : null);
}

function fillTags(row, tags) {
  const place = part(row, "tags");
  if (place.textContent.trim() === tags.map((tag) => `Tag ${tag}`).join("")) return;
  const links = document.createElement("span");
  links.className = "tags";
  links.append(...tags.map((tag) => {
    const link = document.createElement("a");
    link.className = "tag";
    link.href = `/tasks?tag=${encodeURIComponent(tag)}`;
    const unseen = document.createElement("span");
    unseen.className = "unseen";
    unseen.textContent = "Tag ";
    link.append(unseen, tag);
    return link;
  }));
  place.replaceChildren(links);
  place.hidden = tags.length === 0;
}

function fillMeter(row, meter) {
  part(row, "meter").hidden = meter == null;
  if (meter == null) return;
  row.querySelector("progress").value = Math.min(Math.max(meter, 0), 100);
  setText(row, "percent", percent(meter));
}

// address points a cloned row at its task.
function address(row, item) {
  const title = titleOf(item);
  row.dataset.id = item.id;
  part(row, "title").href = `/tasks/${item.id}`;
  part(row, "json").href = `/task/${item.id}`;
  part(row, "table").href = `/tasks/${item.id}?view=table#result`;
  setText(row, "json-of", ` of ${title}`);
  setText(row, "table-of", ` of ${title}`);
  setText(row, "ask-of", `Delete ${title}`);
  if (part(row, "mark")) part(row, "mark").value = item.id;
  setText(row, "mark-of", `Mark ${title}`);
  const created = part(row, "created");
  created.dateTime = item.createdAt;
  created.title = new Date(item.createdAt).toLocaleString();
  const duration = part(row, "duration");
  duration.dataset.from = item.createdAt;
  delete duration.dataset.to;
  part(row, "asking").id = `delete-${item.id}`;
  for (const name of ["ask", "keep"]) part(row, name).setAttribute("popovertarget", `delete-${item.id}`);
  part(row, "delete").action = `/tasks/${item.id}/delete`;
}
