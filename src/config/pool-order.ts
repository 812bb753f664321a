import { FAMILIES } from "../net/address.ts";
import { addressCount, contains, everything, formatCidr, outermost, overlaps } from "../net/cidr.ts";
import { narrowTo } from "./families.ts";
import type { MarkSelector, Selectors } from "../routing/selectors.ts";

/*
 * The order in which pools are asked for a packet. The first one whose selectors match decides, so the most specific one
 * comes first: that with fewer source addresses, then that with fewer interfaces, then that whose mark has more bits, and
 * then the first of the file. A pool for all packets comes last, wherever it stands.
 *
 * Those numbers say little about pools that have IPv4 and IPv6 in common with different others. So one that has all packets of
 * another one in either family comes after it in any case, as far as they do not have that of each other.
 */

/** The indexes of pools in the order in which they are asked. */
export function orderOf(all: readonly Selectors[]): number[] {
  const sorted = all.map((_, index) => index).sort((a, b) => compareSelectors(all[a]!, all[b]!));
  const hasIpv6 = all.some(({ from }) => from.some(({ address }) => address.family === 6));
  return hasIpv6 ? innerFirst(sorted, (outer, inner) => hasWithin(all[outer]!, all[inner]!)) : sorted;
}

function innerFirst(sorted: readonly number[], has: (outer: number, inner: number) => boolean): number[] {
  const placed: number[] = [];
  const seen = new Set<number>();
  const place = (outer: number): void => {
    if (seen.has(outer)) return;
    seen.add(outer);
    for (const inner of sorted) if (!seen.has(inner) && has(outer, inner)) place(inner);
    placed.push(outer);
  };
  for (const index of sorted) place(index);
  return placed;
}

/** Whether one has all packets of another one in a family, and more. */
function hasWithin(outer: Selectors, inner: Selectors): boolean {
  return FAMILIES.some((family) => {
    const [wide, narrow] = [narrowTo(family, outer), narrowTo(family, inner)];
    return wide !== undefined && narrow !== undefined && includes(wide, narrow) && !includes(narrow, wide);
  });
}

/** Below zero where the first one is asked before the other one, above where after it; 0 where their places in the file decide. */
export function compareSelectors(one: Selectors, other: Selectors): number {
  const [a, b] = [breadthOf(one), breadthOf(other)];
  const index = a.findIndex((value, at) => value !== b[at]);
  if (index < 0) return 0;
  return a[index]! < b[index]! ? -1 : 1;
}

/**
 * How much packets may differ: the number of source addresses of each family, of interfaces, and of bits of the mark that do
 * not matter.
 */
function breadthOf({ from, in: devices, mark }: Selectors): readonly (number | bigint)[] {
  const networks = from.length === 0 ? FAMILIES.map(everything) : outermost(from);
  const sources = FAMILIES.map((family) =>
    networks.reduce((sum, one) => sum + (one.address.family === family ? addressCount(one) : 0n), 0n),
  );
  return [...sources, devices.length === 0 ? MOST_DEVICES : new Set(devices).size, 32 - bitsOf(mark)];
}

/** More than a pool names. */
const MOST_DEVICES = 2 ** 16;

function bitsOf(mark: MarkSelector | undefined): number {
  return mark === undefined ? 0 : mark.mask.toString(2).replaceAll("0", "").length;
}

/** Whether two pools are for the same packets, as far as they are written alike. */
export function isSameSelection(one: Selectors, other: Selectors): boolean {
  return textOf(one) === textOf(other);
}

function textOf({ from, in: devices, mark }: Selectors): string {
  const sources = outermost(from).map(formatCidr).sort();
  const bits = mark && [(mark.value & mark.mask) >>> 0, mark.mask];
  return JSON.stringify([sources, [...new Set(devices)].sort(), bits]);
}

/** Whether each packet that the inner one selects is selected by the outer one as well. */
export function includes(outer: Selectors, inner: Selectors): boolean {
  const hasSources =
    outer.from.length === 0 ||
    (inner.from.length > 0 && inner.from.every((one) => outer.from.some((network) => contains(network, one))));
  const hasDevices =
    outer.in.length === 0 || (inner.in.length > 0 && inner.in.every((device) => outer.in.includes(device)));
  return hasSources && hasDevices && includesMark(outer.mark, inner.mark);
}

function includesMark(outer: MarkSelector | undefined, inner: MarkSelector | undefined): boolean {
  if (outer === undefined) return true;
  if (inner === undefined || (outer.mask & ~inner.mask) !== 0) return false;
  return ((outer.value ^ inner.value) & outer.mask) === 0;
}

/** Whether a packet may be selected by both. */
export function overlap(one: Selectors, other: Selectors): boolean {
  const haveSource =
    one.from.length === 0 ||
    other.from.length === 0 ||
    one.from.some((network) => other.from.some((another) => overlaps(network, another)));
  const haveDevice = one.in.length === 0 || other.in.length === 0 || one.in.some((device) => other.in.includes(device));
  const [mark, another] = [one.mark, other.mark];
  const haveMark = !mark || !another || ((mark.value ^ another.value) & mark.mask & another.mask) === 0;
  return haveSource && haveDevice && haveMark;
}

/** The pools in the order in which they are asked. */
export function inOrder<P extends { readonly preference: number }>(pools: readonly P[]): P[] {
  return pools.toSorted((one, other) => one.preference - other.preference);
}
