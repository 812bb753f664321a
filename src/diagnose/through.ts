import { FLAG_NAMES, type SettingNames } from "../config/setting-name.ts";
import { type Family, familyOf } from "../net/address.ts";
import { formatDuration } from "../net/duration.ts";
import type { Requirement } from "../pool/gateway-health.ts";
import type { ProbeFailureCode, ProbeResult } from "../probe/probe.ts";
import { roundResult } from "../probe/round-result.ts";
import type { Answers } from "../probe/round.ts";
import { addressText, type GatewayText } from "../text/gateway.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** The targets of one -through, after each was asked once through each gateway. */
export interface ThroughProbed {
  /** What people read, such as `icmp`. */
  readonly label: string;
  readonly targets: readonly string[];
  /** How many targets have to answer. */
  readonly need: number;
  /** By gateway. */
  readonly answers: ReadonlyMap<string, Answers>;
}

/** What explains why no answer comes back. */
export interface ThroughFacts {
  /** Whether all probers of a gateway have to succeed, or any of them. */
  readonly requirementOf: (gateway: string) => Requirement;
  /** Gateways whose own probe has succeeded. */
  readonly healthy: ReadonlySet<string>;
  /** Gateways that answer themselves, to their own probe or to ARP requests. */
  readonly present: ReadonlySet<string>;
  /** The interface that leads to each gateway. */
  readonly devices: ReadonlyMap<string, string>;
  /** Interfaces whose reverse path filter drops answers of targets, and the command against that. */
  readonly filtered: { readonly devices: readonly string[]; readonly remedy: string } | undefined;
  /** The marks of all probes, as a value and a mask: `0xad000000`. */
  readonly mark: { readonly value: string; readonly mask: string };
  readonly textOf?: GatewayText;
  /** How the settings are given; by flags by default. */
  readonly names?: SettingNames;
}

/** A finding for each -through and each gateway, and one for each target that fails through every gateway. */
export function checkThrough(probed: readonly ThroughProbed[], facts: ThroughFacts): Finding[] {
  const { requirementOf, healthy, names = FLAG_NAMES } = facts;
  const answering = answeringIn(probed);
  const judged = judgeAll(probed, answering);
  const failing = gatewaysWith("failure", judged);
  const succeeding = gatewaysWith("success", judged);
  const anyUp = [...healthy, ...succeeding].some((gateway) => requirementOf(gateway) === "any");
  const someUp = anyUp || succeeding.difference(failing).size > 0;
  return judged.flatMap(({ label, faulty, results }) => [
    ...results.map(([gateway, result]) =>
      gatewayFinding(gateway, result, someUp ? warning : failure, facts, answering),
    ),
    ...faulty.map((one) => targetFinding(label, one, anyUp || results.length > 0 ? warning : failure, names)),
  ]);
}

/** Gateways that a -through finds up. */
export function upThrough(probed: readonly ThroughProbed[]): ReadonlySet<string> {
  return gatewaysWith("success", judgeAll(probed, answeringIn(probed)));
}

/** Gateways that a -through finds down. */
export function downThrough(probed: readonly ThroughProbed[]): ReadonlySet<string> {
  return gatewaysWith("failure", judgeAll(probed, answeringIn(probed)));
}

/** Gateways through which a target answers. */
function answeringIn(probed: readonly ThroughProbed[]): ReadonlySet<string> {
  return new Set(probed.flatMap(({ answers }) => [...answers].filter(anyAnswered).map(([gateway]) => gateway)));
}

function judgeAll(probed: readonly ThroughProbed[], answering: ReadonlySet<string>) {
  return probed.map((one) => judge(one, answering.size > 0));
}

/** Gateways with such a result of a -through. */
function gatewaysWith(kind: ProbeResult["kind"], judged: ReturnType<typeof judgeAll>): Set<string> {
  return new Set(
    judged.flatMap(({ results }) => results.flatMap(([gateway, result]) => (result.kind === kind ? gateway : []))),
  );
}

function anyAnswered([, answers]: readonly [gateway: string, answers: Answers]): boolean {
  return [...answers.values()].some(({ kind }) => kind === "success");
}

/** Which targets of a -through are at fault themselves, and what the others say of each gateway; nothing where none is left. */
function judge(probed: ThroughProbed, someAnswer: boolean) {
  const { label, targets, answers } = probed;
  const faulty = someAnswer ? targets.flatMap((target) => faultOf(target, answers) ?? []) : [];
  const sound = targets.filter((target) => !faulty.some((one) => one.target === target));
  const results =
    sound.length === 0 ? [] : [...answers].map(([gateway, all]) => [gateway, resultOf(probed, sound, all)] as const);
  return { label, faulty, results };
}

/** The failure of a target through every gateway. */
function faultOf(target: string, answers: ThroughProbed["answers"]) {
  const results = [...answers.values()].flatMap((one) => one.get(target) ?? []);
  const failures = results.flatMap((one) => (one.kind === "failure" && !UNSENT.has(one.code) ? one : []));
  return failures.length === results.length ? { target, result: failures[0]! } : undefined;
}

/** Failures of this machine, which say nothing of a target. */
const UNSENT: ReadonlySet<ProbeFailureCode> = new Set(["blocked", "exhausted", "unresolved"]);

