// Whoever deletes tasks deletes what this browser remembers of them, too.
import { forgetTask } from "../lib/memory.js";

document.addEventListener("submit", ({ target }) => {
  if (target.matches(".delete-many")) new FormData(target).getAll("id").forEach(forgetTask);
  if (target.matches('[data-part="delete"]')) forgetTask(new URL(target.action).pathname.split("/").at(-2));
});
