import { age } from "../../../status/phrases.ts";
import { showAge } from "./ages.ts";
import type { ConnectionState } from "./connection.ts";
import { find, setAttribute, setHidden, setText } from "./elements.ts";

/** When data last arrived. */
let receivedAt: number | undefined;

/** Shows the state of the connection and the age of the data. */
export function showConnection(connection: ConnectionState): void {
  const { kind } = connection;
  const lost = kind === "lost";
  if (!lost) receivedAt = performance.now();
  setAttribute(find("link"), "data-kind", kind);
  setAttribute(document.body, "data-stale", String(lost));
  setHidden(find("notice"), !lost);
  const since = receivedAt === undefined ? null : (performance.now() - receivedAt) / 1000;
  if (lost) {
    setText(find("notice-title"), `Connection lost: ${connection.why}.`);
    setText(find("notice-text"), `${connection.final ? "" : "Reconnecting. "}${since === null ? "" : STALE}`);
    setHidden(find("notice-reload"), !connection.final);
  }
  showAge(find("link-text"), since, (seconds) => `${WORDS[kind]}${ageText(seconds, lost)}`, WORDS[kind]);
}

const WORDS: Readonly<Record<ConnectionState["kind"], string>> = {
  live: "Live",
  polling: "Polling",
  lost: "Disconnected",
};
const STALE = "The page shows the last known state.";

/** Data is up to a few seconds old in any case. */
function ageText(seconds: number, always: boolean): string {
  return always || seconds >= 5 ? `, data ${age(seconds)} old` : "";
}
