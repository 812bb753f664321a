const GROUPS = 8;
const GROUP_BITS = 16n;

const GROUP = /^[\da-f]{1,4}$/i;

/**
 * Reads an IPv6 address without a zone, in any of the forms of RFC 4291.
 *
 * @param readIpv4 reads an IPv4 address, which may stand for the last two groups
 * @returns its 128 bits, or undefined when the text is not one
 */
export function parseIpv6(text: string, readIpv4: (text: string) => number | undefined): bigint | undefined {
  const [before, after, ...more] = text.split("::");
  if (before === undefined || more.length > 0) return undefined;
  const [head, tail] = [groupsIn(before, readIpv4, after === undefined), groupsIn(after ?? "", readIpv4, true)];
  if (!head || !tail) return undefined;
  const missing = GROUPS - head.length - tail.length;
  if (after === undefined ? missing !== 0 : missing < 1) return undefined;
  return bitsOf([...head, ...Array<bigint>(missing).fill(0n), ...tail]);
}

/** The groups on one side of `::`. */
function groupsIn(text: string, readIpv4: (text: string) => number | undefined, isLast: boolean): bigint[] | undefined {
  if (text === "") return [];
  const words = text.split(":");
  const dotted = isLast && words.at(-1)!.includes(".") ? words.pop() : undefined;
  const ipv4 = dotted === undefined ? undefined : readIpv4(dotted);
  if (dotted !== undefined && ipv4 === undefined) return undefined;
  if (!words.every((word) => GROUP.test(word))) return undefined;
  const groups = words.map((word) => BigInt(`0x${word}`));
  return ipv4 === undefined ? groups : [...groups, BigInt(ipv4 >>> 16), BigInt(ipv4 & 0xffff)];
}

function bitsOf(groups: readonly bigint[]): bigint {
  return groups.reduce((bits, group) => (bits << GROUP_BITS) | group, 0n);
}

/** ::ffff:0:0/96: the IPv4 addresses as IPv6 sockets see them, which RFC 5952 writes with dots. */
const MAPPED = 0xffffn;

/**
 * The one text of an address that RFC 5952 recommends: lower case, no leading zeros, and `::` for the first of the longest
 * runs of two or more groups that are zero.
 *
 * @param writeIpv4 the text of an IPv4 address
 */
export function formatIpv6(bits: bigint, writeIpv4: (bits: number) => string): string {
  if (bits >> 32n === MAPPED) return `::ffff:${writeIpv4(Number(bits & 0xffff_ffffn))}`;
  const groups = Array.from({ length: GROUPS }, (_, index) => {
    return Number((bits >> (GROUP_BITS * BigInt(GROUPS - 1 - index))) & 0xffffn);
  });
  const { start, length } = longestZeros(groups);
  const textOf = (some: readonly number[]): string => some.map((group) => group.toString(16)).join(":");
  if (length < 2) return textOf(groups);
  return `${textOf(groups.slice(0, start))}::${textOf(groups.slice(start + length))}`;
}

/** The first of the longest runs of groups that are zero. */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) longest = { start: index - length + 1, length };
  }
  return longest;
}