/** The result of a gateway by the targets that are not at fault, as of a round that waits for all of them. */
function resultOf({ label, need }: ThroughProbed, sound: readonly string[], all: Answers): ProbeResult {
  const answers = new Map(sound.map((target) => [target, all.get(target)!]));
  const enough = Math.min(need, sound.length);
  const success = [...answers.values()].filter(({ kind }) => kind === "success").length >= enough;
  const seconds = Math.max(...[...answers.values()].map((one) => one.seconds));
  return roundResult(label, { success, seconds, answers }, enough, sound.length);
}

function gatewayFinding(
  gateway: string,
  result: ProbeResult,
  level: typeof failure,
  facts: ThroughFacts,
  answering: ReadonlySet<string>,
): Finding {
  const { textOf = addressText } = facts;
  const topic = `through ${textOf(gateway)}`;
  const seconds = formatDuration(Math.max(1, Math.round(result.seconds * 1000)));
  if (result.kind === "success") return fine(topic, `${result.detail} after ${seconds}`);
  if (result.code !== "timeout") return level(topic, result.detail, REMEDIES[result.code](facts));
  const { explanation, remedy } = explainSilence(gateway, facts, answering);
  return level(topic, `${result.detail}${explanation}`, remedy);
}

/** Why nothing comes back through a gateway, most likely. */
function explainSilence(gateway: string, facts: ThroughFacts, answering: ReadonlySet<string>) {
  const { present, devices, filtered } = facts;
  const masquerade = MASQUERADE[familyOf(gateway)];
  const device = devices.get(gateway);
  const isFiltered = device !== undefined && filtered?.devices.includes(device);
  if (filtered && isFiltered && ![...answering].some((one) => devices.get(one) === device)) {
    return { explanation: ` (see rp_filter: ${device} may drop it)`, remedy: filtered.remedy };
  }
  if (present.has(gateway) && answering.size === 0 && devices.size > 1) {
    return {
      explanation: ", nor through another gateway, although they answer themselves",
      remedy: `this machine's own firewall must let the answers pass (nft list ruleset shows it): ct state established,related accept; and on the gateways: ${masquerade}`,
    };
  }
  if (present.has(gateway)) {
    return {
      explanation:
        ", although the gateway itself answers: it does not forward or translate packets, or its tunnel is down",
      remedy: `on the gateway: ${masquerade}; if that is there, read the log of its tunnel, and check the firewalls on the path, here as well`,
    };
  }
  return { explanation: "", remedy: `first make the gateway itself answer: check that it is running at ${gateway}` };
}

const MASQUERADE: Readonly<Record<Family, string>> = { 4: masqueradeBy("iptables"), 6: masqueradeBy("ip6tables") };

function masqueradeBy(program: string): string {
  return `${program} -t nat -A POSTROUTING -o tun0 -j MASQUERADE, with the interface of its tunnel for tun0`;
}

function targetFinding(
  label: string,
  { target, result }: { target: string; result: ProbeResult },
  level: typeof failure,
  { nameOf }: SettingNames,
) {
  const code = result.kind === "failure" ? result.code : undefined;
  const reason = code === "timeout" ? "no answer" : result.detail;
  const remedy = `choose another target in ${nameOf("through")}, or one that answers probes of this kind`;
  return level(
    `target ${target}`,
    `${label}: ${reason} through any gateway, although other targets answer: the fault is at this target`,
    code === "content" ? `check ${nameOf("throughText")}, or ${remedy}` : remedy,
  );
}

const ROUTE = "here: ip route get TARGET mark MARK shows the route, with one of the marks after";

const urlRemedy = ({ names = FLAG_NAMES }: ThroughFacts): string =>
  `check the URL in ${names.nameOf("through")}: open it from behind this gateway`;

const REMEDIES: Readonly<Record<ProbeFailureCode, (facts: ThroughFacts) => string>> = {
  blocked: ({ mark: { value, mask } }) =>
    `let the packets of probes pass this machine's own firewall (nft list ruleset shows it): meta mark & ${mask} == ${value} accept`,
  unreachable: ({ mark: { value } }) =>
    `check the route and the firewall of the machine that rejects them (on the gateway: ip route get TARGET; ${ROUTE} ${value})`,
  refused: ({ names = FLAG_NAMES }) =>
    `nothing listens at that port of the target: choose another target or port in ${names.nameOf("through")}`,
  timeout: () => "check the firewalls on the path",
  reset: urlRemedy,
  malformed: urlRemedy,
  status: urlRemedy,
  content: ({ names = FLAG_NAMES }) =>
    `check ${names.nameOf("throughText")}, and what the URL answers: open it from behind this gateway`,
  tls: (facts) =>
    `${urlRemedy(facts)}; its certificate must be valid (NODE_EXTRA_CA_CERTS names the file of an authority)`,
  unresolved: ({ names = FLAG_NAMES }) =>
    `check the name servers of this machine, or use an address in ${names.nameOf("through")}`,
  exhausted: () => "raise the limits of this machine (ulimit -n), or probe fewer gateways",
  "no-address": () => "read the log of the gateway",
  other: () => "read the log of the gateway",
};
