import type { FetchFailureCode } from "../fetch/failure.ts";

/**
 * Why a probe failed, in the words of logs and metrics; `status` is an answer other than 2xx, and `no-address` a gateway
 * that answers, but has no public address (-public-ip-required).
 */
export type ProbeFailureCode = FetchFailureCode | "status" | "no-address";

/** What every outcome has. */
interface Outcome {
  /** From the start of the probe to the answer's header, or to the failure. */
  readonly seconds: number;
  /** The outcome in a few words for people, such as `status 200` or `timeout after 1s`. */
  readonly detail: string;
  /** The HTTP status, of probers that have one. */
  readonly status?: number;
}

/** The outcome of one probe. Whether it succeeded, and else by which code, is all that decides. */
export type ProbeResult =
  (Outcome & { readonly kind: "success" }) | (Outcome & { readonly kind: "failure"; readonly code: ProbeFailureCode });

/** Probes one gateway once. Never throws: whatever goes wrong is a failure with its code. */
export type Probe = (gateway: string) => Promise<ProbeResult>;
