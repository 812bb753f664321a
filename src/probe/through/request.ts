import type { Socket } from "node:net";

import { answerOf, type HttpAnswer, nodeRequest } from "../../fetch/node-http.ts";
import { type Address, formatAddress } from "../../net/address.ts";
import { addressInUrl } from "../../net/url-host.ts";
import type { GatewayPath } from "../probe.ts";
import { converse } from "../socket/converse.ts";
import { MarkedSocket } from "../socket/marked-socket.ts";

/** A GET of a URL (http or https) at one of the addresses of its host. */
export interface ThroughRequest {
  readonly url: URL;
  readonly address: Address;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends a GET through a path. */
export type SendThrough = (path: GatewayPath, request: ThroughRequest, signal: AbortSignal) => Promise<HttpAnswer>;

/**
 * Loads what requests of a protocol need: 8 MiB, and on a busy machine longer than a probe may take.
 *
 * The returned function sends a GET through a path, on a connection of its own. Redirects are not followed, proxies of
 * the environment are not used, and a certificate has to be valid for the host of the URL. When the signal aborts, the
 * connection is closed, also while the body is read. It throws errors of the connection, of TLS and of HTTP, each with
 * its code.
 */
export function createSendThrough(protocol: string): SendThrough {
  const secure = protocol === "https:";
  const net = require("node:net") as typeof import("node:net");
  const send = nodeRequest(protocol);
  const secured = secure ? createSecured() : undefined;

  return async (path, { url, address, headers }, signal) => {
    const fd = await connect(path, address, Number(url.port || (secure ? 443 : 80)), signal);
    const plain = net.connect({ fd } as never) as Socket; // an option of Bun, which closes the descriptor with the socket
    const socket = secured ? secured(plain, url) : plain;
    const all = { host: url.host, connection: "close", ...headers }; // Bun adds port 80 to the host of https
    const request = send(url, { headers: all, createConnection: () => socket });
    return answerOf(request, signal, () => socket.destroy());
  };
}

/** A descriptor of a connection that stands. */
async function connect(path: GatewayPath, address: Address, port: number, signal: AbortSignal): Promise<number> {
  using socket = new MarkedSocket("tcp", path);
  socket.connect(address, port);
  await converse(socket, signal, { connected: () => true });
  return socket.duplicate();
}

function createSecured() {
  const tls = require("node:tls") as typeof import("node:tls");
  tls.createSecureContext(); // loads the authorities
  return (socket: Socket, { hostname }: URL): Socket => {
    const address = addressInUrl(hostname);
    const identity = address ? { host: formatAddress(address) } : { host: hostname, servername: hostname };
    return tls.connect({ socket, ...identity, rejectUnauthorized: true });
  };
}
