import { memberAddresses } from "../config/families.ts";
import { sourceOf, sourcesOf } from "../config/members.ts";
import type { PoolConfig } from "../config/model.ts";
import { familyOf } from "../net/address.ts";
import { type GatewayText, textsOf } from "../text/gateway.ts";
import type { RouteAnswer } from "../routing/iproute2/inspect.ts";
import { ruleText } from "../routing/iproute2/policy-rules.ts";
import { hex } from "../text/hex.ts";
import type { Step } from "../routing/rule-lookup.ts";
import { sharesOf } from "../routing/shares.ts";
import { inColour, layOut, type Look, type Paint, plain } from "../text/table.ts";
import type { Classification } from "../routing/classify.ts";
import { classificationText, reasonOfPool } from "./classification-text.ts";
import { contradicts, decidingStep, deviation, type PacketFacts, tableNow, tablesOf } from "./explanation.ts";
import { outcomeText, type PacketShare, poolColumns, shareColumns, stepColumns } from "./explanation-columns.ts";
import { hashText } from "./hash-text.ts";
import type { AskedPool, PacketPools } from "./packet-pools.ts";
import type { PoolCases } from "./pool-cases.ts";
import { caseLines } from "./pool-text.ts";
import { type ProbePaths, probePathsText } from "./probe-paths-to.ts";

/** Which pool has a packet; part of the form of `-json`. */
interface ExplainedPool {
  /** The one that should have the packet; null where none should. */
  readonly name: string | null;
  /** The one whose gateways it goes through now; null where it goes through none. */
  readonly now: string | null;
  /** All of them, in the order in which they are asked. */
  readonly asked: readonly AskedPool[];
  /** What happens to the packet, by what the gateways of its pool do. */
  readonly cases: PoolCases | null;
}

