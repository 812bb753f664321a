import {
  type Address,
  addressAfter,
  compareAddresses,
  FAMILIES,
  type Family,
  formatAddress,
  type Ipv4Address,
  ipv6Address,
  numberOf,
  parseAddress,
  rangeSize,
  stepsBetween,
  zoneOf,
} from "./address.ts";

/** A network: all addresses that share the first `prefix` bits of `address`, whose other bits are zero. It has no zone. */
export interface Cidr<A extends Address = Address> {
  readonly address: A;
  readonly prefix: number;
}

/** Bits of an address. */
const WIDTHS: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

const PREFIX = /^(0|[1-9]\d{0,2})$/;

/** Number of addresses in a network of that prefix length. */
function sizeOf(family: Family, prefix: number): bigint {
  return 1n << BigInt(WIDTHS[family] - prefix);
}

/** The network of a prefix length that holds the address. */
export function networkOf<A extends Address>(address: A, prefix: number): Cidr<A> {
  return { address: withoutHost(address, prefix) as A, prefix };
}

function withoutHost(address: Address, prefix: number): Address {
  if (address.family === 6) {
    const host = BigInt(WIDTHS[6] - prefix);
    return ipv6Address((numberOf(address) >> host) << host);
  }
  const size = 2 ** (WIDTHS[4] - prefix);
  return { family: 4, bits: Math.floor(address.bits / size) * size };
}

/** How many addresses a network has. */
export function addressCount({ address, prefix }: Cidr): bigint {
  return sizeOf(address.family, prefix);
}

/** The network of one address alone, whatever its zone. */
export function hostOf<A extends Address>(address: A): Cidr<A> {
  return networkOf(address, WIDTHS[address.family]);
}

/** Whether a network is one address alone. */
export function isHost({ address, prefix }: Cidr): boolean {
  return prefix === WIDTHS[address.family];
}

/** All addresses of a family. */
export function everything(family: Family): Cidr {
  return { address: family === 4 ? { family, bits: 0 } : ipv6Address(0n), prefix: 0 };
}

/**
 * Reads `a.b.c.d/n` or `a:b::/n`, of one of the families; of IPv4 alone where none are named. Host bits are cleared, as
 * Go's net.ParseCIDR does, so `10.1.2.3/8` is `10.0.0.0/8`.
 *
 * @returns the network, or undefined when the text is not one
 */
export function parseCidr(text: string): Cidr<Ipv4Address> | undefined;
export function parseCidr(text: string, families: readonly Family[]): Cidr | undefined;
export function parseCidr(text: string, families: readonly Family[] = [4]): Cidr | undefined {
  const [address, prefix, ...rest] = text.split("/");
  if (address === undefined || prefix === undefined || rest.length > 0 || !PREFIX.test(prefix)) return undefined;
  const parsed = parseAddress(address, families);
  if (parsed === undefined || zoneOf(parsed) !== undefined || Number(prefix) > WIDTHS[parsed.family]) return undefined;
  return networkOf(parsed, Number(prefix));
}

/** The network of one address of either family alone, from its text; undefined when the text is not one. */
export function parseHost(text: string): Cidr | undefined {
  const address = parseAddress(text, FAMILIES);
  return address && hostOf(address);
}

/** The `address/n` form of a network; also its identity, since equal networks have equal text. */
export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.address)}/${cidr.prefix}`;
}

/** Whether every address of `inner` is in `outer`; a network contains itself. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  if (outer.prefix > inner.prefix || outer.address.family !== inner.address.family) return false;
  return networkOf(inner.address, outer.prefix).address.bits === outer.address.bits;
}

/** Whether the two share an address. Networks are nested or apart, so one must contain the other. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, b) || contains(b, a);
}

/** The fewest networks that hold exactly the addresses from the first to the last, both included, in ascending order. */
export function rangeToCidrs<A extends Address>(first: A, last: A): Cidr<A>[] {
  const { family } = first;
  const cidrs: Cidr<A>[] = [];
  let next = hostOf(first).address;
  for (let left = (stepsBetween(first, last) ?? -1n) + 1n; left > 0n;) {
    let prefix = WIDTHS[family];
    while (prefix > 0 && sizeOf(family, prefix - 1) <= left && isAligned(next, prefix - 1)) prefix--;
    cidrs.push({ address: next, prefix });
    left -= sizeOf(family, prefix);
    next = addressAfter(next, sizeOf(family, prefix));
  }
  return cidrs;
}

/** Whether a network of that prefix length begins at the address. */
function isAligned(address: Address, prefix: number): boolean {
  return numberOf(address) % sizeOf(address.family, prefix) === 0n;
}

/** The fewest networks that hold exactly these addresses, in ascending order. */
export function addressesToCidrs<A extends Address>(addresses: readonly A[]): Cidr<A>[] {
  const runs: { first: A; last: A }[] = [];
  for (const address of addresses.map((one) => hostOf(one).address).toSorted(compareAddresses)) {
    const run = runs.at(-1);
    if (run && rangeSize(run.last, address) <= 2)
      run.last = address; // the same one again, or its neighbour
    else runs.push({ first: address, last: address });
  }
  return runs.flatMap(({ first, last }) => rangeToCidrs(first, last));
}

/** The fewest networks that hold the addresses of a network that none of the others holds, in ascending order. */
export function subtract(network: Cidr, others: readonly Cidr[]): Cidr[] {
  const inside = others.filter((other) => overlaps(other, network));
  if (inside.length === 0) return [network];
  if (inside.some((other) => contains(other, network))) return [];
  return halves(network).flatMap((half) => subtract(half, inside));
}

/** The two networks of the next longer prefix that make up a network. */
export function halves({ address, prefix }: Cidr): [Cidr, Cidr] {
  // The arithmetic of large numbers is slow, and exclusions of IPv4 are halved by the thousand.
  const upper: Address =
    address.family === 4
      ? { family: 4, bits: address.bits + 2 ** (WIDTHS[4] - prefix - 1) }
      : addressAfter(address, sizeOf(6, prefix + 1));
  return [
    { address, prefix: prefix + 1 },
    { address: upper, prefix: prefix + 1 },
  ];
}

/**
 * Prefix lengths of the networks that contain a given one; text keys, since comparing 3,000 networks pairwise takes 0.5 s.
 */
export function prefixesAround(networks: readonly Cidr[]): (inner: Cidr) => number[] {
  const names = new Set(networks.map(formatCidr));
  const prefixes = [...new Set(networks.map(({ prefix }) => prefix))];
  return ({ address, prefix }) =>
    prefixes.filter((length) => length <= prefix && names.has(formatCidr(networkOf(address, length))));
}

/** The networks that no other one of them holds, in first-seen order. Together they hold the same addresses. */
export function outermost(cidrs: readonly Cidr[]): Cidr[] {
  const around = prefixesAround(cidrs);
  return distinct(cidrs).filter((one) => around(one).length === 1); // itself
}

/** The networks in first-seen order without repeats. */
export function distinct(cidrs: Iterable<Cidr>): Cidr[] {
  return [...new Map([...cidrs].map((cidr) => [formatCidr(cidr), cidr])).values()];
}
