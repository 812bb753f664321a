import { type Family, parseAddress } from "../../net/address.ts";
import { type Cidr, distinct, formatCidr, networkOf } from "../../net/cidr.ts";
import type { Link } from "../../net/link.ts";
import { escapeControls } from "../../text/escape.ts";
import type { SkippedLink } from "../types.ts";
import { IpError } from "./error.ts";
import { addressOf, deviceOf, type Json, listOf, readList, stringsOf, textOf, wholeNumber } from "./fields.ts";

/** Interfaces and their addresses of one family. */
export interface Interfaces {
  /** Networks of the addresses, link up or not: an exclusion should not flap. */
  readonly connected: readonly Cidr[];
  /** Those addresses themselves. */
  readonly addresses: readonly string[];
  readonly links: readonly Link[];
  readonly skipped: readonly SkippedLink[];
}

/**
 * Reads `ip -j address show` interface by interface: one that cannot be read, perhaps because of a text of another
 * program or of a person, must not hide the others.
 *
 * @throws {IpError} when none can be read
 */
export function parseInterfaces(json: string, family: Family = 4): Interfaces {
  const all = splitInterfaces(json).map((one) => readInterfaces(one, family));
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

function readInterfaces(json: string, family: Family) {
  try {
    return { read: readList(json).map((entry) => readInterface(entry, family)) };
  } catch (error) {
    if (!(error instanceof IpError)) throw error;
    return { failed: { name: /"ifname":"([^"]*)"/.exec(json)?.[1] ?? "", error } };
  }
}

/** Of `ip`. */
const FAMILY_NAMES: Readonly<Record<Family, string>> = { 4: "inet", 6: "inet6" };

/** One interface; without a link where its name cannot be shown. */
function readInterface(entry: Json, family: Family) {
  const infos = listOf(entry["addr_info"]).filter((info) => info["family"] === FAMILY_NAMES[family]);
  const name = textOf(entry["ifname"], "");
  const device = deviceOf(name);
  return {
    name,
    networks: infos.flatMap((info) => networkIn(info, family) ?? []),
    addresses: infos.flatMap(({ local }) => addressOf(local, family) ?? []),
    link:
      device === undefined
        ? undefined
        : { name: device, ...stateOf(entry), addresses: infos.flatMap((info) => ownAddress(info, family)) },
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

function ownAddress(info: Json, family: Family): Link["addresses"][number] | [] {
  const [address, network] = [addressOf(info["local"], family), networkIn(info, family)];
  return address === undefined || network === undefined ? [] : { address, network };
}

/** The network that an interface is in by one of its addresses. */
function networkIn({ local, address, prefixlen }: Json, family: Family): Cidr | undefined {
  // `address` is the far end of a point-to-point link
  const ip = parseAddress(textOf(address, textOf(local, "")), [family]);
  const prefix = wholeNumber(prefixlen, family === 4 ? 32 : 128, 0);
  return ip === undefined || prefix === 0 ? undefined : networkOf(ip, prefix);
}
