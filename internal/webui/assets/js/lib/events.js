// What an event says, as view_event.go works it out for the stored part; testdata/events.json holds both to
// one table. Nothing is hidden: what is not of a known shape is shown as its type and JSON.
import { count, cut, percent } from "./format.js";

const longest = 2000; // characters of one event (limits.go)
const messageKind = "task_run.progress_msg.";
const groups = new Map(Object.entries({ plan: "plan", reasoning: "plan", analysis: "plan", search: "search", tool: "tool", tool_call: "tool", result: "result" })); // upstream names the kinds, perhaps after what every object has

const text = (value) => (typeof value === "string" ? value : "");
const number = (value) => (typeof value === "number" ? value : null);
const object = (value) => (value !== null && typeof value === "object" ? value : {});
const sentence = (s) => s.replace(/^[a-z]/, (c) => c.toUpperCase());
const given = (before, value) => (text(value) ? before + value : "");

// say describes an event of the API: {type, data}.
export function say({ type, data }) {
  const said = { mono: false, ...describe(type, object(data)) };
  if (!said.text) {
    said.text = JSON.stringify(data) ?? "";
    said.mono = true;
  }
  [said.text, said.cut] = cut(said.text, longest);
  return said;
}

function describe(type, data) {
  if (type.startsWith(messageKind)) {
    const name = type.slice(messageKind.length);
    return { group: groups.get(name) ?? "status", label: labelOf(name), text: text(data.message) };
  }
  if (type === "task_run.state") return { group: "state", label: "State", text: state(data) };
  if (type === "task_run.progress_stats") return { group: "progress", label: "Progress", text: stats(data) };
  if (type === "error") return { group: "error", label: "Error", text: reason(data.error) };
  if (type.startsWith("taskyard.")) return { group: "note", label: "This server", text: note(type, data) };
  return { group: "other", label: cut(type, 80)[0], text: "" };
}

function labelOf(name) {
  return name === "exec_status" ? "Status" : sentence(cut(name.replaceAll("_", " "), 80)[0]);
}

function reason(error) {
  const { message, ref_id: ref } = object(error);
  return text(message) && text(ref) ? `${message} (${ref})` : text(message);
}

function state(data) {
  const run = object(data.run);
  const status = text(run.status);
  if (!status) return "";
  const output = data.output == null ? "" : ", with the output";
  return sentence(status.replaceAll("_", " ")) + output + given(": ", reason(run.error));
}

function stats(data) {
  const { considered, read, meter } = progressOf(data);
  const line = sourcesLine(considered, read);
  if (meter === null) return line;
  return line ? `${percent(meter)}, ${line}` : percent(meter);
}

export function sourcesLine(considered, read) {
  if (read !== null && considered !== null) return `${count(read)} of ${count(considered)} sources read`;
  if (read !== null) return `${count(read)} sources read`;
  return considered === null ? "" : `${count(considered)} sources considered`;
}

// progressOf reads the numbers of a task_run.progress_stats; null for those that were not given.
export function progressOf(data) {
  const source = object(object(data).source_stats);
  return {
    considered: number(source.num_sources_considered),
    read: number(source.num_sources_read),
    meter: number(object(data).progress_meter),
  };
}

function note(type, data) {
  const because = given(": ", data.reason);
  switch (type.slice("taskyard.".length)) {
    case "task_created":
      return "Task stored" + given(" for ", data.processor) + given(" on ", data.upstream);
    case "run_created":
      return "The upstream accepted the task" + given(" as ", data.run_id);
    case "submit_retry":
      return `Attempt ${number(data.attempt) ?? 0} to submit did not get through${because}`;
    case "submission_unknown":
      return "The answer to the submission was lost" + because;
    case "submitted_again":
      return "Submitted again by the user";
    case "stream_reopened":
      return "Event stream opened again" + because;
    case "invalid_frame":
      return "The upstream sent something that is not JSON" + given(": ", data.text);
    case "result_retry":
      return "The result could not be fetched yet" + because;
    case "cancel_requested":
      return "The user cancelled the task";
    case "settled":
      return "Task ended" + given(" as ", text(data.status).replaceAll("_", " "));
    default:
      return "";
  }
}
