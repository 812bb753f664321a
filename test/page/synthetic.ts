/** Statuses of synthetic services of any size and condition. The same input gives the same status. */
import type { Gateway, LogEntry, Status } from "../../src/status/schema.ts";
import { verdictOf, verdictOfPools } from "../../src/status/verdict.ts";
import { poolsOf, type SyntheticPool } from "./synthetic-pools.ts";

const SLOTS = 60;
const SLOT_SECONDS = 5;
const NOW = Date.UTC(2026, 2, 4, 15, 30, 12);

export interface Service {
  readonly gateways: number;
  /** The names of the gateways, as far as they have some. */
  readonly names?: readonly string[];
  /** The gateways that are down, numbered from 1. */
  readonly down?: readonly number[];
  /** The gateways that are up and cannot be a nexthop. */
  readonly leftOut?: readonly number[];
  readonly ddns?: "well" | "failing" | "off duty";
  /** The hostnames of further DNS names, in the same condition; each follows the gateway that it is called by. */
  readonly moreDnsNames?: readonly string[];
  /** Whether targets beyond the gateways are probed; of those that are down, only these probes fail. */
  readonly through?: boolean;
  /** Why the kernel does not have the expected routes and rules. */
  readonly trouble?: string;
  /** Destinations of the managed routes; 0.0.0.0/0 by default. */
  readonly routes?: readonly string[];
  /** The weights of the gateways. */
  readonly weights?: readonly number[];
  /** The gateways of tier 2, which stand by. */
  readonly tier2?: readonly number[];
  /** The gateways that are drained. */
  readonly drained?: readonly number[];
  /** Pools with names; by default there is the one without a name, which has all gateways. */
  readonly pools?: readonly SyntheticPool[];
  /** The host name of its machine. */
  readonly host?: string;
  /** Whether the one pool without a name has a kill switch. */
  readonly killSwitch?: boolean;
  /** The gateways with one response that took 100 times as long as the others. */
  readonly outlier?: readonly number[];
  /** The gateways that are not probed yet. */
  readonly unknown?: readonly number[];
  /** Slots since the start, before which nothing is known; all by default. */
  readonly knownSlots?: number;
  /** Seconds by which the status is later: ages and charts move on. */
  readonly later?: number;
}

const ICMP = "icmp 1.1.1.1, 9.9.9.9";

export const addressOf = (number: number): string => `192.168.1.${9 + number}`;
const reasonOf = (number: number): string => (number % 2 ? "connection refused" : "timeout after 1s");
const publicOf = (number: number): string => `203.0.113.${(number * 7) % 250}`;

export function statusOf(service: Service): Status {
  const { trouble, later = 0 } = service;
  const numbers = Array.from({ length: service.gateways }, (_, index) => index + 1);
  const out = [
    ...(service.down ?? []),
    ...(service.leftOut ?? []),
    ...(service.drained ?? []),
    ...(service.tier2 ?? []),
    ...(service.unknown ?? []),
  ];
  const whenNoGateways = service.killSwitch ? "unreachable" : "fall-through";
  const carrying = numbers.filter((one) => !out.includes(one));
  const gateways = numbers.map((number) => gatewayOf(number, service, carrying));
  const standing = { ok: trouble === undefined, why: trouble ?? "the kernel holds what it should" };
  const pools = service.pools && poolsOf(service.pools, gateways, standing, moment(later % 60));
  return {
    ...(pools ? verdictOfPools(pools) : verdictOf(gateways, standing, whenNoGateways)),
    service: {
      name: "gateway-route-manager",
      version: "0.1.0",
      commit: "0123456789ab",
      time: timeOf(-later),
      ...(service.host !== undefined && { host: service.host }),
      started: moment(273_900 + later),
      alive: { ok: true, why: "probes are running" },
    },
    gateways,
    slotSeconds: SLOT_SECONDS,
    ...(service.through && {
      targetsAtFault: [{ prober: ICMP, target: "9.9.9.9", why: "timeout after 2s", since: moment(310 + later) }],
    }),
    routing: {
      standing,
      table: 180,
      preference: 10888,
      rule: true,
      whenNoGateways,
      rejectsIpv6: false,
      guardRules: service.killSwitch ? 2 : 0,
      routes: routesTo(service.routes ?? ["0.0.0.0/0"], carrying, service.killSwitch ?? false),
      precedingRules: [],
      exclusions: 18,
      seen: moment(later % 60),
    },
    ...dnsNamesOf(service, carrying),
    ...(pools && { pools }),
  };
}

