import { randomInt } from "node:crypto";

import { type DnsServer, exchange } from "./exchange.ts";
import { decodeMessage, encodeMessage, type Message, type Received } from "./message.ts";
import { faultOf, sign, type TsigFault } from "./tsig.ts";
import type { TsigKey } from "./tsig-key.ts";

/** An answer, and what is wrong with its signature or, by its word, with that of the request. */
export interface DnsAnswer extends Pick<Received, "rcode" | "isAuthoritative" | "answers" | "authorities"> {
  readonly fault?: TsigFault | undefined;
}

/** Sends a message that is signed with the key. Rejects with what the socket throws, or with the reason of the signal. */
export type SendDns = (server: DnsServer, message: Message, key: TsigKey, signal: AbortSignal) => Promise<DnsAnswer>;

export const sendDns: SendDns = async (server, message, key, signal) => {
  const { bytes, mac } = sign(encodeMessage(randomInt(65_536), message), key, now());
  const answer = await exchange(server, bytes, signal);
  const received = decodeMessage(answer)!; // which has accepted it
  try {
    return { ...received, fault: faultOf(answer, received, key, mac, now()) };
  } catch (error) {
    if (error instanceof RangeError) return { ...received, fault: { code: "forged" } }; // the signature ends too early
    throw error;
  }
};

/** Seconds since 1970. */
function now(): number {
  return Math.floor(Date.now() / 1000);
}
