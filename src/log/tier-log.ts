import type { Emit } from "../events/events.ts";
import type { PoolEvent, TierReport } from "../pool/events.ts";
import type { TierCount } from "../pool/tiers.ts";
import type { GatewayText } from "../text/gateway.ts";
import { list } from "../text/list.ts";
import { roughly } from "./duration.ts";
import type { Log } from "./log.ts";

/** Gateways of a tier that one line names at most. */
const MAX_GATEWAYS = 4;

type EventOf<T extends PoolEvent["type"]> = Extract<PoolEvent, { readonly type: T }>;

/**
 * Logs which tier carries the traffic of a pool. The best one at the start is not worth a line.
 *
 * @param labelOf the name of a gateway, or its address
 */
export function createTierLog(log: Log, labelOf: GatewayText): Emit {
  return (event) => {
    if (event.type === "failback") log("info", failbackText(event, labelOf), { tier: event.from });
    if (event.type !== "tier") return;
    const change = describeTier(event, labelOf);
    if (change) log(change.worse ? "warn" : "info", change.text, { tier: event.tier });
  };
}

/** Which tier carries the traffic from now on, and whether it is a worse one; undefined for the best one at the start. */
export function describeTier(
  event: EventOf<"tier">,
  labelOf: GatewayText,
): { readonly worse: boolean; readonly text: string } | undefined {
  const { tier, before, counts } = event;
  if (before !== undefined && tier < before) return { worse: false, text: returnText(event, before, labelOf) };
  return tier > counts[0]!.tier ? { worse: true, text: takeoverText(event, labelOf) } : undefined;
}

/** A worse tier carries traffic from now on. */
function takeoverText(event: EventOf<"tier">, labelOf: GatewayText): string {
  const { tier, before, counts } = event;
  const now = before === undefined ? "" : " now";
  const better = counts.filter((count) => count.tier < tier);
  const beside = event.shortage === "join" ? better.filter(({ usable }) => usable > 0) : [];
  const subject = nameOf(tier, event, labelOf);
  const why = shortageText(better, event);
  return beside.length === 0
    ? `all traffic${now} uses ${subject}: ${why}`
    : `${subject}${now} carries traffic beside ${tiersText(beside)}: ${why}`;
}

/** Traffic has returned to a better tier. */
function returnText(event: EventOf<"tier">, before: number, labelOf: GatewayText): string {
  const { tier, counts, shortage } = event;
  if (shortage === "replace") {
    const count = counts.find((one) => one.tier === tier)!;
    return `all traffic uses ${nameOf(tier, event, labelOf)} again: it has ${usableText(count)}`;
  }
  const left = counts.filter((one) => one.tier > tier && one.tier <= before);
  const why = countsText(counts.filter((one) => one.tier <= tier));
  return `${tiersText(left)} no longer ${left.length === 1 ? "carries" : "carry"} traffic: ${why}`;
}

function failbackText(event: EventOf<"failback">, labelOf: GatewayText): string {
  const { from, to, counts } = event;
  const current = nameOf(from, event, labelOf);
  if (to === undefined) {
    const better = counts.filter(({ tier }) => tier < from);
    return `traffic stays on ${current}: ${shortageText(better, event)}`;
  }
  const until = `in ${roughly(to.waitMs)} (-tier-failback-delay)`;
  return event.shortage === "join"
    ? `${current} stops carrying traffic ${until}: ${countsText(counts.filter(({ tier }) => tier <= to.tier))}`
    : `traffic returns to ${nameOf(to.tier, event, labelOf)} ${until}: it has ${usableText(counts.find(({ tier }) => tier === to.tier)!)}`;
}

/** A tier with the names of its gateways. */
function nameOf(tier: number, { counts }: TierReport, labelOf: GatewayText): string {
  const { gateways } = counts.find((count) => count.tier === tier)!;
  return `tier ${tier} (${list(gateways.map(labelOf), MAX_GATEWAYS)})`;
}

function tiersText(counts: readonly TierCount[]): string {
  const numbers = counts.map(({ tier }) => String(tier));
  if (numbers.length === 1) return `tier ${numbers[0]}`;
  return `tiers ${numbers.slice(0, -1).join(", ")} and ${numbers.at(-1)}`;
}

function usableText({ usable, gateways }: TierCount): string {
  return `${usable} of ${gateways.length} usable gateways`;
}

function countsText(counts: readonly TierCount[]): string {
  return counts.map((count) => `tier ${count.tier} has ${usableText(count)}`).join(", ");
}

/** How many gateways of these tiers are usable, and of how many each would need, or all that join. */
function shortageText(counts: readonly TierCount[], { least, shortage }: TierReport): string {
  const needsOf = (some: readonly TierCount[]): string => {
    const usable = some.reduce((sum, count) => sum + count.usable, 0);
    return usable > 0 && usable < least ? `, fewer than ${least} (-tier-min)` : "";
  };
  if (shortage === "join") return countsText(counts) + needsOf(counts);
  return counts.map((count) => countsText([count]) + needsOf([count])).join(", ");
}
