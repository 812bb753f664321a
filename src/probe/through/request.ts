import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";

import { type Ipv4Address, parseAddress } from "../../net/address.ts";
import type { GatewayPath } from "../probe.ts";
import { converse } from "../socket/converse.ts";
import { MarkedSocket } from "../socket/marked-socket.ts";

/** A GET of a URL (http or https) at one of the addresses of its host. */
export interface ThroughRequest {
  readonly url: URL;
  readonly address: Ipv4Address;
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer whose header has arrived. Its disposal closes the connection. */
export interface ThroughResponse extends Disposable {
  readonly status: number;
  /** When the server wants to be asked again (Retry-After). */
  readonly retryAfter: string | null;
  /** The body without transfer encoding; arrives while it is read, and rejects where it is cut short. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Sends a GET through a path. */
export type SendThrough = (path: GatewayPath, request: ThroughRequest, signal: AbortSignal) => Promise<ThroughResponse>;

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
  const { request: send } = secure
    ? (require("node:https") as typeof import("node:https"))
    : (require("node:http") as typeof import("node:http"));
  const secured = secure ? createSecured() : undefined;

  return async (path, { url, address, headers }, signal) => {
    const fd = await connect(path, address, Number(url.port || (secure ? 443 : 80)), signal);
    const plain = net.connect({ fd } as never) as Socket; // an option of Bun, which closes the descriptor with the socket
    const socket = secured ? secured(plain, url) : plain;
    const all = { host: url.host, connection: "close", ...headers }; // Bun adds port 80 to the host of https
    const request = send(url, { headers: all, createConnection: () => socket });
    const close = (): void => {
      signal.removeEventListener("abort", close);
      request.destroy();
      socket.destroy();
    };
    signal.addEventListener("abort", close);
    try {
      const response = await responseTo(request);
      const retryAfter = response.headers["retry-after"] ?? null;
      return { status: response.statusCode!, retryAfter, body: response, [Symbol.dispose]: close };
    } catch (error) {
      close();
      throw error;
    }
  };
}

/** A descriptor of a connection that stands. */
async function connect(path: GatewayPath, address: Ipv4Address, port: number, signal: AbortSignal): Promise<number> {
  using socket = new MarkedSocket("tcp", path);
  socket.connect(address, port);
  await converse(socket, signal, { connected: () => true });
  return socket.duplicate();
}

function createSecured() {
  const tls = require("node:tls") as typeof import("node:tls");
  tls.createSecureContext(); // loads the authorities
  return (socket: Socket, { hostname }: URL): Socket => {
    const identity = parseAddress(hostname) ? { host: hostname } : { host: hostname, servername: hostname };
    return tls.connect({ socket, ...identity, rejectUnauthorized: true });
  };
}

/** Sends the request; the response after its header has arrived, and any interim ones before it. */
async function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const fail = (code: string): void => reject(Object.assign(new Error(code), { code }));
  request.on("response", (response) => {
    response.on("error", () => {}); // also comes to the reader of the body, if there is one
    resolve(response);
  });
  request.on("upgrade", () => fail("UnrequestedUpgrade"));
  request.on("error", reject);
  request.on("close", () => fail("ECONNRESET"));
  request.end();
  return promise;
}
