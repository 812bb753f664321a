import type { BeyondProbe } from "./model.ts";
import { targetAddresses } from "./through-values.ts";
import { type Cidr, parseCidr } from "../net/cidr.ts";
import { rejectedAmong } from "../routing/probe-answers.ts";
import type { Route } from "../routing/types.ts";
import { list } from "../text/list.ts";

/** What decides whether answers to probes beyond the gateways are accepted while no gateway is in use. */
export interface AnswerFacts {
  /** Names of targets that are needed, and to whose addresses packets are rejected then. */
  readonly rejectedNames: readonly string[];
  /** Whether packets to some targets use the normal routing tables then. */
  readonly fallThrough: boolean;
  /** The interfaces of the default route; none without one. */
  readonly defaults: readonly string[];
}

/**
 * The facts of these probers; undefined where there are none.
 *
 * @param routes those of the service without a gateway
 * @param others the same of other pools that packets of this machine may use
 */
export function answerFacts(
  through: readonly Pick<BeyondProbe, "label" | "targets" | "need">[],
  routes: readonly Route[],
  defaults: readonly string[],
  others: readonly (readonly Route[])[] = [],
): AnswerFacts | undefined {
  if (through.length === 0) return undefined;
  const lacking = through.filter((prober) => targetAddresses([prober]).length < prober.need);
  const names = lacking.flatMap(({ label, targets }) =>
    [...targets].flatMap(([text, one]) =>
      targetAddresses([{ label, targets: new Map([[text, one]]) }])[0] ? [] : text,
    ),
  );
  const addresses = targetAddresses(through);
  const rejected = (networks: readonly Cidr[]): Cidr[] =>
    networks.filter((one) => [routes, ...others].some((some) => rejectedAmong([one], some).length > 0));
  const rejectsAll = rejected([EVERYWHERE]).length > 0;
  return {
    rejectedNames: rejectsAll ? names : [],
    fallThrough: rejected(addresses).length < addresses.length || (!rejectsAll && names.length > 0),
    defaults,
  };
}

const EVERYWHERE = parseCidr("0.0.0.0/0")!;

/** Answers that a reverse path filter drops, so that no gateway ever comes up. */
export interface DroppedAnswers {
  readonly why: string;
  /** The interfaces whose filter is to be set, and the value that lets the answers in. */
  readonly devices: readonly string[];
  readonly value: 0 | 2;
  readonly instead?: string;
}

/**
 * The way back to a target decides: the loose filter (2) drops an answer without one, the strict filter (1) also where it
 * uses another interface.
 *
 * @param filters of each interface that leads to gateways
 */
export function droppedAnswers(
  filters: ReadonlyMap<string, number>,
  { rejectedNames, fallThrough, defaults }: AnswerFacts,
): DroppedAnswers | undefined {
  const filtering = [...filters].filter(([, value]) => value > 0).map(([device]) => device);
  if (rejectedNames.length > 0 && filtering.length > 0) {
    const why = `the kill switch rejects packets to ${list(rejectedNames, 3)}, whose addresses are not known before`;
    return { why, devices: filtering, value: 0, instead: "use addresses in -through" };
  }
  if (!fallThrough) return undefined;
  if (defaults.length === 0 && filtering.length > 0) {
    return { why: "this machine has no default route", devices: filtering, value: 0 };
  }
  const strict = filtering.filter((device) => filters.get(device) === 1 && !defaults.includes(device));
  const why = `the default route uses ${defaults.join(" and ")}`;
  return strict.length === 0 ? undefined : { why, devices: strict, value: 2 };
}
