import type { ProbeResult } from "../probe/probe.ts";

/** How many results in a row turn a gateway's state. */
export interface Thresholds {
  readonly rise: number;
  readonly fall: number;
}

/** What is known of one gateway. */
export interface Health {
  readonly status: "unknown" | "up" | "down";
  /** Results in a row that speak against the status. */
  readonly against: number;
  /** Failures in a row, whatever the status. */
  readonly failures: number;
}

/** A gateway that has not been probed yet: its first result decides alone. */
export const UNKNOWN: Health = { status: "unknown", against: 0, failures: 0 };

/** A gateway that carries traffic already, found in the kernel at start: only `fall` failures take it down. */
export const ADOPTED: Health = { status: "up", against: 0, failures: 0 };

/**
 * The state after one more result. The very first result decides at once, in either direction: waiting for `rise`
 * results at start would only lengthen an outage, and a gateway that fails its first probe was never in use.
 *
 * A probe that this machine could not even send says nothing about the gateway.
 *
 * @param extra whether the probe came besides the rhythm, because a link changed. Thresholds above one stand for a
 *   time, so such a result does not count towards them.
 */
export function advance(health: Health, result: ProbeResult, { rise, fall }: Thresholds, extra = false): Health {
  if (result.kind === "failure" && result.code === "exhausted") return health;
  const verdict = result.kind === "success" ? "up" : "down";
  const failures = verdict === "up" ? 0 : health.failures + 1;
  if (verdict === health.status) return { status: verdict, against: 0, failures };
  const needed = health.status === "unknown" ? 1 : verdict === "up" ? rise : fall;
  if (extra && needed > 1) return { ...health, failures };
  const against = health.against + 1;
  return against >= needed ? { status: verdict, against: 0, failures } : { status: health.status, against, failures };
}

/** Whether results in a row speak against the status, and more of the kind would turn it. */
export function isBetweenStates({ against }: Health): boolean {
  return against > 0;
}
