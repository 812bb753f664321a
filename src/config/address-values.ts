import { type Address, FAMILIES, formatAddress, isAddress, isLinkLocal, parseAddress, zoneOf } from "../net/address.ts";
import { type Cidr, everything, formatCidr, hostOf, parseCidr } from "../net/cidr.ts";
import { rangeOfNoHost } from "../net/reserved.ts";
import { expected, ok, type Parsed, port, textLike, type ValueType } from "./values.ts";

const IPV4_PATTERN = String.raw`\d{1,3}(\.\d{1,3}){3}`;
const IPV6_PATTERN = String.raw`[\da-fA-F]*:[\da-fA-F:.]*`;
const NETWORK_PATTERN = `(${IPV4_PATTERN}/\\d{1,2}|${IPV6_PATTERN}/\\d{1,3})`;

export const ipv4Address: ValueType<Address> = {
  placeholder: "ADDRESS",
  example: "192.168.1.10",
  schema: textLike(`^${IPV4_PATTERN}$`),
  parse(text) {
    const address = parseAddress(text);
    return address === undefined ? expected("an IPv4 address such as 192.168.1.10") : ok(address);
  },
};

/** An address that this machine may have, on whichever interface. */
export const ownAddress: ValueType<Address> = {
  placeholder: "ADDRESS",
  example: "192.168.1.100",
  schema: textLike(`^(${IPV4_PATTERN}|${IPV6_PATTERN})$`),
  parse(text) {
    const address = parseAddress(text, FAMILIES);
    return address === undefined || zoneOf(address) !== undefined
      ? expected("an IPv4 address such as 192.168.1.100, or one of IPv6 such as fd00::100")
      : ok(address);
  },
};

/** An address of a gateway, of either family. */
export const gatewayAddress: ValueType<Address> = {
  placeholder: "ADDRESS",
  example: "192.168.1.10",
  schema: textLike(`^(${IPV4_PATTERN}|${IPV6_PATTERN}(%\\S{1,15})?)$`),
  parse: (text) => parseGatewayAddress(text, "an IPv4 address such as 192.168.1.10, or one of IPv6 such as fd00::10"),
};

/** Reads an address that a gateway can have. @param form what is expected of any other text */
export function parseGatewayAddress(text: string, form: string): Parsed<Address> {
  const address = parseAddress(text, FAMILIES);
  if (address === undefined) return expected(nearlyIpv6(text) ?? form);
  if (address.family === 4) return ok(address); // as ever: the kernel and `check` tell what is wrong with it
  const unplaced = withoutInterface(address);
  if (unplaced !== undefined) return expected(unplaced);
  const range = rangeOfNoHost(address);
  return range === undefined
    ? ok(address)
    : expected(`the address of a machine, of which ${formatCidr(range)} has none`);
}

/** What is expected in place of a link-local address without its interface; undefined for any other address. */
export function withoutInterface(address: Address): string | undefined {
  if (!isLinkLocal(address) || zoneOf(address) !== undefined) return undefined;
  return `a link-local address with its interface, such as ${formatAddress(address)}%eth0: on another one it is another machine's`;
}

/** What is wrong with a text that is an IPv6 address but for its zone, or but for brackets; undefined for any other. */
export function nearlyIpv6(text: string): string | undefined {
  const [, inside] = /^\[([\da-f:.]+)\]$/i.exec(text) ?? [];
  if (inside !== undefined && isAddress(inside, [6])) return `an address without brackets; write ${inside}`;
  const [plain, zone] = text.split("%");
  const address = zone === undefined ? undefined : parseAddress(plain!, [6]);
  if (address === undefined) return undefined;
  return isLinkLocal(address)
    ? "the name of an interface after %, such as fe80::10%eth0"
    : "an address without %INTERFACE, which link-local ones alone have (fe80::/10)";
}

/** A name server by its address; its port is 53 unless another one is given, for which an IPv6 address has brackets. */
export const nameServer: ValueType<{ readonly address: string; readonly port: number }> = {
  placeholder: "ADDRESS[:PORT]",
  example: "192.168.1.53",
  schema: textLike(
    `^(${IPV4_PATTERN}(:\\d{1,5})?|${IPV6_PATTERN}(%\\S{1,15})?|\\[${IPV6_PATTERN}(%\\S{1,15})?\\](:\\d{1,5})?)$`,
  ),
  parse(text) {
    const [, inside, plain, portText = "53"] = /^(?:\[(.*)\]|([^:]*))(?::(\d*))?$/.exec(text) ?? [
      undefined,
      undefined,
      text,
    ];
    const address = parseAddress(inside ?? plain!, inside === undefined ? FAMILIES : [6]);
    if (address === undefined) return expected(SERVER_FORMS);
    const unplaced = withoutInterface(address);
    if (unplaced !== undefined) return expected(unplaced);
    const parsed = port.parse(portText);
    return parsed.ok
      ? ok({ address: formatAddress(address), port: parsed.value })
      : expected(`a port behind the colon: ${parsed.expected}`);
  },
};

const SERVER_FORMS =
  "an IPv4 address such as 192.168.1.53, or one of IPv6 such as fd00::53; with a port, 192.168.1.53:5353 or [fd00::53]:5353";

/** The word for the name servers of the zone that a name is in. */
const AUTHORITATIVE = "authoritative";

/** Servers that are asked for a name. */
export const verifyTarget: ValueType<"authoritative" | { readonly address: string; readonly port: number }> = {
  placeholder: "RESOLVER",
  example: AUTHORITATIVE,
  parse(text) {
    if (text === AUTHORITATIVE) return ok(AUTHORITATIVE);
    const parsed = nameServer.parse(text);
    return parsed.ok ? parsed : expected(`${AUTHORITATIVE}, or the address of a resolver: ${parsed.expected}`);
  },
};

/** A network of either family. */
export const cidr: ValueType<Cidr> = {
  placeholder: "CIDR",
  example: "8.8.8.0/24",
  schema: textLike(`^${NETWORK_PATTERN}$`),
  parse(text) {
    const network = parseCidr(withoutZeros(text), FAMILIES);
    if (network) return ok(network);
    const address = parseAddress(text, FAMILIES);
    if (address !== undefined) return expected(`a network; for this one address use ${formatCidr(hostOf(address))}`);
    return expected("an IPv4 network such as 8.8.8.0/24, or one of IPv6 such as 2606:4700::/32");
  },
};

/** An IPv4 network without zeros in front of its prefix length, which count for nothing in Go's net.ParseCIDR. */
const withoutZeros = (text: string): string => text.replace(/^([\d.]+\/)0{1,5}(?=\d)/, "$1");

/** Words for everything in a family; the older one is that of IPv4, which must never come to mean more. */
const EVERYTHING: ReadonlyMap<string, Cidr> = new Map([
  ["default", everything(4)],
  ["default6", everything(6)],
]);

/** A destination to route: a network, or a word for everything in a family. */
export const destination: ValueType<Cidr> = {
  placeholder: "CIDR|default|default6",
  words: [...EVERYTHING.keys()],
  example: "8.8.8.0/24",
  schema: textLike(`^(${[...EVERYTHING.keys()].join("|")}|${NETWORK_PATTERN})$`),
  parse(text) {
    const all = EVERYTHING.get(text);
    return all === undefined ? cidr.parse(text) : ok(all);
  },
};
