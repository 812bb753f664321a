import { age } from "../../../status/phrases.ts";
import { type ConnectionState, isStale, noticeOf, type Staleness } from "../headline.ts";
import { dataAge } from "./ages.ts";
import { RETRY_MS } from "./connection.ts";
import { find, setAttribute, setHidden, setText } from "./elements.ts";

let shown: ConnectionState | undefined;
let hasData = false;

/**
 * Shows the state of the connection.
 *
 * @param newest the time of the newest status; undefined before the first
 */
export function showConnection(staleness: Staleness, newest: string | undefined): void {
  const { connection } = staleness;
  shown = connection;
  hasData = newest !== undefined;
  setAttribute(find("link"), "data-kind", connection.kind);
  setAttribute(document.body, "data-stale", String(isStale(connection)));
  const notice = noticeOf(staleness, newest, RETRY_MS);
  setHidden(find("notice"), notice === undefined);
  setAttribute(find("notice"), "data-kind", connection.kind);
  setText(find("notice-title"), notice?.title ?? "");
  setText(find("notice-text"), notice?.text ?? "");
  setHidden(find("notice-reload"), !(connection.kind === "lost" && connection.final));
  tickConnection();
}

const WORDS: Readonly<Record<ConnectionState["kind"], string>> = {
  live: "Live",
  polling: "Polling",
  stopped: "Stopped",
  lost: "Disconnected",
};

/** Writes anew how old the data is, which grows while all ages in it stand still. */
export function tickConnection(): void {
  if (!shown) return;
  const seconds = dataAge();
  // Data is up to a few seconds old in any case.
  const isOld = hasData && (isStale(shown) || seconds >= 5);
  setText(find("link-text"), `${WORDS[shown.kind]}${isOld ? `, data ${age(seconds)} old` : ""}`);
}