/** The explanation of one packet's route; the form of `-json`. */
export interface Explanation {
  readonly address: string;
  readonly from: string | null;
  /** Absent where it is not asked for. */
  readonly in?: string;
  /** Likewise, as `ip` writes it. */
  readonly mark?: string;
  /** Likewise, as tools for packets write it. */
  readonly flowLabel?: string;
  readonly ports: { readonly source: number | null; readonly destination: number | null };
  /** Whether it should go through the gateways, as the options say, and why. */
  readonly managed: boolean;
  readonly because: {
    readonly kind: Classification["kind"];
    readonly flag: string | null;
    /** The key of the file, in place of a flag. */
    readonly key?: string;
    readonly why: string;
  };
  /** Absent where the pool has no name. */
  readonly pool?: ExplainedPool;
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
  readonly shares: readonly PacketShare[];
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

/** The tier of a gateway in the pool whose gateways the packet goes through now. */
function tierOf(address: string, facts: PacketFacts): { readonly tier?: number } {
  const members = poolNow(facts)?.members ?? [];
  const tier = members.find((member) => memberAddresses(member).includes(address))?.tier;
  return tier === undefined || new Set(members.map((one) => one.tier)).size < 2 ? {} : { tier };
}

function poolNow(facts: PacketFacts): PoolConfig | undefined {
  const now = tableNow(facts);
  return facts.pools?.verdicts.find(({ pool }) => pool.table === now)?.pool;
}

function poolPart({ taker, asked, cases }: PacketPools, facts: PacketFacts): ExplainedPool {
  return { name: taker?.pool.name ?? null, now: poolNow(facts)?.name ?? null, asked, cases: cases ?? null };
}

/** Draws the conclusions from what is known about a packet's route. */
export function explanationOf(facts: PacketFacts): Explanation {
  const { packet, gateways, given = RANGE_ALONE, classification, destinations, steps, answer, settings } = facts;
  const { why, flag, key } = facts.pools
    ? reasonOfPool(classification, destinations)
    : classificationText(classification, destinations, sourceOf(packet.to, given));
  const { in: device, mark, flowLabel } = facts.asked ?? {};
  const now = tableNow(facts) !== undefined;
  const tables = tablesOf(facts);
  const { hashPolicy, hashFields } = settings;
  return {
    address: packet.to,
    from: packet.from ?? null,
    ...(device !== undefined && { in: device }),
    ...(mark !== undefined && { mark: hex(mark) }),
    ...(flowLabel !== undefined && { flowLabel: hex(flowLabel) }),
    ports: { source: packet.sport ?? null, destination: packet.dport ?? null },
    managed: classification.kind === "managed",
    because: { kind: classification.kind, flag: flag ?? null, ...(key !== undefined && { key }), why },
    ...(facts.pools && { pool: poolPart(facts.pools, facts) }),
    takesGateways: now,
    deviation: deviation(facts) ?? null,
    steps: steps.map((step) => ({ rule: ruleText(step.rule), outcome: step.outcome, text: outcomeText(step, tables) })),
    kernel: answer,
    unexplained: contradicts(facts),
    shares: (now ? sharesOf(decidingStep(steps)!.route!.nexthops) : []).map((share) => ({
      ...share,
      ...nameOf(share.gateway, facts),
      ...tierOf(share.gateway, facts),
      inRange: gateways.includes(share.gateway),
    })),
    ...(now && facts.drained && facts.drained.length > 0 && { drained: facts.drained }),
    probes: facts.probes ?? null,
    hash: {
      policy: hashPolicy === undefined ? null : Number(hashPolicy),
      text: hashText(hashPolicy, hashFields, familyOf(packet.to)),
    },
  };
}

/** The explanation for people. */
export function explanationText(facts: PacketFacts, { width, colour }: Look): string {
  const paint = colour ? inColour : plain;
  const explanation = explanationOf(facts);
  const { given = RANGE_ALONE, named = [] } = facts;
  const { unexplained, shares, hash, pool } = explanation;
  const lines = [
    ...verdictLines(explanation, paint),
    ...(pool ? ["", ...layOut(poolColumns(pool.asked), width, paint)] : []),
    "",
    ...layOut(stepColumns(facts), width, paint),
    "",
    answerText(explanation, facts.gateways, textsOf(named)),
    ...(unexplained
      ? [paint("doubtful", "rules and routes do not explain this: check marks, links without carrier, and filters")]
      : []),
  ];
  if (shares.length > 0) {
    const sources = pool ? `pool ${pool.now}` : sourcesOf(given);
    lines.push("", ...layOut(shareColumns(shares, sources), width, paint));
    if (shares.length > 1) lines.push("", `flows are distributed by ${hash.text} (hash policy ${hash.policy ?? 0})`);
  }
  const { drained = [] } = explanation;
  if (drained.length > 0) lines.push("", `drained, and so not used: ${drained.map(textsOf(named)).join(", ")}`);
  if (pool?.cases) lines.push("", `pool ${pool.name}:`, ...caseLines(pool.cases).map((line) => `  ${line}`));
  if (explanation.probes) lines.push("", probePathsText(explanation.probes));
  return `${lines.join("\n")}\n`;
}

function verdictLines({ address, managed, because, deviation: why, takesGateways, pool }: Explanation, paint: Paint) {
  if (because.kind === "blocked") {
    const verdict = paint(
      why === null ? "quiet" : "bad",
      `${address} ${why === null ? "is" : "should be"} rejected: ${because.why}`,
    );
    return [verdict, ...(why === null ? [] : [paint("bad", `now it is not: ${why}`)])];
  }
  const gateways = `the gateways${pool?.name ? ` of pool ${pool.name}` : ""}`;
  if (why === null) {
    const verdict = takesGateways ? `goes through ${gateways}` : "does not go through the gateways";
    return [paint(takesGateways ? "good" : "quiet", `${address} ${verdict}: ${because.why}`)];
  }
  const now = pool?.now && pool.now !== pool.name ? `goes through those of pool ${pool.now}` : "does";
  return [
    paint("bad", `${address} should ${managed ? "" : "not "}go through ${gateways}: ${because.why}`),
    paint("bad", `now it ${takesGateways ? now : "does not"}: ${why}`),
  ];
}

function answerText(
  { address, from, ports, takesGateways, kernel, in: device, mark, flowLabel }: Explanation,
  gateways: readonly string[],
  textOf: GatewayText,
): string {
  const end = (host: string, port: number | null): string => (port === null ? host : `${host} port ${port}`);
  const source = from === null && ports.source === null ? "" : ` from ${end(from ?? "here", ports.source)}`;
  const [on, tags] = [
    device === undefined ? "" : ` on ${device}`,
    [...(mark === undefined ? [] : [`mark ${mark}`]), ...(flowLabel === undefined ? [] : [`flow label ${flowLabel}`])],
  ];
  const packet = `a packet${source}${on}${tags.length === 0 ? "" : ` with ${tags.join(" and ")}`} to ${end(address, ports.destination)}`;
  if (!kernel.ok) return `the kernel rejects ${packet}: ${kernel.why}`;
  if (kernel.type === "local") return `the kernel delivers ${packet} on this machine (table ${kernel.table})`;
  const via = kernel.gateway === undefined ? "directly" : `via ${textOf(kernel.gateway)}`;
  const isStranger = takesGateways && !gateways.includes(kernel.gateway ?? "");
  const why = kernel.redirected ? ": an ICMP redirect leads there (accept_redirects), see check" : "";
  const stranger = isStranger ? `, which is not a gateway${why},` : "";
  return `the kernel sends ${packet} ${via}${stranger} on ${kernel.device} (table ${kernel.table})`;
}
