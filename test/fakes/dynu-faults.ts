/** Ways in which the fake Dynu can fail, and the queue of those to come. */
import type { Call } from "./dynu-api.ts";

/** Only `slow` and the cut `after` carry the request out. They do so when it arrives; what comes late is the answer. */
export type Fault =
  | { kind: "http"; status: number; body?: string; contentType?: string; headers?: Record<string, string> }
  /** An error in Dynu's own form, by default with HTTP status 200. */
  | { kind: "body"; status?: number; statusCode: number; type: string; message: string; nested?: boolean }
  /** The connection is cut, before or after the request was carried out. */
  | { kind: "cut"; when: "before" | "after" }
  /** There is no connection, and the error has this code. Over a network the connection is cut instead. */
  | { kind: "unconnected"; code: string }
  | { kind: "slow"; ms: number }
  /** Never answered. */
  | { kind: "hang" }
  /** A body of any sort with status 200. */
  | { kind: "garbage"; body: string };

/** The key is declined, in Dynu's words. */
export const KEY_DECLINED = {
  kind: "body",
  status: 401,
  statusCode: 401,
  type: "Authentication Exception",
  message: "Failed.",
} as const satisfies Fault;

interface Entry {
  readonly fault: Fault;
  readonly call: Call | undefined;
  left: number;
}

export class FaultQueue {
  #entries: Entry[] = [];

  add(fault: Fault, call: Call | undefined, times: number): void {
    this.#entries.push({ fault, call, left: times });
  }

  clear(): void {
    this.#entries = [];
  }

  /** Takes the oldest fault that is meant for this call. */
  take(call: Call | undefined): Fault | undefined {
    const entry = this.#entries.find((one) => one.call === undefined || one.call === call);
    if (!entry) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.#entries = this.#entries.filter((one) => one !== entry);
    return entry.fault;
  }
}
