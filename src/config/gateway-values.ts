import { type Address, compareAddresses, formatAddress } from "../net/address.ts";
import { quote } from "../text/escape.ts";
import { shorten } from "../text/table.ts";
import { parseGatewayAddress } from "./address-values.ts";
import { integer, type Parsed, type ValueType } from "./values.ts";

/** A gateway as -gateway gives it; what is undefined is not given. */
export interface GivenGateway {
  /** That of IPv4 where both are given. */
  readonly address: Address;
  readonly address6?: Address;
  readonly name?: string;
  readonly weight?: number;
  readonly tier?: number;
}

/** The share of a gateway in relation to the others of its tier. */
export const weight = integer("WEIGHT", 1, 100, "2");

/** The lower tiers come first. */
export const tier = integer("TIER", 1, 100, "2");

/** Names are also words of commands and labels of metrics. One that looks like an address would be taken for that. */
export const gatewayName: ValueType<string> = {
  placeholder: "NAME",
  example: "sweden",
  schema: { type: "string", pattern: String.raw`^[A-Za-z\d][\w.-]{0,62}$` },
  parse(text) {
    if (/^\d+(\.\d+){3}$/.test(text)) return { ok: false, expected: "a name that does not look like an address" };
    return /^[A-Za-z\d][\w.-]{0,62}$/.test(text)
      ? { ok: true, value: text }
      : { ok: false, expected: "a name of 1 to 63 letters, digits and -_. that begins with a letter or a digit" };
  },
};

const FORM =
  "an IPv4 address, with NAME= before it and ,weight=N and ,tier=N after it where wanted, such as sweden=192.168.1.10,weight=2,tier=1; or an IPv6 address in its place, or both, such as 192.168.1.10+fd00::10";

/**
 * A gateway: `192.168.1.10`, or with more about it `sweden=192.168.1.10+fd00::10,weight=2,tier=1`. A plus is in no address and
 * means nothing to a shell; commas, spaces and colons have other meanings here.
 */
export const gateway: ValueType<GivenGateway> = {
  placeholder: "GATEWAY",
  example: "sweden=192.168.1.10",
  parse(text) {
    const [head, ...settings] = text.split(",");
    const [, named, texts] = /^(?:(.*)=)?(.*)$/s.exec(head!)!;
    const addresses = parseAddresses(texts!);
    if (!addresses.ok) return addresses;
    const name = named === undefined ? undefined : gatewayName.parse(named);
    if (name?.ok === false) return { ok: false, expected: `${name.expected}, before "="` };
    const more = parseSettings(settings);
    if (!more.ok) return more;
    return { ok: true, value: { ...addresses.value, ...(name && { name: name.value }), ...more.value } };
  },
};

/** Reads one address, or one of each family. */
function parseAddresses(texts: string): Parsed<Pick<GivenGateway, "address" | "address6">> {
  const found: Address[] = [];
  for (const text of texts.split("+")) {
    const parsed = parseGatewayAddress(text, FORM);
    if (!parsed.ok) return parsed;
    found.push(parsed.value);
  }
  if (new Set(found.map(({ family }) => family)).size < found.length) {
    return { ok: false, expected: "one address of each family at most; write another -gateway for another gateway" };
  }
  const [address, address6] = found.sort(compareAddresses);
  return { ok: true, value: { address: address!, ...(address6 && { address6 }) } };
}

type Settings = Pick<GivenGateway, "weight" | "tier">;

const SETTINGS: ReadonlyMap<string, ValueType<number>> = new Map([
  ["weight", weight],
  ["tier", tier],
]);

/** Reads what follows the address, such as `weight=2`. */
function parseSettings(texts: readonly string[]): Parsed<Settings> {
  const values = new Map<string, number>();
  for (const text of texts) {
    const [, key, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
    const type = SETTINGS.get(key ?? "");
    if (key === undefined || type === undefined) return { ok: false, expected: unexpected(text) };
    if (values.has(key)) return { ok: false, expected: `${key} once` };
    const parsed = type.parse(value!);
    if (!parsed.ok) return { ok: false, expected: `${parsed.expected} after "${key}="` };
    values.set(key, parsed.value);
  }
  return { ok: true, value: Object.fromEntries(values) };
}

function unexpected(text: string): string {
  return `weight=N or tier=N after the address (got ${quote(shorten(text, 40))}); another gateway follows after a space, or in a -gateway of its own`;
}

/** The addresses of a gateway as texts. */
export function givenAddresses({ address, address6 }: Pick<GivenGateway, "address" | "address6">): string[] {
  return [address, ...(address6 ? [address6] : [])].map(formatAddress);
}

/** A gateway as a flag gives it. */
export function gatewayFlag({ name, weight, tier, ...addresses }: GivenGateway): string {
  return [
    `${name === undefined ? "" : `${name}=`}${givenAddresses(addresses).join("+")}`,
    ...(weight === undefined ? [] : [`weight=${weight}`]),
    ...(tier === undefined ? [] : [`tier=${tier}`]),
  ].join(",");
}
