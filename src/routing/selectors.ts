import { type Cidr, contains, formatCidr, parseHost } from "../net/cidr.ts";
import { hex } from "../text/hex.ts";

/** The mark of a packet, compared in the bits of the mask. */
export interface MarkSelector {
  readonly value: number;
  readonly mask: number;
}

/** Whose packets use a pool: those that match all that is given, and all packets where nothing is. */
export interface Selectors {
  /** Source networks, of which one has to match. */
  readonly from: readonly Cidr[];
  /** Interfaces on which packets come in, of which one has to match; `lo` for packets of this machine. */
  readonly in: readonly string[];
  readonly mark?: MarkSelector;
}

/** The packets that one rule matches, besides their destination: those with all that is given. */
export interface RuleSelector {
  readonly from?: Cidr;
  readonly in?: string;
  readonly mark?: MarkSelector;
}

/** A pool for all packets. */
export const ALL_PACKETS: Selectors = { from: [], in: [] };

/** Whether all packets match. */
export function isForAll({ from, in: devices, mark }: Selectors): boolean {
  return from.length === 0 && devices.length === 0 && mark === undefined;
}

/**
 * The selectors of the rules that match these packets: a rule has one source and one interface, so there is one for each
 * combination.
 *
 * @returns undefined as the only one for all packets
 */
export function ruleSelectors(selectors: Selectors): readonly (RuleSelector | undefined)[] {
  if (isForAll(selectors)) return [undefined];
  const { from, in: devices, mark } = selectors;
  const sources = from.length === 0 ? [{}] : from.map((one) => ({ from: one }));
  const interfaces = devices.length === 0 ? [{}] : devices.map((one) => ({ in: one }));
  return sources.flatMap((source) => interfaces.map((one) => ({ ...source, ...one, ...(mark && { mark }) })));
}

/**
 * Whether packets of this machine itself, which have no mark, are among them.
 *
 * @param source their source; a packet for which none is chosen yet has 0.0.0.0 (flowi4 in include/net/flow.h)
 */
export function isForOwn({ from, in: devices, mark }: Selectors, source = "0.0.0.0"): boolean {
  const host = parseHost(source);
  const isSource = from.length === 0 || (host !== undefined && from.some((network) => contains(network, host)));
  const isUnmarked = mark === undefined || (mark.value & mark.mask) === 0;
  return isSource && isUnmarked && (devices.length === 0 || devices.includes("lo"));
}

/** The words of `ip rule` for it, as far as it does not match all packets. */
export function selectorWords({ from, in: device, mark }: RuleSelector = {}): string[] {
  return [
    ...["from", from === undefined || from.prefix === 0 ? "all" : formatCidr(from)],
    ...(device === undefined ? [] : ["iif", device]),
    ...(mark === undefined ? [] : ["fwmark", markText(mark)]),
  ];
}

/** The same as a text for people and for maps; empty for all packets. */
export function selectorText(selector: RuleSelector | undefined): string {
  return selector === undefined ? "" : selectorWords(selector).join(" ");
}

/**
 * What the kernel compares of a selector where another one names no source: it takes a new rule without a source for one
 * that has any (fib4_rule_compare in net/ipv4/fib_rules.c).
 */
export function textWithoutSource({ from: _, ...others }: RuleSelector = {}): string {
  return selectorText(others);
}

/** Such as `0x10/0xff`. */
export function markText({ value, mask }: MarkSelector): string {
  return `${hex(value)}/${hex(mask)}`;
}
