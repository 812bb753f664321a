import type { FetchFailureCode } from "../fetch/failure.ts";

/** Why a probe failed, in the words of logs and metrics; `status` is an answer other than 2xx. */
export type ProbeFailureCode = FetchFailureCode | "status";

/** The outcome of one probe. `seconds` runs from the start of the probe to the answer's header, or to the failure. */
export type ProbeResult =
  | { readonly kind: "success"; readonly seconds: number; readonly status: number }
  | {
      readonly kind: "failure";
      readonly seconds: number;
      readonly code: ProbeFailureCode;
      /** The same in a few words for people, such as `timeout after 1s` or `status 503`. */
      readonly detail: string;
      readonly status?: number;
    };

/** Probes one gateway once. Never throws: whatever goes wrong is a failure with its reason. */
export type Probe = (gateway: string) => Promise<ProbeResult>;
