import { list } from "../text/list.ts";
import type { ProbeFailureCode, ProbeResult } from "./probe.ts";
import type { Answer, RoundOutcome } from "./round.ts";

/** Targets that a result names at most. */
const MOST_NAMED = 3;

/** What failures say of the cause, most first. Silence says least; a code that is missing here is one of few causes. */
const BY_WEIGHT: readonly ProbeFailureCode[] = [
  "blocked",
  "unreachable",
  "tls",
  "malformed",
  "status",
  "content",
  "refused",
  "reset",
  "unresolved",
  "other",
  "timeout",
];

type Failure = Extract<ProbeResult, { readonly kind: "failure" }>;
type Said<T> = readonly [target: string, result: T];

/**
 * The result of a round as one of the gateway: `icmp 1.1.1.1, 9.9.9.9: no answer through it`.
 *
 * @param prober what asked, such as `icmp`
 * @param need how many targets had to answer
 * @param total how many targets there are
 */
export function roundResult(prober: string, outcome: RoundOutcome, need: number, total: number): ProbeResult {
  const { success, seconds, answers } = outcome;
  const said: readonly Said<Answer>[] = [...answers];
  const answered = said.filter(([, { kind }]) => kind === "success");
  if (success) {
    const { detail, again: _, ...rest } = answered.at(-1)![1];
    return { ...rest, kind: "success", seconds, detail: `${subject(prober, answered)}: ${detail}` };
  }
  const failures = said.filter((one): one is Said<Failure> => one[1].kind === "failure");
  const [target, result] = decisive(failures, need, total);
  const reason = result.code === "timeout" ? "no answer through it" : result.detail;
  const where = failures.every(([, { detail }]) => detail === result.detail) ? "" : ` (${target})`;
  const short = answered.length === 0 ? "" : `; only ${answered.length} of the ${need} needed answered`;
  return { ...result, seconds, detail: `${subject(prober, failures)}: ${reason}${where}${short}` };
}

/** The failure that stands for all of them. */
function decisive(failures: readonly Said<Failure>[], need: number, total: number): Said<Failure> {
  const [sent, unsent] = [true, false].map((wanted) =>
    failures.filter(([, { code }]) => (code !== "exhausted") === wanted),
  );
  // What could not be sent might have been answered: it leaves the gateway undecided where that would have been enough.
  const isUndecided = total - sent!.length >= need;
  const weight = ([, { code }]: Said<Failure>): number => BY_WEIGHT.indexOf(code);
  const telling = sent!.toSorted((one, other) => weight(one) - weight(other))[0];
  return (isUndecided ? unsent![0] : undefined) ?? telling ?? unsent![0] ?? NONE;
}

/** Of a round during which the process did not run, which is repeated. */
const NONE: Said<Failure> = ["", { kind: "failure", code: "timeout", seconds: 0, detail: "" }];

function subject(prober: string, said: readonly Said<ProbeResult>[]): string {
  const targets = said.map(([target]) => target);
  return targets.length === 0 ? prober : `${prober} ${list(targets, MOST_NAMED)}`;
}
