import { formatCidr } from "../net/cidr.ts";
import { isOurs } from "../routing/entry.ts";
import { isMarkerOf } from "../routing/marker.ts";
import { ruleText, tableName } from "../routing/iproute2/policy-rules.ts";
import type { Step } from "../routing/rule-lookup.ts";
import type { Share } from "../routing/shares.ts";
import { gatewayText } from "../text/gateway.ts";
import type { Column, Tone } from "../text/table.ts";
import { isForeignInside, type PacketFacts, tablesOf } from "./explanation.ts";
import { type AskedPool, askedText } from "./packet-pools.ts";
import { percentText } from "./pool-text.ts";

/** The part of a gateway of all flows to an address. */
export interface PacketShare extends Share {
  /** Absent where it has none. */
  readonly name?: string;
  /** Absent where all gateways are of one tier, and where the pool has no name. */
  readonly tier?: number;
  /** Whether it is one of the flags or of the pool, and not of another run. */
  readonly inRange: boolean;
}

/** The outcome of one rule, in words. */
export function outcomeText(step: Step, own: readonly number[]): string {
  const { outcome, rule, route } = step;
  const owner = isForeignInside(step, own)
    ? ", a route of another program"
    : route && isMarkerOf(route, route.metric)
      ? `, the marker of table ${route.metric}`
      : "";
  const table = rule.action.kind === "lookup" ? tableName(rule.action.table) : "";
  const destination = route && (route.destination.prefix === 0 ? "default" : formatCidr(route.destination));
  switch (outcome) {
    case "no-match":
      return "does not match";
    case "pass":
      return "does nothing";
    case "jump":
      return isOurs(rule) && rule.json.fwmark !== undefined ? "continues there: it is no probe" : "continues there";
    case "empty":
      return `table ${table} has no route to it`;
    case "suppressed":
      return `the route of table ${table} (${destination}) is too general for this rule`;
    case "throw":
      return `table ${table} throws ${destination}: continues with the next rule`;
    case "route":
      return `table ${table} decides: ${route!.type === "unicast" ? "" : `${route!.type} `}${destination}${owner}`;
    case "reject":
      return "rejects it";
  }
}

const VERDICT_TONES: Readonly<Partial<Record<AskedPool["verdict"], Tone>>> = { takes: "good", next: "doubtful" };

/** A row for each pool. */
export function poolColumns(asked: readonly AskedPool[]): Column[] {
  return [
    { title: "POOL", cells: asked.map(({ name }) => ({ text: name })) },
    { title: "PREFERENCE", cells: asked.map(({ preference }) => ({ text: String(preference) })), right: true },
    {
      title: "RESULT",
      cells: asked.map((one) => ({ text: askedText(one), tone: VERDICT_TONES[one.verdict] ?? "quiet" })),
    },
  ];
}

const TONES: Readonly<Partial<Record<Step["outcome"], Tone>>> = { route: "good", reject: "bad" };

/** A row for each step; neighbours of one preference that do not match share one. */
export function stepColumns({ steps, ...facts }: PacketFacts): Column[] {
  const tables = tablesOf(facts);
  const groups: Step[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (last && foldingKey(last[0]!) !== undefined && foldingKey(last[0]!) === foldingKey(step)) last.push(step);
    else groups.push([step]);
  }
  const rows = groups.map((group) => {
    const step = group[0]!;
    const tone = TONES[step.outcome] ?? "quiet";
    if (group.length === 1) return { rule: ruleText(step.rule), text: outcomeText(step, tables), tone };
    return { rule: `${step.rule.preference}: ${group.length} rules`, text: "do not match", tone };
  });
  return [
    { title: "RULE", cells: rows.map(({ rule }) => ({ text: rule })) },
    { title: "RESULT", cells: rows.map(({ text, tone }) => ({ text, tone })) },
  ];
}

function foldingKey({ outcome, rule }: Step): number | undefined {
  return outcome === "no-match" ? rule.preference : undefined;
}

/** @param sources the flags that give gateways, or the pool that has them */
export function shareColumns(shares: readonly PacketShare[], sources: string): Column[] {
  const hasTiers = shares.some(({ tier }) => tier !== undefined);
  return [
    {
      title: "GATEWAY",
      cells: shares.map(({ gateway: address, name, inRange }) => ({
        text: inRange ? gatewayText({ address, name }) : `${address} (not in ${sources})`,
      })),
    },
    ...(hasTiers ? [{ title: "TIER", cells: shares.map(({ tier = "" }) => ({ text: String(tier) })) }] : []),
    { title: "INTERFACE", cells: shares.map(({ device }) => ({ text: device })) },
    { title: "FLOWS", cells: shares.map(({ share }) => ({ text: percentText(share) })), right: true },
  ];
}
