import { age } from "../../../status/phrases.ts";
import { showAge } from "./ages.ts";
import type { ConnectionState } from "./connection.ts";
import { find, setAttribute, setHidden, setText } from "./elements.ts";

let heardAt: number | undefined;

/** Shows how news come in and how old what is shown is. */
export function showConnection(link: ConnectionState): void {
  const { kind } = link;
  const lost = kind === "lost";
  if (!lost) heardAt = performance.now();
  setAttribute(find("link"), "data-kind", kind);
  setAttribute(document.body, "data-stale", String(lost));
  setHidden(find("notice"), !lost);
  const since = heardAt === undefined ? null : (performance.now() - heardAt) / 1000;
  if (lost) {
    setText(find("notice-title"), `The connection is lost: ${link.why}.`);
    setText(find("notice-text"), `${link.final ? "" : "Trying again. "}${since === null ? "" : STALE}`);
    setHidden(find("notice-reload"), !link.final);
  }
  showAge(find("link-text"), since, (seconds) => `${WORDS[kind]}${ageText(seconds, lost)}`, WORDS[kind]);
}

const WORDS: Readonly<Record<ConnectionState["kind"], string>> = { live: "Live", asking: "Asking", lost: "Lost" };
const STALE = "What is shown is how it was before.";

/** Data that is a few seconds old is as new as it gets. */
function ageText(seconds: number, always: boolean): string {
  return always || seconds >= 5 ? `, data ${age(seconds)} old` : "";
}