function dnsNamesOf({ ddns, moreDnsNames = [] }: Service, carrying: readonly number[]) {
  if (ddns === undefined) return { ddns: null };
  const first = ddnsOf(ddns, carrying)!;
  const others = moreDnsNames.map((hostname) => ({ ...first, hostname, gateway: hostname.split(".")[0]! }));
  return { ddns: first, ...(others.length > 0 && { dnsNames: [first, ...others] }) };
}

function gatewayOf(number: number, service: Service, carrying: readonly number[]): Gateway {
  const down = service.down?.includes(number) ?? false;
  const unknown = service.unknown?.includes(number) ?? false;
  const known = unknown ? 0 : (service.knownSlots ?? SLOTS);
  const leftOut = service.leftOut?.includes(number) ?? false;
  const noise = random(number);
  const base = 0.002 + noise() * 0.03;
  const downSlots = down ? 1 + Math.floor(noise() * 25) : 0;
  const flapped = !down && noise() < 0.15;
  const later = Math.floor((service.later ?? 0) / SLOT_SECONDS);
  const slots = Array.from({ length: SLOTS }, (_, index) => {
    const jitter = random(number * 1000 + index + later);
    const ill = index >= SLOTS - downSlots || (flapped && index > 18 && index < 23);
    const isOutlier = index === 41 && service.outlier?.includes(number);
    const seconds = base * (0.8 + jitter() * 0.5 + (jitter() < 0.04 ? 1.5 : 0)) * (isOutlier ? 100 : 1);
    return { ill, seconds, loses: jitter() < 0.01, isKnown: index >= SLOTS - known };
  });
  const share = carrying.includes(number) ? 1 / carrying.length : 0;
  const downFor = downSlots * SLOT_SECONDS;
  return {
    address: addressOf(number),
    ...(service.names?.[number - 1] !== undefined && { name: service.names[number - 1]! }),
    state: unknown ? "unknown" : down ? "down" : "up",
    since: moment((down ? downFor : flapped ? 185 : 273_890) + (service.later ?? 0)),
    ...(service.drained?.includes(number) && { drained: { by: "command", since: moment(7200) } }),
    failuresInRow: down ? downFor : 0,
    lastFailure: down
      ? { why: reasonOf(number), at: moment(0.4) }
      : flapped
        ? { why: "status 503", at: moment(190) }
        : null,
    leftOut: leftOut ? "it is not on a directly connected network" : null,
    held: null,
    kept: false,
    ...(service.weights && { weight: service.weights[number - 1] ?? 1 }),
    ...(service.tier2 && {
      tier: service.tier2.includes(number) ? 2 : 1,
      standby: service.tier2.includes(number) && !down,
    }),
    carriesTraffic: share > 0,
    share,
    latency: { p50: base, p95: base * 1.9, probes: 120, answered: 120 - downSlots * 2 },
    flaps: { lastHour: down || flapped ? 1 : 0, sinceStart: down ? 4 : flapped ? 2 : 0 },
    ...(service.through && { probers: probersOf(down, number, downFor + (service.later ?? 0)) }),
    publicAddress:
      service.ddns === undefined
        ? null
        : down
          ? { address: null, state: "inactive", why: null }
          : { address: publicOf(number), state: "known", why: null },
    history: {
      up: slots.map(({ ill, isKnown }) => (isKnown ? !ill : null)),
      answered: slots.map(({ ill, isKnown }) => (isKnown && !ill ? 5 : 0)),
      failed: slots.map(({ ill, loses, isKnown }) => (isKnown && ill ? 5 : isKnown && loses ? 1 : 0)),
      latencySeconds: slots.map(({ ill, seconds, isKnown }) => (isKnown && !ill ? seconds : null)),
      ...(service.through && { loss: slots.map(({ ill }, index) => (ill ? 1 : lossAt(number, index + later))) }),
    },
  };
}

