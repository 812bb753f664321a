import { parseAddress } from "../net/address.ts";
import { type Cidr, hostOf, parseCidr } from "../net/cidr.ts";
import { desiredState } from "../routing/desired.ts";
import { rejectTypeOf } from "../routing/kill-switch.ts";
import { isRejected, ownAddresses, type TargetUse, targetUse } from "../routing/probe-answers.ts";
import { isForOwn } from "../routing/selectors.ts";
import type { Observed } from "../routing/types.ts";
import { list } from "../text/list.ts";
import { sysctl } from "../text/sysctl.ts";
import { destinationsOf } from "./destinations.ts";
import { addressesOf, type BeyondProbe, beyondProbes, type Config, looksUpThrough, tableRefOf } from "./model.ts";
import { FLAG_NAMES, type SettingNames, settingNames } from "./setting-name.ts";
import { targetAddresses } from "./through-values.ts";

/*
 * Whether answers to probes beyond the gateways come in. The reverse path filter (rp_filter) judges an answer as a packet of
 * this machine from the address that the probe had to the target, without a mark (fib_validate_source in
 * net/ipv4/fib_frontend.c). So the first pool for such packets that has a route decides, or the normal routing tables; where
 * a pool rejects them, the service lets the answer in (routing/probe-answers.ts).
 */

/** What decides about answers while no gateway is in use. */
export interface AnswerFacts {
  /** By interface that leads to gateways. */
  readonly ways: ReadonlyMap<string, WayBack>;
  /** The interfaces of the default route; none without one. */
  readonly defaults: readonly string[];
  /** Whose answers they are, and what follows where they are dropped; those of targets by default. */
  readonly of?: { readonly whose: string; readonly effect: string };
  /** How the settings are given; by flags by default. */
  readonly names?: SettingNames;
}

const OF_TARGETS = { whose: "targets beyond the gateways", effect: "no gateway can come up" };

/** The ways from the addresses that probes over an interface have to their targets. */
export interface WayBack {
  /** Names of targets that are needed, and to whose addresses packets are rejected. */
  readonly rejectedNames: readonly string[];
  /** Whether packets to some targets use the normal routing tables. */
  readonly fallThrough: boolean;
  /** Addresses from which packets use them at all times, since no pool is for such packets. */
  readonly unpooled: readonly string[];
}

/**
 * The facts of these probers; undefined where there are none.
 *
 * @param usesOf what pools without a gateway do with packets to targets
 * @param defaults the interfaces of the default route
 */
export function answerFacts(
  through: readonly Pick<BeyondProbe, "label" | "targets" | "need">[],
  usesOf: (targets: readonly Cidr[]) => readonly TargetUse[],
  { devices, links }: Pick<Observed, "devices" | "links">,
  defaults: readonly string[],
): AnswerFacts | undefined {
  if (through.length === 0) return undefined;
  const addresses = filteredAddresses(through);
  const names = neededNames(through);
  const uses = usesOf([...addresses, EVERYWHERE]);
  const wayFrom = (sources: readonly string[]): WayBack => {
    const rejects = (target: Cidr): boolean =>
      sources.every((one) => isRejected(uses, hostOf(parseAddress(one)!), target));
    const rejectsAll = rejects(EVERYWHERE);
    return {
      rejectedNames: rejectsAll ? names : [],
      fallThrough: !addresses.every(rejects) || (!rejectsAll && names.length > 0),
      unpooled: sources.filter((source) => !uses.some(({ selectors }) => isForOwn(selectors, source))),
    };
  };
  const ways = sourcesOver(devices, links).map(([device, sources]) => [device, wayFrom(sources)] as const);
  return { ways: new Map(ways), defaults };
}

/** The facts of a service with these pools; undefined where no probe goes beyond a gateway. */
export function answerFactsOf(
  config: Config,
  observed: Pick<Observed, "devices" | "links" | "connected">,
  defaults: readonly string[],
): AnswerFacts | undefined {
  const gateways = addressesOf(config);
  const usesOf = (targets: readonly Cidr[]): TargetUse[] =>
    config.pools.map((pool) => {
      const [tableRef, rejectType] = [tableRefOf(pool), rejectTypeOf(pool.whenNoGateways)];
      const { routes } = desiredState(destinationsOf(pool, gateways), observed.connected, [], tableRef, rejectType);
      return targetUse(targets, routes, tableRef);
    });
  const facts = answerFacts(beyondProbes(config), usesOf, observed, defaults);
  return facts && { ...facts, names: settingNames(config.service) };
}

/**
 * The same of services that are asked through the gateways: for public addresses, and by -exit-check. Where a pool is for
 * packets to them, their answers come in while a gateway is in use, so only addresses without a pool are among the ways.
 * Undefined where no service is asked.
 */
