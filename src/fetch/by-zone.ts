import { formatAddress } from "../net/address.ts";
import { addressInUrl } from "../net/url-host.ts";
import { abortable } from "../time/abortable.ts";
import { answerOf, type HttpAnswer, nodeRequest } from "./node-http.ts";

/**
 * Sends a GET to a link-local address of the network of an interface, which Bun 1.4.5's fetch rejects: a URL has no place for
 * the interface, and without it the kernel does not know where the address is. Like fetch with `manual`, it follows no
 * redirect; each request has a connection of its own.
 *
 * @param zone the interface; the address is the host of the URL
 * @throws errors of the network, or the reason of the signal as soon as it aborts
 */
export function getByZone(
  url: URL,
  zone: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { protocol, hostname, port, host, pathname, search } = url;
  const send = nodeRequest(protocol);
  const request = send({
    host: `${formatAddress(addressInUrl(hostname)!)}%${zone}`,
    port: Number(port || (protocol === "https:" ? 443 : 80)),
    path: `${pathname}${search}`,
    headers: { host, ...headers }, // without a zone, of which the server knows nothing
    agent: false,
  });
  return abortable(answerOf(request, signal).catch(withoutInterface), signal);
}

/** The kernel has one code for an interface that does not exist and for many other faults. */
function withoutInterface(error: unknown): never {
  if ((error as { code?: unknown }).code === "EINVAL") throw Object.assign(new Error("ENODEV"), { code: "ENODEV" });
  throw error;
}
