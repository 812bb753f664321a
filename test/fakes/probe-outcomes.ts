/** Outcomes of probes without their durations, for comparisons. */
import { expect } from "bun:test";

import type { ProbeFailureCode, ProbeResult } from "../../src/probe/probe.ts";

/** A probe's outcome without its duration, which has to be plausible for any outcome. */
export function outcomeOf({ seconds, ...outcome }: ProbeResult): Omit<ProbeResult, "seconds"> {
  expect(seconds).toBeGreaterThanOrEqual(0);
  expect(seconds).toBeLessThan(30);
  return outcome;
}

export const success = (status: number) => ({ kind: "success", detail: `status ${status}`, status }) as const;

export const failure = (code: ProbeFailureCode, detail: string) => ({ kind: "failure", code, detail }) as const;

/** A failure because of the status alone. */
export const badStatus = (status: number) => ({ ...failure("status", `status ${status}`), status });

/** The description of a failure. */
export const detailOf = (outcome: object): string => (outcome as { detail: string }).detail;

/** A description that is only a code such as EINVAL, which does not explain the failure. */
export const CODE_ONLY = /^(TLS: )?E[A-Z]+$/;
