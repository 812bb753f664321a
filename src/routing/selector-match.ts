import { contains, overlaps, parseHost } from "../net/cidr.ts";
import { networkIn, type RuleJson } from "./policy-rule.ts";
import type { Packet } from "./rule-lookup.ts";
import { ALL_PACKETS, type MarkSelector, type Selectors } from "./selectors.ts";

/** Whether a rule of another program may match a packet that a pool is for. */
export function mayMatch(rule: RuleJson, { from, in: devices, mark }: Selectors = ALL_PACKETS): boolean {
  if ("not" in rule) return true;
  const source = sourceOf(rule);
  const rightSource = source === undefined || from.length === 0 || from.some((network) => overlaps(network, source));
  const rightDevice = rule.iif === undefined || devices.length === 0 || devices.includes(rule.iif);
  const own = markOf(rule);
  const rightMark = !mark || !own || ((mark.value ^ own.value) & mark.mask & own.mask) === 0;
  return rightSource && rightDevice && rightMark;
}

/** Whether a pool is for a packet. */
export function isSelected({ from, iif, mark = 0 }: Packet, selectors: Selectors): boolean {
  const source = from === undefined ? undefined : parseHost(from);
  const { from: sources, in: devices, mark: wanted } = selectors;
  const rightSource = sources.length === 0 || (source !== undefined && sources.some((one) => contains(one, source)));
  const rightDevice = devices.length === 0 || devices.includes(iif);
  return rightSource && rightDevice && (!wanted || ((wanted.value ^ mark) & wanted.mask) === 0);
}

/** Fields by which a rule selects packets, besides source, interface and mark. */
const SELECTING = ["dst", "tos", "oif", "uid_start", "ipproto", "sport", "sport_start", "dport", "dport_start"];

/**
 * Whether a rule of another program matches every packet that a pool is for. Where the pool names no mark, packets have none
 * but those of programs that want them elsewhere (wg-quick).
 */
export function matchesAll(rule: RuleJson, { from, in: devices, mark = NO_MARK }: Selectors = ALL_PACKETS): boolean {
  const source = sourceOf(rule);
  const anySource = source === undefined || (from.length > 0 && from.every((network) => contains(source, network)));
  const anyDevice = rule.iif === undefined || (devices.length > 0 && devices.every((device) => device === rule.iif));
  const own = markOf(rule);
  const hasMark = own === undefined || ((own.mask & ~mark.mask) === 0 && ((own.value ^ mark.value) & own.mask) === 0);
  const others = SELECTING.every((field) => rule[field] === undefined);
  if (!("not" in rule)) return anySource && anyDevice && hasMark && others;
  const isOnlyMark = source === undefined && rule.iif === undefined && others;
  return isOnlyMark && own !== undefined && !hasMark;
}

const NO_MARK: MarkSelector = { value: 0, mask: 0xffffffff };

function sourceOf({ src, srclen }: RuleJson) {
  return src === "all" ? undefined : networkIn(src, srclen);
}

function markOf({ fwmark, fwmask }: RuleJson): MarkSelector | undefined {
  return fwmark === undefined ? undefined : { value: Number(fwmark), mask: Number(fwmask ?? 0xffffffff) };
}
