import { FAMILIES } from "../net/address.ts";
import { contains, hostOf, parseCidr, parseHost } from "../net/cidr.ts";
import { addressInUrl } from "../net/url-host.ts";

/** A proxy that the environment names. */
export interface Proxy {
  readonly url: string;
  /** The variable and the address of the proxy, without its credentials: `HTTPS_PROXY (http://proxy.lan:3128)`. */
  readonly name: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL, if the environment names one, by the rules of Bun's fetch: the lower-case variable comes first, an
 * empty one counts as unset, and NO_PROXY lists hosts, their domains, networks, or `*`.
 */
export function proxyOf(url: URL, environment: Environment): Proxy | undefined {
  const scheme = url.protocol === "https:" ? "https" : "http";
  const names = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, "all_proxy", "ALL_PROXY"];
  const variable = names.find((name) => environment[name]);
  if (variable === undefined) return undefined;
  const exceptions = (environment["no_proxy"] || environment["NO_PROXY"] || "").split(",");
  if (exceptions.some((text) => isException(text.trim().toLowerCase(), url))) return undefined;
  const text = environment[variable]!;
  const proxy = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const shown = URL.canParse(proxy) ? `${new URL(proxy).protocol}//${new URL(proxy).host}` : "not a URL";
  return { url: proxy, name: `${variable} (${shown})` };
}

function isException(text: string, { hostname, port, protocol }: URL): boolean {
  if (text === "*") return true;
  const [name, itsPort] = splitPort(text);
  if (itsPort !== undefined && itsPort !== (port || (protocol === "https:" ? "443" : "80"))) return false;
  const network = networkIn(name);
  const address = addressInUrl(hostname);
  if (network && address) return contains(network, hostOf(address));
  const domain = name.replace(/^\*?\./, "");
  return domain !== "" && (hostname === domain || hostname.endsWith(`.${domain}`));
}

/** A host or network, and its port if it has one: an IPv6 address, which has colons itself, is in brackets then. */
function splitPort(text: string): [name: string, port?: string] {
  if (text.includes(":") && networkIn(text)) return [text];
  const [, inside, portBehind] = /^\[(.*)\](?::(\d+))?$/.exec(text) ?? [];
  if (inside !== undefined) return [inside, ...(portBehind === undefined ? [] : [portBehind])] as [string, string?];
  const [, name = "", port] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
  return port === undefined ? [name] : [name, port];
}

function networkIn(text: string): ReturnType<typeof parseHost> {
  return parseCidr(text, FAMILIES) ?? parseHost(text);
}