/** Some gateways lose up to a fifth of the probes for a minute. */
function lossAt(number: number, slot: number): number {
  return number % 3 === 1 && slot % 30 < 12 ? 0.2 - (slot % 30) / 60 : 0;
}

function probersOf(down: boolean, number: number, downFor: number): NonNullable<Gateway["probers"]> {
  const alike = { since: moment(273_890), failuresInRow: 0, lastFailure: null, down: null, quality: null };
  const why = `${ICMP}: no answer through it`;
  const failing = { failuresInRow: 12, lastFailure: { why, at: moment(2) }, since: moment(downFor), down: why };
  const quality = {
    probes: 24,
    loss: down ? 1 : lossAt(number, 59),
    medianSeconds: down ? null : 0.011 + number / 1e4,
  };
  return [
    { ...alike, name: "http", state: "up" },
    { ...alike, ...(down && failing), name: ICMP, state: down ? "down" : "up", quality },
  ];
}

function routesTo(
  destinations: readonly string[],
  carrying: readonly number[],
  killSwitch: boolean,
): Status["routing"]["routes"] {
  const reject = { type: "unreachable", metric: 4294967295, nexthops: [], shares: [] };
  const rejecting = killSwitch ? destinations.map((destination) => ({ destination, ...reject })) : [];
  if (carrying.length === 0) return rejecting;
  const spreading = destinations.map((destination) => ({
    destination,
    type: "unicast",
    metric: 0,
    nexthops: carrying.map((number) => ({ gateway: addressOf(number), device: "eth0", weight: 1 })),
    shares: carrying.map((number) => ({ gateway: addressOf(number), share: 1 / carrying.length })),
  }));
  return [...spreading, ...rejecting];
}

function ddnsOf(how: NonNullable<Service["ddns"]>, carrying: readonly number[]): Status["ddns"] {
  return {
    provider: "DynuDNS",
    hostname: "gateways.example.com",
    onDuty: how !== "off duty",
    ok: how !== "failing",
    addresses: carrying.map(publicOf),
    lastSuccess: moment(how === "failing" ? 1800 : 41),
    lastError:
      how === "failing" ? { kind: "access", why: "Dynu declines the API key: status 401", at: moment(75) } : null,
    pending: null,
    nextTrySeconds: 512,
  };
}

/** The log entries of a service. */
export function entriesOf(service: Service): LogEntry[] {
  const { gateways: all, down = [] } = service;
  const entry = (id: number, age: number, level: LogEntry["level"], text: string): LogEntry => ({
    id,
    time: timeOf(age),
    level,
    text,
  });
  const range = all === 1 ? addressOf(1) : `${addressOf(1)} to ${addressOf(all)}`;
  return [
    entry(1, 3800, "info", `probing ${range} at http://...:9999/ every 3s; managing 0.0.0.0/0 in table 180`),
    entry(2, 3799, "info", `gateway ${addressOf(1)} up (${all} of ${all} healthy)`),
    entry(3, 700, "warn", "rule 10888 to table 180 was removed or altered by another program; restored"),
    ...down.map((number, index) => {
      const left = `${all - index - 1} of ${all} healthy`;
      return entry(10 + index, 65 - index, "info", `gateway ${addressOf(number)} down: ${reasonOf(number)} (${left})`);
    }),
    ...(service.ddns === "failing" ? [entry(500, 5, "error", "ddns: Dynu declines the API key: status 401")] : []),
  ];
}

function timeOf(ageSeconds: number): string {
  return new Date(NOW - ageSeconds * 1000).toISOString();
}

function moment(ageSeconds: number): { time: string; ageSeconds: number } {
  return { time: timeOf(ageSeconds), ageSeconds };
}

/** Pseudo-random numbers from 0 to 1 (splitmix32). */
function random(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b9);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    const once = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    const twice = Math.imul(once ^ (once >>> 15), 0x735a2d97);
    return ((twice ^ (twice >>> 15)) >>> 0) / 2 ** 32;
  };
}
