import { type FetchFailure, fetchFailure } from "../../fetch/failure.ts";
import { deadline } from "../../time/deadline.ts";
import { repeatIfLate } from "../late.ts";
import type { GatewayPath, ProbeFailureCode, ProbeResult, ThroughProbe } from "../probe.ts";
import { IcmpFailureError } from "../socket/converse.ts";

/** What an attempt found out; its duration is measured here. */
export type Outcome = ({ readonly kind: "success" } | { readonly kind: "failure"; readonly code: ProbeFailureCode }) & {
  readonly detail: string;
  readonly status?: number;
};

/**
 * One try through a path, which ends soon after its signal aborts.
 *
 * @throws errors of the network; the prober makes a failure of each
 */
export type Attempt = (path: GatewayPath, signal: AbortSignal) => Promise<Outcome>;

/**
 * Makes a prober of an attempt. A failure while this process did not run is no verdict: there is one more attempt.
 *
 * @param timeout milliseconds for all of an attempt
 */
export function throughProbe(timeout: number, attempt: Attempt): ThroughProbe {
  const probe = async (path: GatewayPath): Promise<ProbeResult> => {
    const start = performance.now();
    const signal = deadline(timeout);
    const outcome = await attempt(path, signal).catch((error: unknown) => {
      return { kind: "failure" as const, ...throughFailure(error, signal, timeout) };
    });
    return { ...outcome, seconds: (performance.now() - start) / 1000 };
  };
  return (path) => repeatIfLate(timeout, () => probe(path));
}

/**
 * Classifies an error of a conversation through a path. After its signal has aborted, the reason of that is the error.
 *
 * @param timeout milliseconds that it had; only quoted
 */
export function throughFailure(
  error: unknown,
  { aborted, reason }: AbortSignal,
  timeout: number,
): Pick<FetchFailure, "code" | "detail"> {
  const cause: unknown = aborted ? reason : error;
  return cause instanceof IcmpFailureError ? cause.failure : fetchFailure(cause, timeout);
}
