import type { Destinations } from "../routing/desired.ts";
import type { RouteAnswer } from "../routing/iproute2/inspect.ts";
import { ruleText } from "../routing/iproute2/policy-rules.ts";
import { type Column, inColour, layOut, plain, type Tone, type Look } from "../text/table.ts";
import {
  contradicts,
  decidingStep,
  deviation,
  hashText,
  outcomeText,
  type Share,
  sharesOf,
  takesGatewaysNow,
  type WayFacts,
} from "./explanation.ts";
import { type Fate, fateText } from "./classify.ts";
import type { Settings } from "./settings.ts";

/** What is told of the way of one packet; the form of `-json`. */
export interface Explanation {
  readonly address: string;
  readonly from: string | null;
  readonly ports: { readonly source: number | null; readonly destination: number | null };
  /** Whether it should take the gateways, as the options say, and why. */
  readonly managed: boolean;
  readonly because: { readonly kind: Fate["kind"]; readonly flag: string | null; readonly why: string };
  /** Whether it takes them now, and why that is not as it should be. */
  readonly takesGateways: boolean;
  readonly deviation: string | null;
  /** The rules that were asked, up to the one that decided. */
  readonly steps: readonly { readonly rule: string; readonly outcome: string; readonly text: string }[];
  /** What the kernel says of this very packet. */
  readonly kernel: RouteAnswer;
  /** Whether something else than rules and routes plays a part, so that the steps do not explain the kernel's answer. */
  readonly unexplained: boolean;
  /** The parts of all flows there that the gateways get; empty when none does. */
  readonly shares: readonly Share[];
  /** By what flows are told apart. */
  readonly hash: { readonly policy: number | null; readonly text: string };
}

/** Puts what is known of a packet's way into words. */
export function describeWay(
  facts: WayFacts,
  destinations: Destinations,
  settings: Pick<Settings, "hashPolicy" | "hashFields">,
): Explanation {
  const { flow, fate, steps, answer } = facts;
  const { why, flag } = fateText(fate, destinations);
  const now = takesGatewaysNow(facts);
  const { hashPolicy, hashFields } = settings;
  return {
    address: flow.to,
    from: flow.from ?? null,
    ports: { source: flow.sport ?? null, destination: flow.dport ?? null },
    managed: fate.kind === "managed",
    because: { kind: fate.kind, flag: flag ?? null, why },
    takesGateways: now,
    deviation: deviation(facts) ?? null,
    steps: steps.map((step) => ({ rule: ruleText(step.rule), outcome: step.outcome, text: outcomeText(step) })),
    kernel: answer,
    unexplained: contradicts(facts),
    shares: now ? sharesOf(decidingStep(steps)!.route!.nexthops) : [],
    hash: { policy: hashPolicy === undefined ? null : Number(hashPolicy), text: hashText(hashPolicy, hashFields) },
  };
}

/** The explanation for people. */
export function explanationText(told: Explanation, { width, colour }: Look): string {
  const paint = colour ? inColour : plain;
  const { address, managed, because, deviation: not, takesGateways, steps, unexplained, shares, hash } = told;
  const should = managed ? "should take the gateways" : "should not take the gateways";
  const does = managed ? "takes the gateways" : "does not take the gateways";
  const verdict = not === null ? `${address} ${does}: ${because.why}` : `${address} ${should}: ${because.why}`;
  const tone: Tone = not !== null ? "bad" : takesGateways ? "good" : "quiet";
  const asked = folded(steps);
  const lines = [
    paint(not === null ? tone : undefined, verdict),
    ...(not === null ? [] : [paint("bad", `now it ${takesGateways ? "does all the same" : "does not"}: ${not}`)]),
    "",
    ...layOut(
      [
        { title: "RULE ASKED", cells: asked.map(({ rule }) => ({ text: rule })) },
        { title: "ANSWER", cells: asked.map(({ text, outcome }) => ({ text, tone: TONES[outcome] ?? "quiet" })) },
      ],
      width,
      paint,
    ),
    "",
    kernelText(told),
    ...(unexplained
      ? [paint("doubtful", "rules and routes alone do not explain that: a mark, a dead link or a filter plays a part")]
      : []),
  ];
  if (shares.length > 0) {
    lines.push("", ...layOut(shareColumns(shares), width, paint));
    if (shares.length > 1) lines.push("", `flows are told apart by ${hash.text} (hash policy ${hash.policy ?? 0})`);
  }
  return `${lines.join("\n")}\n`;
}

/** Many rules of one preference that are about other packets are one line. */
function folded(steps: Explanation["steps"]): Explanation["steps"] {
  const preferenceOf = ({ rule }: Explanation["steps"][number]): string => rule.slice(0, rule.indexOf(":"));
  return steps.flatMap((step, index) => {
    const isAlike = (other: (typeof steps)[number] | undefined): boolean =>
      other?.outcome === "no-match" && step.outcome === "no-match" && preferenceOf(other) === preferenceOf(step);
    if (isAlike(steps[index - 1])) return [];
    const alike = steps.slice(index).findIndex((other) => !isAlike(other));
    const number = alike < 0 ? steps.length - index : alike;
    if (number < 2) return step;
    return { ...step, rule: `${preferenceOf(step)}: ${number} rules`, text: "are about other packets" };
  });
}

const TONES: Readonly<Record<string, Tone>> = { route: "good", reject: "bad" };

function kernelText({ address, from, ports, kernel }: Explanation): string {
  const end = (host: string, port: number | null): string => (port === null ? host : `${host} port ${port}`);
  const source = from === null && ports.source === null ? "" : ` from ${end(from ?? "here", ports.source)}`;
  const packet = `a packet${source} to ${end(address, ports.destination)}`;
  if (!kernel.ok) return `the kernel refuses ${packet}: ${kernel.why}`;
  if (kernel.type === "local") return `the kernel keeps ${packet} on this machine (table ${kernel.table})`;
  const via = kernel.gateway === undefined ? "directly" : `via ${kernel.gateway}`;
  return `the kernel sends ${packet} ${via} on ${kernel.device} (table ${kernel.table})`;
}

function shareColumns(shares: readonly Share[]): Column[] {
  return [
    { title: "GATEWAY", cells: shares.map(({ gateway }) => ({ text: gateway })) },
    { title: "INTERFACE", cells: shares.map(({ device }) => ({ text: device })) },
    { title: "FLOWS", cells: shares.map(({ share }) => ({ text: `${(share * 100).toFixed(1)} %` })), right: true },
  ];
}
