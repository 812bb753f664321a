import type { PoolConfig } from "../config/model.ts";
import { formatCidr } from "../net/cidr.ts";
import { KILL_SWITCH_SPAN, rejectTypeOf } from "../routing/kill-switch.ts";
import { hex } from "../text/hex.ts";
import { gatewayText } from "../text/gateway.ts";
import { list } from "../text/list.ts";
import type { PoolCases, SharedGateway, TierCase, WithoutGateways } from "./pool-cases.ts";

/* Sentences about pools that plan, explain and check share. */

/** Networks, interfaces and gateways that a sentence names at most. */
const MOST_NAMED = 8;

/** The packets that use a pool. */
export function packetsText({ selectors: { from, in: devices, mark } }: Pick<PoolConfig, "selectors">): string {
  const parts = [
    ...(from.length === 0 ? [] : [`from ${list(from.map(formatCidr), MOST_NAMED)}`]),
    ...(devices.length === 0 ? [] : [`that come in on ${list(devices, MOST_NAMED)}`]),
    ...(mark === undefined ? [] : [`with the mark ${hex(mark.value)}${maskText(mark.mask)}`]),
  ];
  return parts.length === 0 ? "all packets" : `packets ${parts.join(" ")}`;
}

function maskText(mask: number): string {
  return mask >>> 0 === 0xffffffff ? "" : `/${hex(mask)}`;
}

/** The preferences of the rules of a pool. */
export function rulesText({ preference, whenNoGateways }: Pick<PoolConfig, "preference" | "whenNoGateways">): string {
  const last = preference + (rejectTypeOf(whenNoGateways) === undefined ? 0 : KILL_SWITCH_SPAN - 1);
  return last === preference ? `rule ${preference}` : `rules ${preference} to ${last}`;
}

/** What happens to the packets of a pool in each case, a line for each. */
export function caseLines({ tiers, tierRule, tooFew, withoutGateways }: PoolCases): string[] {
  const all =
    tierRule === null
      ? tiers.map(({ gateways }) => `all usable: ${sharesText(gateways)}`)
      : tiers.map((one, index) => tierLine(one, tiers[index - 1], tierRule));
  return [
    ...all,
    ...(tooFew === null ? [] : [`fewer than ${tooFew.least} healthy: ${POLICIES[tooFew.policy]}`]),
    `no usable gateway: packets ${withoutGatewaysText(withoutGateways)}`,
  ];
}

const POLICIES = {
  keep: "those that failed last are used as well",
  all: "every gateway is used",
  none: "no gateway is used",
} as const satisfies Record<NonNullable<PoolCases["tooFew"]>["policy"], string>;

function tierLine(
  { tier, gateways }: TierCase,
  before: TierCase | undefined,
  { least, shortage }: NonNullable<PoolCases["tierRule"]>,
): string {
  if (before === undefined) return `tier ${tier}: ${sharesText(gateways)}`;
  const few = least === 1 ? "no usable gateway" : `fewer than ${least} usable gateways`;
  if (shortage === "replace") return `tier ${tier}, while tier ${before.tier} has ${few}: ${sharesText(gateways)}`;
  return `tier ${tier} as well, while those before it have ${few}: ${list(gateways.map(gatewayText), MOST_NAMED)}`;
}

/** Gateways with their parts of the flows. */
export function sharesText(gateways: readonly Omit<SharedGateway, "weight">[]): string {
  return list(
    gateways.map((one) => `${gatewayText(one)} ${percentText(one.share)}`),
    MOST_NAMED,
  );
}

/** From 0 to 1 as a percentage. */
export function percentText(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** What packets do without a usable gateway: the end of a sentence about them. */
export function withoutGatewaysText({ packets, how, next = [], normalTables = true }: WithoutGateways): string {
  switch (packets) {
    case "rejected":
      return `are rejected (${how})`;
    case "kept":
      return "keep the last routes";
    case "fall-through":
      return `fall through to ${nextText(next, normalTables)}`;
  }
}

function nextText(next: readonly string[], normalTables: boolean): string {
  const tables = "the normal routing tables";
  if (next.length === 0) return tables;
  const pools = `${next.length === 1 ? "pool" : "pools"} ${list(next, MOST_NAMED)}`;
  return normalTables ? `${pools} as far as selected there, else to ${tables}` : pools;
}
