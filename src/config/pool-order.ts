import { contains, formatCidr, outermost, overlaps } from "../net/cidr.ts";
import type { MarkSelector, Selectors } from "../routing/selectors.ts";

/*
 * The order in which pools are asked for a packet. The first one whose selectors match decides, so the most specific one
 * comes first: that with fewer source addresses, then that with fewer interfaces, then that whose mark has more bits, and
 * then the first of the file. A pool for all packets comes last, wherever it stands.
 */

/** Below zero where the first one is asked before the other one, above where after it; 0 where their places in the file decide. */
export function compareSelectors(one: Selectors, other: Selectors): number {
  const [a, b] = [breadthOf(one), breadthOf(other)];
  const index = a.findIndex((value, at) => value !== b[at]);
  return index < 0 ? 0 : a[index]! - b[index]!;
}

/** How much packets may differ: the number of source addresses, of interfaces, and of bits of the mark that do not matter. */
function breadthOf({ from, in: devices, mark }: Selectors): readonly number[] {
  const sources =
    from.length === 0 ? EVERYTHING : outermost(from).reduce((sum, { prefix }) => sum + 2 ** (32 - prefix), 0);
  return [sources, devices.length === 0 ? MOST_DEVICES : new Set(devices).size, 32 - bitsOf(mark)];
}

const EVERYTHING = 2 ** 32;
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
