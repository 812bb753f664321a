import { parseAddress } from "../../net/address.ts";
import { type Cidr, distinct, formatCidr, networkOf } from "../../net/cidr.ts";
import type { Link } from "../../net/link.ts";
import { escapeControls } from "../../text/escape.ts";
import type { SkippedLink } from "../types.ts";
import { IpError } from "./error.ts";
import { addressOf, deviceOf, type Json, listOf, readList, stringsOf, textOf, wholeNumber } from "./fields.ts";

/** Interfaces and their IPv4 addresses. */
export interface Interfaces {
  /** Networks of the addresses, link up or not: an exclusion should not flap. */
  readonly connected: readonly Cidr[];
  /** Those addresses themselves. */
  readonly addresses: readonly string[];
  readonly links: readonly Link[];
  readonly skipped: readonly SkippedLink[];
}

/**
 * Reads `ip -4 -j address show` interface by interface: one that cannot be read, perhaps because of a text of another
 * program or of a person, must not hide the others.
 *
 * @throws {IpError} when none can be read
 */
export function parseInterfaces(json: string): Interfaces {
  const all = splitInterfaces(json).map(readInterfaces);
  const [read, failed] = [all.flatMap((one) => one.read ?? []), all.flatMap((one) => one.failed ?? [])];
  if (read.length === 0 && failed.length > 0) throw failed[0]!.error;
  const networks = read.flatMap((one) => one.networks);
  return {
    connected: distinct(networks).sort((a, b) => (formatCidr(a) < formatCidr(b) ? -1 : 1)),
    addresses: read.flatMap((one) => one.addresses),
    links: read.flatMap(({ link }) => link ?? []),
    skipped: [
      ...read.filter(({ link, name }) => !link && name !== "").map(({ name }) => ({ name: escapeControls(name) })),
      ...failed.map(({ name, error }) => ({ name: escapeControls(name), unreadable: error.detail })),
    ],
  };
}

/**
 * A list for each interface. Each begins with its index, and a quote inside a text is escaped, so that no text can look
 * like such a beginning. Of a list that is not whole nothing is known.
 */
function splitInterfaces(json: string): string[] {
  if (!json.startsWith("[") || !json.endsWith("]")) return [json];
  const texts = json.slice(1, -1).split(/(?<=\}),(?=\{"ifindex":)/);
  return texts.map((text) => `[${text}]`);
}

function readInterfaces(json: string) {
  try {
    return { read: readList(json).map(readInterface) };
  } catch (error) {
    if (!(error instanceof IpError)) throw error;
    return { failed: { name: /"ifname":"([^"]*)"/.exec(json)?.[1] ?? "", error } };
  }
}

/** One interface; without a link where its name cannot be shown. */
function readInterface(entry: Json) {
  const infos = listOf(entry["addr_info"]).filter(({ family }) => family === "inet");
  const name = textOf(entry["ifname"], "");
  const device = deviceOf(name);
  return {
    name,
    networks: infos.flatMap((info) => networkIn(info) ?? []),
    addresses: infos.flatMap(({ local }) => addressOf(local) ?? []),
    link: device === undefined ? undefined : { name: device, ...stateOf(entry), addresses: infos.flatMap(ownAddress) },
  };
}

/**
 * `UP` is whether it was turned on, `LOWER_UP` whether it has a carrier (netdevice(7)); a link that cannot detect a carrier
 * has the latter as well.
 */
function stateOf(entry: Json): Pick<Link, "up" | "carrier"> {
  const flags = stringsOf(entry["flags"]);
  return { up: flags.includes("UP"), carrier: flags.includes("LOWER_UP") };
}

function ownAddress(info: Json): Link["addresses"][number] | [] {
  const [address, network] = [addressOf(info["local"]), networkIn(info)];
  return address === undefined || network === undefined ? [] : { address, network };
}

/** The network that an interface is in by one of its addresses. */
function networkIn({ local, address, prefixlen }: Json): Cidr | undefined {
  const ip = parseAddress(textOf(address, textOf(local, ""))); // `address` is the far end of a point-to-point link
  const prefix = wholeNumber(prefixlen, 32, 0);
  return ip === undefined || prefix === 0 ? undefined : networkOf(ip, prefix);
}
