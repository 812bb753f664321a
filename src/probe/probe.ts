import type { FetchFailureCode } from "../fetch/failure.ts";
import type { Redirect } from "../fetch/redirect.ts";
import type { Family } from "../net/address.ts";

/**
 * Why a probe failed, in the words of logs and metrics; `status` is an answer with another status than the expected ones,
 * `content` one without the expected text, and `no-address` a gateway that answers, but has no public address
 * (-public-ip-required).
 */
export type ProbeFailureCode = FetchFailureCode | "status" | "content" | "no-address";

/** What every outcome has. */
interface Outcome {
  /** From the start of the probe to the answer's header, or to the failure. */
  readonly seconds: number;
  /** The outcome in a few words for people, such as `status 200` or `timeout after 1s`. */
  readonly detail: string;
  /** The HTTP status, of probers that have one. */
  readonly status?: number;
  /** Where the answer redirects; `detail` says it as well. */
  readonly redirect?: Redirect;
}

/** The outcome of one probe. Whether it succeeded, and else by which code, is all that decides. */
export type ProbeResult =
  (Outcome & { readonly kind: "success" }) | (Outcome & { readonly kind: "failure"; readonly code: ProbeFailureCode });

/** Probes one gateway once. Never throws: whatever goes wrong is a failure with its code. */
export type Probe = (gateway: string) => Promise<ProbeResult>;

/** The path through one gateway: packets with this mark are routed through it, by a rule and a table of its own. */
export interface GatewayPath {
  /** That of the gateway, and of all packets; IPv4 by default. */
  readonly family?: Family | undefined;
  /** The mark, 32 bits, unsigned. */
  readonly mark: number;
}

/** Probes a target beyond a gateway once, through it. Never throws, as a probe of the gateway itself. */
export type ThroughProbe = (path: GatewayPath) => Promise<ProbeResult>;
