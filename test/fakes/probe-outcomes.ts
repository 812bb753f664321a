/** Outcomes of probes in short, for tests that compare them. */
import { expect } from "bun:test";

import type { ProbeFailureCode, ProbeResult } from "../../src/probe/probe.ts";

/** A probe's outcome without its time, which has to make sense whatever the outcome is. */
export function outcomeOf({ seconds, ...outcome }: ProbeResult): Omit<ProbeResult, "seconds"> {
  expect(seconds).toBeGreaterThanOrEqual(0);
  expect(seconds).toBeLessThan(30);
  return outcome;
}

export const success = (status: number) => ({ kind: "success", detail: `status ${status}`, status }) as const;

export const failure = (code: ProbeFailureCode, detail: string) => ({ kind: "failure", code, detail }) as const;

/** Failed because of its status alone. */
export const badStatus = (status: number) => ({ ...failure("status", `status ${status}`), status });

/** What people are told about a failure. */
export const detailOf = (outcome: object): string => (outcome as { detail: string }).detail;

/** Codes such as EINVAL tell a person nothing. */
export const CODE_ONLY = /^(TLS: )?E[A-Z]+$/;
