import { randomBytes } from "node:crypto";

import { FAMILIES, parseAddress } from "../../net/address.ts";
import type { ThroughProbe } from "../probe.ts";
import { converse } from "../socket/converse.ts";
import { MarkedSocket } from "../socket/marked-socket.ts";
import { type Outcome, throughProbe } from "./attempt.ts";
import { echoRequest, isReplyTo } from "./echo.ts";

/** An echo request to an address. `timeout` is in milliseconds. */
export interface IcmpTarget {
  readonly kind: "icmp";
  readonly address: string;
  readonly timeout: number;
}

/** Bytes of an echo request, by which its reply is recognised. */
const PAYLOAD = 16;
const REPLY: Outcome = { kind: "success", detail: "echo reply" };

/** A probe that sends one echo request (ping) and succeeds with its reply. */
export function icmpProbe({ address, timeout }: IcmpTarget): ThroughProbe {
  const target = parseAddress(address, FAMILIES)!;
  return throughProbe(timeout, async (path, signal) => {
    using socket = new MarkedSocket("icmp", path);
    const request = echoRequest(randomBytes(PAYLOAD), target.family);
    socket.connect(target, 0);
    socket.send(request);
    return await converse(socket, signal, { received: (packet) => (isReplyTo(request, packet) ? REPLY : undefined) });
  });
}
