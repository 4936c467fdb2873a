// Checks of what is being typed. They never stop a submit: upstream's limits are upstream's.
import { count } from "./format.js";

// checkJSON says in words what is wrong with a text that should be an object or an array; "" if nothing is.
export function checkJSON(text, want) {
  if (!text.trim()) return "";
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `Not JSON yet: ${error.message}`;
  }
  const isArray = Array.isArray(value);
  if (want === "array" ? !isArray : isArray || value === null || typeof value !== "object") {
    return want === "array" ? "This should be an array, in brackets." : "This should be an object, in braces.";
  }
  return "";
}

// counter says how much of upstream's limit input and spec take together. Characters, not UTF-16 units.
export function counter(input, spec, limit) {
  const used = [...input].length + [...spec].length;
  return { text: `${count(used)} of ${count(limit)} with spec`, over: used > limit };
}
