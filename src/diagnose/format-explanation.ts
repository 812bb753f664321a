import { sourceOf, sourcesOf } from "../config/members.ts";
import { type Share, sharesOf } from "../routing/shares.ts";
import { gatewayText, type GatewayText, textsOf } from "../text/gateway.ts";
import { formatCidr } from "../net/cidr.ts";
import type { RouteAnswer } from "../routing/iproute2/inspect.ts";
import { ruleText, tableName } from "../routing/iproute2/policy-rules.ts";
import { isOurs } from "../routing/entry.ts";
import type { Step } from "../routing/rule-lookup.ts";
import { type Column, inColour, layOut, type Look, type Paint, plain, type Tone } from "../text/table.ts";
import type { Classification } from "../routing/classify.ts";
import { classificationText } from "./classification-text.ts";
import {
  contradicts,
  decidingStep,
  deviation,
  isForeignInside,
  type PacketFacts,
  usesGatewaysNow,
} from "./explanation.ts";
import { hashText } from "./hash-text.ts";
import { type ProbePaths, probePathsText } from "./probe-paths-to.ts";

/** The explanation of one packet's route; the form of `-json`. */
export interface Explanation {
  readonly address: string;
  readonly from: string | null;
  readonly ports: { readonly source: number | null; readonly destination: number | null };
  /** Whether it should go through the gateways, as the options say, and why. */
  readonly managed: boolean;
  readonly because: { readonly kind: Classification["kind"]; readonly flag: string | null; readonly why: string };
  /** Whether it goes through them now, and why that differs. */
  readonly takesGateways: boolean;
  readonly deviation: string | null;
  /** The rules of the look-up, up to the one that decides. */
  readonly steps: readonly { readonly rule: string; readonly outcome: Step["outcome"]; readonly text: string }[];
  /** The kernel's own answer for this packet. */
  readonly kernel: RouteAnswer;
  /** Whether something else than rules and routes is involved, so that the steps do not explain the kernel's answer. */
  readonly unexplained: boolean;
  /** The gateways' parts of all flows to this address; empty when none goes through them. */
  readonly shares: readonly (Share & {
    /** Absent where it has none. */
    readonly name?: string;
    /** Whether it is one of the flags, and not of another run. */
    readonly inRange: boolean;
  })[];
  /** Addresses of gateways that get no flows because they are drained; absent without any. */
  readonly drained?: readonly string[];
  /** How probes get to this address, if it is a target of theirs. */
  readonly probes: ProbePaths | null;
  /** What the kernel distributes flows by. */
  readonly hash: { readonly policy: number | null; readonly text: string };
}

const RANGE_ALONE: NonNullable<PacketFacts["given"]> = { gateway: [] };

function nameOf(address: string, { named = [] }: PacketFacts): { readonly name?: string } {
  const name = named.find((one) => one.address === address)?.name;
  return name === undefined ? {} : { name };
}

/** Draws the conclusions from what is known about a packet's route. */
export function explanationOf(facts: PacketFacts): Explanation {
  const { packet, table, gateways, given = RANGE_ALONE, classification, destinations, steps, answer, settings } = facts;
  const { why, flag } = classificationText(classification, destinations, sourceOf(packet.to, given));
  const now = usesGatewaysNow(facts);
  const { hashPolicy, hashFields } = settings;
  return {
    address: packet.to,
    from: packet.from ?? null,
    ports: { source: packet.sport ?? null, destination: packet.dport ?? null },
    managed: classification.kind === "managed",
    because: { kind: classification.kind, flag: flag ?? null, why },
    takesGateways: now,
    deviation: deviation(facts) ?? null,
    steps: steps.map((step) => ({ rule: ruleText(step.rule), outcome: step.outcome, text: outcomeText(step, table) })),
    kernel: answer,
    unexplained: contradicts(facts),
    shares: (now ? sharesOf(decidingStep(steps)!.route!.nexthops) : []).map((share) => ({
      ...share,
      ...nameOf(share.gateway, facts),
      inRange: gateways.includes(share.gateway),
    })),
    ...(now && facts.drained && facts.drained.length > 0 && { drained: facts.drained }),
    probes: facts.probes ?? null,
    hash: { policy: hashPolicy === undefined ? null : Number(hashPolicy), text: hashText(hashPolicy, hashFields) },
  };
}

