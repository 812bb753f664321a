/**
 * What the HTTP port does not grant.
 *
 * - `password`: a wrong one was sent
 * - `host`: a request named a public host that is not allowed
 * - `connections`: there are as many as may be, so that old ones are closed for new ones
 */
export type RejectionReason = "password" | "host" | "connections";

/** One rejection, or all of a reason within a while. */
export interface HttpRejection {
  readonly type: "http-rejected";
  readonly reason: RejectionReason;
  /** The address of the client, or of that with the most of them. */
  readonly from: string;
  /** The name that it asked for. */
  readonly host?: string;
  /** Set where these are several, which were not reported one by one. */
  readonly several?: {
    readonly times: number;
    /** How many addresses they came from; more are not counted one by one. */
    readonly addresses: number;
    readonly seconds: number;
  };
}
