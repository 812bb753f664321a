/** Why a probe failed, in the words of logs and metrics. */
export type FailureReason =
  | "timeout" // no answer within the time
  | "refused" // the port is closed
  | "reset" // the connection was cut before an answer
  | "unreachable" // no route, or nobody answers for the address
  | "blocked" // a local route or policy forbids the packet
  | "tls" // the handshake or the certificate failed
  | "status" // an answer, but not 2xx
  | "malformed" // an answer that is not HTTP
  | "exhausted" // this process ran out of sockets or memory
  | "other";

/** The outcome of one probe. `seconds` runs from the start of the probe to the answer's header, or to the failure. */
export type ProbeResult =
  | { readonly kind: "success"; readonly seconds: number; readonly status: number }
  | {
      readonly kind: "failure";
      readonly seconds: number;
      readonly reason: FailureReason;
      /** The reason in a few words for people, such as `timeout after 1s` or `status 503`. */
      readonly detail: string;
      readonly status?: number;
    };

/** Probes one gateway once. Never throws: whatever goes wrong is a failure with its reason. */
export type Probe = (gateway: string) => Promise<ProbeResult>;
