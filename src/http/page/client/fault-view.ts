import { find, setHidden, setText } from "./elements.ts";

/** Shows faults of the script that nothing handles: what the page shows may then be old. */
export function onFault(): void {
  addEventListener("error", ({ message }) => showFault(message));
  addEventListener("unhandledrejection", ({ reason }) => showFault(String(reason)));
  find("fault-reload").addEventListener("click", () => location.reload());
}

/** Does one part of the work, whose failure does not end the rest. */
export function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    reportError(error); // as if nothing had handled it
  }
}

function showFault(why: string): void {
  setText(find("fault-text"), why);
  setHidden(find("fault"), false);
}
