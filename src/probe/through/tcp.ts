import { FAMILIES, parseAddress } from "../../net/address.ts";
import type { ThroughProbe } from "../probe.ts";
import { converse } from "../socket/converse.ts";
import { MarkedSocket } from "../socket/marked-socket.ts";
import { type Outcome, throughProbe } from "./attempt.ts";

/** A connection to a port of an address. `timeout` is in milliseconds. */
export interface TcpTarget {
  readonly kind: "tcp";
  readonly address: string;
  readonly port: number;
  readonly timeout: number;
}

const CONNECTED: Outcome = { kind: "success", detail: "connected" };

/** A probe that succeeds with the handshake, and then resets the connection. */
export function tcpProbe({ address, port, timeout }: TcpTarget): ThroughProbe {
  const target = parseAddress(address, FAMILIES)!;
  return throughProbe(timeout, async (path, signal) => {
    using socket = new MarkedSocket("tcp", path);
    socket.connect(target, port);
    return await converse(socket, signal, { connected: () => CONNECTED }).catch((error: unknown) => {
      if ((error as { code?: unknown }).code === "ECONNRESET") return CONNECTED; // only an open connection can be reset
      throw error;
    });
  });
}
