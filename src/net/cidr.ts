import { type Address, compareAddresses, formatAddress, parseAddress, rangeSize } from "./address.ts";

/** A network: all addresses that share the first `prefix` bits of `address`, whose other bits are zero. */
export interface Cidr {
  readonly address: Address;
  readonly prefix: number;
}

/** Bits of an address. */
export const WIDTH = 32;

const PREFIX = /^(0|[1-9]\d?)$/;

/** Number of addresses in a network of that prefix length. */
function sizeOf(prefix: number): number {
  return 2 ** (WIDTH - prefix);
}

/** The network of a prefix length that holds the address. */
export function networkOf({ family, bits }: Address, prefix: number): Cidr {
  const size = sizeOf(prefix);
  return { address: { family, bits: Math.floor(bits / size) * size }, prefix };
}

/** The network of one address alone. */
export function hostOf(address: Address): Cidr {
  return { address, prefix: WIDTH };
}

/**
 * Reads `a.b.c.d/n`. Host bits are cleared, as Go's net.ParseCIDR does, so `10.1.2.3/8` is `10.0.0.0/8`.
 *
 * @returns the network, or undefined when the text is not one
 */
export function parseCidr(text: string): Cidr | undefined {
  const [address, prefix, ...rest] = text.split("/");
  if (address === undefined || prefix === undefined || rest.length > 0 || !PREFIX.test(prefix)) return undefined;
  const parsed = parseAddress(address);
  return parsed === undefined || Number(prefix) > WIDTH ? undefined : networkOf(parsed, Number(prefix));
}

/** The `a.b.c.d/n` form of a network; also its identity, since equal networks have equal text. */
export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.address)}/${cidr.prefix}`;
}

/** Whether every address of `inner` is in `outer`; a network contains itself. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.prefix <= inner.prefix && networkOf(inner.address, outer.prefix).address.bits === outer.address.bits;
}

/** Whether the two share an address. Networks are nested or apart, so one must contain the other. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, b) || contains(b, a);
}

/** The fewest networks that hold exactly the addresses from the first to the last, both included, in ascending order. */
export function rangeToCidrs({ family, bits: first }: Address, { bits: last }: Address): Cidr[] {
  const cidrs: Cidr[] = [];
  for (let bits = first; bits <= last;) {
    let prefix = WIDTH;
    while (prefix > 0 && bits % sizeOf(prefix - 1) === 0 && bits + sizeOf(prefix - 1) - 1 <= last) prefix--;
    cidrs.push({ address: { family, bits }, prefix });
    bits += sizeOf(prefix);
  }
  return cidrs;
}

/** The fewest networks that hold exactly these addresses, in ascending order. */
export function addressesToCidrs(addresses: readonly Address[]): Cidr[] {
  const runs: { first: Address; last: Address }[] = [];
  for (const address of addresses.toSorted(compareAddresses)) {
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
  const upper = { family: address.family, bits: address.bits + sizeOf(prefix + 1) };
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