export function serviceAnswerFactsOf(
  config: Config,
  { devices, links }: Pick<Observed, "devices" | "links">,
  defaults: readonly string[],
): AnswerFacts | undefined {
  const { publicIpServiceHostname, publicIpRequired } = config.publicIp;
  const { urls } = config.exitCheck;
  const service = looksUpThrough(config) ? [publicIpServiceHostname!] : [];
  if (service.length + urls.length === 0) return undefined;
  const isPooled = (source: string): boolean => config.pools.some(({ selectors }) => isForOwn(selectors, source));
  const ways = sourcesOver(devices, links).flatMap(([device, sources]): [string, WayBack][] => {
    const unpooled = sources.filter((source) => !isPooled(source));
    return unpooled.length === 0 ? [] : [[device, { rejectedNames: [], fallThrough: true, unpooled }]];
  });
  const effects = [
    ...(service.length === 0 ? [] : [publicIpRequired ? "no gateway can come up" : "no public address is known"]),
    ...(urls.length === 0 ? [] : [`${settingNames(config.service).featureOf("exitCheck")} finds no leak`]),
  ];
  const of = { whose: `${list([...service, ...urls], 3)} through the gateways`, effect: effects.join(" and ") };
  return { ways: new Map(ways), defaults, of };
}

/** The addresses that packets to gateways have, by the interface over which these go. */
function sourcesOver(devices: Observed["devices"], links: Observed["links"]): [device: string, sources: string[]][] {
  const usable = [...devices].map(([gateway, device]) => ({ gateway, device }));
  return [...Map.groupBy(usable, ({ device }) => device)].map(([device, some]) => [device, ownAddresses(some, links)]);
}

/** The addresses of targets whose answers pass a reverse path filter: IPv6 has none. */
function filteredAddresses(through: Parameters<typeof targetAddresses>[0]): Cidr[] {
  return targetAddresses(through).filter(({ address }) => address.family === 4);
}

/** Names of targets without whose answers a prober has too few. */
function neededNames(through: readonly Pick<BeyondProbe, "label" | "targets" | "need">[]): string[] {
  const lacking = through.filter((prober) => filteredAddresses([prober]).length < prober.need);
  return lacking.flatMap(({ label, targets }) =>
    [...targets].flatMap(([text, one]) =>
      targetAddresses([{ label, targets: new Map([[text, one]]) }])[0] ? [] : text,
    ),
  );
}

const EVERYWHERE = parseCidr("0.0.0.0/0")!;

/** Answers that a reverse path filter drops, so that no gateway ever comes up. */
export interface DroppedAnswers {
  /** Which of them: what filters are on what interfaces, and why they drop them. */
  readonly text: string;
  readonly remedy: string;
  /** The interfaces whose filter is to be set. */
  readonly devices: readonly string[];
}

/**
 * The way back to a target decides: the loose filter (2) drops an answer without one, the strict filter (1) also where it
 * uses another interface.
 *
 * @param filters of each interface that leads to gateways
 */
export function droppedAnswers(
  filters: ReadonlyMap<string, number>,
  { ways, defaults, of = OF_TARGETS, names = FLAG_NAMES }: AnswerFacts,
): DroppedAnswers | undefined {
  const filtering = [...filters].flatMap(([device, value]) => {
    const way = ways.get(device);
    return way === undefined || value === 0 ? [] : { ...way, device, value };
  });
  const nameless = filtering.filter(({ rejectedNames }) => rejectedNames.length > 0);
  if (nameless.length > 0) {
    const hosts = list(nameless[0]!.rejectedNames, 3);
    const why = `the kill switch rejects packets to ${hosts}, whose addresses are not known before`;
    return dropped(of, nameless, why, 0, `use addresses in ${names.nameOf("through")}, or `);
  }
  const open = filtering.filter(({ fallThrough }) => fallThrough);
  if (defaults.length === 0) {
    return open.length === 0 ? undefined : dropped(of, open, "this machine has no default route", 0);
  }
  const strict = open.filter(({ device, value }) => value === 1 && !defaults.includes(device));
  return strict.length === 0 ? undefined : dropped(of, strict, `the default route uses ${defaults.join(" and ")}`, 2);
}

function dropped(
  { whose, effect }: NonNullable<AnswerFacts["of"]>,
  some: readonly (WayBack & { readonly device: string; readonly value: number })[],
  why: string,
  value: 0 | 2,
  instead = "",
): DroppedAnswers {
  const named = some.map(({ device, value: now }) => `${now === 1 ? "strict (1)" : "loose (2)"} on ${device}`);
  const unpooled = [...new Set(some.flatMap((one) => one.unpooled))];
  const isAlways = some.every((one) => one.unpooled.length > 0);
  const when = isAlways ? "" : "while no gateway is in use, ";
  const reason = isAlways ? `no pool is for packets from ${list(unpooled, 3)}, and ${why}` : why;
  const devices = some.map(({ device }) => device);
  return {
    text: `${named.join(", ")}: ${when}answers of ${whose} are dropped (${reason}), so ${effect}`,
    remedy: `${instead}${sysctl("rp_filter", value, ["all", ...devices])}`,
    devices,
  };
}