/** The outcome of one rule, in words. */
function outcomeText(step: Step, own: number): string {
  const { outcome, rule, route } = step;
  const owner = isForeignInside(step, own) ? ", a route of another program" : "";
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

/** The explanation for people. */
export function explanationText(facts: PacketFacts, { width, colour }: Look): string {
  const paint = colour ? inColour : plain;
  const explanation = explanationOf(facts);
  const { given = RANGE_ALONE, named = [] } = facts;
  const { unexplained, shares, hash } = explanation;
  const lines = [
    ...verdictLines(explanation, paint),
    "",
    ...layOut(stepColumns(facts), width, paint),
    "",
    answerText(explanation, facts.gateways, textsOf(named)),
    ...(unexplained
      ? [paint("doubtful", "rules and routes do not explain this: check marks, links without carrier, and filters")]
      : []),
  ];
  if (shares.length > 0) {
    lines.push("", ...layOut(shareColumns(shares, sourcesOf(given)), width, paint));
    if (shares.length > 1) lines.push("", `flows are distributed by ${hash.text} (hash policy ${hash.policy ?? 0})`);
  }
  const { drained = [] } = explanation;
  if (drained.length > 0) lines.push("", `drained, and so not used: ${drained.map(textsOf(named)).join(", ")}`);
  if (explanation.probes) lines.push("", probePathsText(explanation.probes));
  return `${lines.join("\n")}\n`;
}

function verdictLines({ address, managed, because, deviation: why, takesGateways }: Explanation, paint: Paint) {
  if (why === null) {
    const verdict = takesGateways ? "goes through the gateways" : "does not go through the gateways";
    return [paint(takesGateways ? "good" : "quiet", `${address} ${verdict}: ${because.why}`)];
  }
  return [
    paint("bad", `${address} should ${managed ? "" : "not "}go through the gateways: ${because.why}`),
    paint("bad", `now it does${takesGateways ? "" : " not"}: ${why}`),
  ];
}

const TONES: Readonly<Partial<Record<Step["outcome"], Tone>>> = { route: "good", reject: "bad" };

/** A row for each step; neighbours of one preference that do not match share one. */
function stepColumns({ steps, table }: PacketFacts): Column[] {
  const groups: Step[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (last && foldingKey(last[0]!) !== undefined && foldingKey(last[0]!) === foldingKey(step)) last.push(step);
    else groups.push([step]);
  }
  const rows = groups.map((group) => {
    const step = group[0]!;
    const tone = TONES[step.outcome] ?? "quiet";
    if (group.length === 1) return { rule: ruleText(step.rule), text: outcomeText(step, table), tone };
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

function answerText(
  { address, from, ports, takesGateways, kernel }: Explanation,
  gateways: readonly string[],
  textOf: GatewayText,
): string {
  const end = (host: string, port: number | null): string => (port === null ? host : `${host} port ${port}`);
  const source = from === null && ports.source === null ? "" : ` from ${end(from ?? "here", ports.source)}`;
  const packet = `a packet${source} to ${end(address, ports.destination)}`;
  if (!kernel.ok) return `the kernel rejects ${packet}: ${kernel.why}`;
  if (kernel.type === "local") return `the kernel delivers ${packet} on this machine (table ${kernel.table})`;
  const via = kernel.gateway === undefined ? "directly" : `via ${textOf(kernel.gateway)}`;
  const isStranger = takesGateways && !gateways.includes(kernel.gateway ?? "");
  const why = kernel.redirected ? ": an ICMP redirect leads there (accept_redirects), see check" : "";
  const stranger = isStranger ? `, which is not a gateway${why},` : "";
  return `the kernel sends ${packet} ${via}${stranger} on ${kernel.device} (table ${kernel.table})`;
}

/** @param sources the flags that give gateways */
function shareColumns(shares: Explanation["shares"], sources: string): Column[] {
  return [
    {
      title: "GATEWAY",
      cells: shares.map(({ gateway: address, name, inRange }) => ({
        text: inRange ? gatewayText({ address, name }) : `${address} (not in ${sources})`,
      })),
    },
    { title: "INTERFACE", cells: shares.map(({ device }) => ({ text: device })) },
    { title: "FLOWS", cells: shares.map(({ share }) => ({ text: `${(share * 100).toFixed(1)} %` })), right: true },
  ];
}
