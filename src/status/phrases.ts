import { leakFault } from "../pool/leak.ts";
import { fateText } from "../routing/packet-fate.ts";
import type { Tone } from "../text/table.ts";
import type { Ddns, Gateway, Prober, Status, Stopped, TargetAtFault } from "./schema.ts";

/* The texts that the status command and the status page have in common. */

const UNITS: readonly [seconds: number, name: string][] = [
  [86_400, "d"],
  [3600, "h"],
  [60, "m"],
  [1, "s"],
];

/** A duration in its two largest units, such as `3d 4h` or `12s`. */
export function age(seconds: number): string {
  const whole = Math.floor(seconds);
  const first = Math.max(
    0,
    UNITS.findIndex(([unit]) => whole >= unit),
  );
  if (whole < 1) return "0s";
  const [unit, name] = UNITS[first]!;
  const [smaller, smallerName] = UNITS[first + 1] ?? [undefined, ""];
  const head = `${Math.floor(whole / unit)}${name}`;
  return smaller === undefined ? head : `${head} ${Math.floor((whole % unit) / smaller)}${smallerName}`;
}

/** Like an age, but without a smaller unit that is zero: `1h` instead of `1h 0m`. */
export function span(seconds: number): string {
  return age(seconds).replace(/ 0[hms]$/, "");
}

/** A latency, given in seconds, to three digits; `-` if none was measured. */
export function latencyText(seconds: number | null): string {
  if (seconds === null) return "-";
  const milliseconds = seconds * 1000;
  return milliseconds < 999.5 ? `${milliseconds.toPrecision(3)} ms` : `${seconds.toFixed(2)} s`;
}

/** A share from 0 to 1 in percent. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function flapHoldText({ losses, remainingSeconds }: NonNullable<Gateway["held"]>): string {
  return `flap hold for ${age(Math.ceil(remainingSeconds))} more: went down ${losses} times in a short time`;
}

/** Why a gateway is not in use, or why its last probe failed. */
export interface Reason {
  /** Empty if there is no reason. */
  readonly text: string;
  /** Age of a past failure, in seconds; null for a reason that still applies. */
  readonly ageSeconds: number | null;
}

export function reasonOf(gateway: Gateway): Reason {
  const { state, leftOut, held, kept, lastFailure, failuresInRow, publicAddress, exit } = gateway;
  const now = (text: string): Reason => ({ text, ageSeconds: null });
  if (gateway.drained) return now(drainText(gateway, gateway.drained));
  if (exit?.leaking) return now(leakFault(exit.address!).detail);
  if (leftOut !== null) return now(`left out: ${leftOut}`);
  if (state === "up" && held) return now(flapHoldText(held));
  const lookUpFailure = publicAddress?.why ?? null;
  if (state === "up" && failuresInRow === 0 && !kept && lookUpFailure) return now(`public address: ${lookUpFailure}`);
  const failing = failingBy(gateway);
  const why = failing ?? lastFailure?.why;
  if (why === undefined) return now("");
  if (state === "up" && failing !== undefined) return now(`up although a prober fails (-through-require any): ${why}`);
  if (kept) return now(`used although down (-min-healthy): ${why}`);
  if (state === "down" && held) return now(`${why}; ${flapHoldText(held)}`);
  const isCurrent = state === "down" || failing !== undefined || failuresInRow > 0;
  return isCurrent ? now(why) : { text: why, ageSeconds: lastFailure!.at.ageSeconds };
}

/** For how many seconds a gateway has been in the state that is shown: a drained one is shown as such, up or down. */
export function stateAge({ since, drained }: Pick<Gateway, "since" | "drained">): number {
  return (drained?.since ?? since).ageSeconds;
}

/** Of a gateway in maintenance, for how long it is, and what its probes show. */
function drainText(gateway: Gateway, { by, since }: NonNullable<Gateway["drained"]>): string {
  const what = by === "command" ? `drained for ${age(since.ageSeconds)}` : "drained by the configuration";
  const why = failingBy(gateway) ?? gateway.lastFailure?.why;
  return gateway.state === "down" && why !== undefined ? `${what}; down: ${why}` : what;
}

/** The reasons of all probers with names that see a gateway down; where any prober is enough, it may be up all the same. */
function failingBy({ probers = [] }: Gateway): string | undefined {
  const reasons = probers.flatMap(({ down }) => down ?? []);
  return reasons.length > 0 ? reasons.join("; ") : undefined;
}

/** How well the probes of a prober pass a gateway, such as `loss 2.5 %, 12.3 ms`; empty before the first. */
export function qualityText({ quality }: Prober): string {
  if (quality === null) return "";
  const { loss, medianSeconds } = quality;
  return medianSeconds === null ? `loss ${percent(loss)}` : `loss ${percent(loss)}, ${latencyText(medianSeconds)}`;
}

/** The loss of the prober with the most, 0 to 1; null before any was measured. */
export function worstLoss({ probers = [] }: Pick<Gateway, "probers">): number | null {
  const losses = probers.flatMap(({ quality }) => quality?.loss ?? []);
  return losses.length === 0 ? null : Math.max(...losses);
}

/** A target that is not counted, as a sentence without its time. */
export function targetText({ prober, target, why }: TargetAtFault): string {
  return `${prober}: target ${target} is at fault itself and not counted (${why})`;
}

/** The state of the DNS records in words, and how good it is. */
export function ddnsState({ ok, onDuty }: Pick<Ddns, "ok" | "onDuty">): readonly [Tone, string] {
  if (onDuty === false) return ["quiet", "writes suspended: this machine does not have the required address"];
  if (ok === null) return ["quiet", "not read yet"];
  return ok ? ["good", "the records are correct"] : ["bad", "the last read or update failed"];
}

/** Why the records are not right, with their type where there are two; undefined where they are. */
export function ddnsFailure({ ok, lastError, records }: Ddns): Ddns["lastError"] | undefined {
  if (ok !== false || lastError === null) return undefined;
  const failed = records?.filter((own) => own.ok === false && own.lastError !== null) ?? [];
  if (failed.length === 0) return lastError;
  return { ...lastError, why: failed.map((own) => `${own.type}: ${own.lastError!.why}`).join("; ") };
}

/** The exit address of a gateway, and with how many others it shares it; empty while it is unknown. */
export function exitText(exit: Gateway["exit"]): string {
  if (!exit || exit.address === null) return "";
  const { length } = exit.sharedWith;
  return length === 0 ? exit.address : `${exit.address} (shared with ${length} more)`;
}

/** That the configuration file has problems, as it was read last; empty where it is in force. */
export function rejectedText({ configuration }: Pick<Status["service"], "configuration">): string {
  const rejected = configuration?.rejected;
  if (!rejected) return "";
  const { problems, at } = rejected;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  const first = problems[0]!.split("\n", 1)[0]!;
  return `the configuration file was rejected ${age(at.ageSeconds)} ago, that from before is in force: ${first}${more}`;
}

/**
 * That the service was stopped on purpose, which a lost connection alone does not show.
 *
 * @param at the time, as people read it
 */
export function stoppedText({ reason }: Stopped, at: string): string {
  return `the service was stopped at ${at} (${reason})`;
}

const LEFT: Readonly<Record<Stopped["routes"], string>> = {
  removed: `its routes and rules are removed, and traffic ${fateText({ kind: "falls-through" })}`,
  kept: "its routes and rules stay as they are, for the next start (-on-exit keep)",
  left: "not all of its routes and rules could be removed; its log has the commands",
};

/** What a stop of the service has left in the kernel. */
export function leftText({ routes }: Stopped): string {
  return LEFT[routes] ?? routes;
}
