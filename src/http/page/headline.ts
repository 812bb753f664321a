import { fateText } from "../../routing/packet-fate.ts";
import { killSwitches, type Statement, trafficNow } from "../../status/packets.ts";
import { leftText, rejectedText, span, stoppedText } from "../../status/phrases.ts";
import type { Status, Stopped } from "../../status/schema.ts";
import { type Badge, verdictBadge } from "./badges.ts";
import { capitalised, type TabBadge } from "./tab.ts";

export type ConnectionState =
  /** Events arrive as they happen. */
  | { readonly kind: "live" }
  /** The service responds, but has no room for another stream; the page polls it. */
  | { readonly kind: "polling" }
  /** The service was stopped on purpose. The page tries again. */
  | { readonly kind: "stopped"; readonly stopped: Stopped }
  /** No data arrives. The page tries again, unless the user has to act (`final`). */
  | { readonly kind: "lost"; readonly why: string; readonly final: boolean };

/** Whether what the page shows is old, and how it is written. */
export interface Staleness {
  readonly connection: ConnectionState;
  /** Writes a time of the service as the user's clock shows it. */
  readonly clock: (time: string) => string;
}

/** Whether the page shows what was, rather than what is. */
export function isStale({ kind }: ConnectionState): boolean {
  return kind === "stopped" || kind === "lost";
}

/** The first words of the page. */
export interface Headline {
  readonly tone: Badge["tone"] | "stopped";
  readonly word: string;
  readonly why: string;
}

/** The verdict; of a lost service with its time, and of a stopped one that it is. */
export function headlineOf(status: Status, { connection, clock }: Staleness): Headline {
  if (connection.kind === "stopped") {
    return { tone: "stopped", word: "Stopped", why: capitalised(leftText(connection.stopped)) };
  }
  const { why, service } = status;
  const { tone, text } = verdictBadge(status);
  const reasons = [service.alive.ok ? why : service.alive.why, rejectedText(service)];
  const word = capitalised(text);
  return {
    tone,
    word: connection.kind === "lost" ? `${word} at ${clock(service.time)}` : word,
    why: capitalised(reasons.filter(Boolean).join("; ")),
  };
}

/** What the tab shows of it. */
export function tabBadge(status: Status | undefined, connection: ConnectionState): TabBadge {
  if (connection.kind === "stopped") return { tone: "stopped", text: "stopped" };
  if (connection.kind === "lost") return { tone: "lost", text: "connection lost" };
  return status ? verdictBadge(status) : { tone: "quiet", text: "connecting" };
}

/** The notice above the page, which says since when it is old. */
export interface Notice {
  readonly title: string;
  readonly text: string;
}

/**
 * @param newest the time of the newest status, by the clock of the service; undefined before the first
 * @param retryMs time between two attempts, in milliseconds
 * @returns undefined while what the page shows is new
 */
export function noticeOf(
  { connection, clock }: Staleness,
  newest: string | undefined,
  retryMs: number,
): Notice | undefined {
  if (!isStale(connection)) return undefined;
  const shows = newest === undefined ? [] : [`The page shows the state of ${clock(newest)}.`];
  if (connection.kind === "stopped") {
    const title = `${capitalised(stoppedText(connection.stopped, clock(connection.stopped.time)))}.`;
    return { title, text: [...shows, "It goes on by itself when the service is back."].join(" ") };
  }
  const { why, final } = connection as Extract<ConnectionState, { kind: "lost" }>;
  const again = final ? [] : [`It tries again every ${span(retryMs / 1000)}.`];
  return { title: `Connection lost: ${why}.`, text: [...shows, ...again].join(" ") };
}

/** What page and status say of packets. */
export interface Circumstances {
  readonly traffic: readonly Statement[];
  readonly killSwitch: readonly Statement[];
}

/** What happens to packets, by the newest status or by what a stop of the service did since. */
export function circumstancesOf(status: Status, connection: ConnectionState): Circumstances {
  if (connection.kind !== "stopped" || connection.stopped.routes !== "removed") {
    return { traffic: trafficNow(status), killSwitch: killSwitches(status) };
  }
  return {
    traffic: [{ who: "", text: fateText({ kind: "falls-through" }), tone: "bad" }],
    killSwitch: [{ who: "", text: "off", tone: "quiet" }],
  };
}
