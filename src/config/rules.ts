import { parseTsigKey } from "../ddns/dns/tsig-key.ts";
import { entryOf, PROVIDER_OPTIONS } from "../ddns/providers/registry.ts";
import { FAMILIES, type Family } from "../net/address.ts";
import { type Cidr, contains, everything, formatCidr } from "../net/cidr.ts";
import { formatDuration } from "../net/duration.ts";
import { exemptions, KILL_SWITCH_SPAN, MOST_EXEMPTIONS, rejectTypeOf } from "../routing/kill-switch.ts";
import { isProbeTable, MOST_PROBE_TABLES, PROBE_SPAN } from "../routing/probe-tables.ts";
import { LAST_PREFERENCE, SYSTEM_TABLES } from "../routing/tables.ts";
import { quote } from "../text/escape.ts";
import type { OptionValues } from "./options.ts";
import { headerText } from "./values.ts";

/*
 * What values must be in relation to each other, wherever they are given: by flags or in a file. A value that is faulty
 * itself is undefined here.
 */

/** Values that contradict each other. */
export interface Contradiction {
  /** The one that the message begins with. */
  readonly key: keyof OptionValues;
  readonly text: string;
}

/** What people call a value: its flag, or its key in a file. */
export type NameOf = (key: keyof OptionValues) => string;

type Values = Partial<OptionValues>;
type Found = Generator<Contradiction>;

/** Faults of the periods of a probe of gateways. */
export function* gatewayProbeRules({ timeout, checkPeriod, fastCheckPeriod }: Values, name: NameOf): Found {
  if (timeout !== undefined && checkPeriod !== undefined && timeout > checkPeriod) {
    yield tooLong("timeout", timeout, "checkPeriod", checkPeriod, "a probe", name);
  }
  if (fastCheckPeriod !== undefined && checkPeriod !== undefined && fastCheckPeriod > checkPeriod) {
    const slower = formatDuration(fastCheckPeriod);
    const period = name("checkPeriod");
    const text = `${name("fastCheckPeriod")} ${slower} is longer than ${period} ${formatDuration(checkPeriod)}: it is for more frequent probes; lower it or raise ${period} to ${slower}`;
    yield { key: "fastCheckPeriod", text };
  }
}

/** Faults of the times of a probe beyond the gateways. */
export function* beyondProbeRules({ throughTimeout, throughPeriod }: Values, name: NameOf): Found {
  if (throughTimeout !== undefined && throughPeriod !== undefined && throughTimeout > throughPeriod) {
    yield tooLong("throughTimeout", throughTimeout, "throughPeriod", throughPeriod, "a round", name);
  }
}

function tooLong(
  key: keyof OptionValues,
  time: number,
  periodKey: keyof OptionValues,
  period: number,
  what: string,
  name: NameOf,
): Contradiction {
  const longer = formatDuration(time);
  const text = `${name(key)} ${longer} is longer than ${name(periodKey)} ${formatDuration(period)}: ${what} must end before the next one starts; raise ${name(periodKey)} to ${longer} or lower ${name(key)}`;
  return { key, text };
}

/** Faults of how many targets have to answer. @param probe what has the targets, with its verb */
export function* needRules({ throughNeed }: Values, targets: number, probe: string, name: NameOf): Found {
  if (throughNeed === undefined || throughNeed <= targets) return;
  const count = `${targets} ${targets === 1 ? "target" : "targets"}`;
  const text = `${name("throughNeed")} ${throughNeed}: ${probe} only ${count}; lower it, or add targets`;
  yield { key: "throughNeed", text };
}

/** Faults of the table of a pool. */
export function* tableRules({ firstRoutingTableId }: Values, name: NameOf): Found {
  if (firstRoutingTableId === undefined || !SYSTEM_TABLES.has(firstRoutingTableId)) return;
  const text = `${name("firstRoutingTableId")} ${firstRoutingTableId}: the kernel uses this table itself; choose another, such as 180`;
  yield { key: "firstRoutingTableId", text };
}

/** Faults of the files that the service writes: each has to have a place of its own. */
export function* ownFileRules(values: Values, name: NameOf): Found {
  const { trackFile } = values;
  for (const key of ["drainFile", "controlSocket"] as const) {
    if (trackFile === undefined || values[key] !== trackFile) continue;
    yield {
      key: "trackFile",
      text: `${name("trackFile")} ${quote(trackFile)}: also the ${name(key)}; name another file`,
    };
  }
}

const isWhole = (one: Cidr | undefined): one is Cidr => one !== undefined;

/** Faults of the rules of a kill switch. */
export function* whenNoGatewaysRules(
  { whenNoGateways, firstRulePreference, route, excludeCidr, blockIpv6 }: Values,
  name: NameOf,
): Found {
  if (whenNoGateways === undefined || rejectTypeOf(whenNoGateways) === undefined) return;
  const mode = `${name("whenNoGateways")} ${whenNoGateways}`;
  const last = LAST_PREFERENCE - KILL_SWITCH_SPAN + 1;
  if (firstRulePreference !== undefined && firstRulePreference > last) {
    const text = `${name("firstRulePreference")} ${firstRulePreference}: ${mode} also uses the three preferences after it, and ${LAST_PREFERENCE} is the last; choose one up to ${last}`;
    yield { key: "firstRulePreference", text };
  }
  if (!route || !excludeCidr) return;
  const inFamily = (family: Family): Cidr[][] =>
    [blockIpv6 ? [...route, everything(6)] : route, excludeCidr].map((list) =>
      list.filter(isWhole).filter(({ address }) => address.family === family),
    );
  const counts = FAMILIES.map(inFamily).map(([managed, excluded]) => exemptions(managed!, excluded!).length);
  const count = Math.max(...counts); // each family has rules of its own
  if (count > MOST_EXEMPTIONS) {
    const text = `${name("excludeCidr")} with ${mode}: ${count} networks, but the kill switch has a rule for each, with which packets to them are compared one by one, and ${MOST_EXEMPTIONS} is the most; join neighbouring networks, or let packets to them bypass the gateways by a mark (gateway-route-manager help exclusions)`;
    yield { key: "excludeCidr", text };
  }
}

/** Faults of the destinations of a pool. @param every what people call each of its destinations */
export function* destinationRules({ route, excludeCidr }: Values, every: string, name: NameOf): Found {
  if (!route || !excludeCidr || !route.every((one) => coveredBy(one, excludeCidr))) return;
  const exclude = name("excludeCidr");
  const text = `${exclude} covers every ${every} (${route.filter(Boolean).map(formatCidr).join(", ")}): no destination is left to route; narrow ${exclude}`;
  yield { key: "excludeCidr", text };
}

/** Faults of markers. @param gateways those that are known, so that no marker takes their packets */
export function* markerRules(
  { markerRoute, route, excludeCidr }: Values,
  gateways: readonly Cidr[],
  name: NameOf,
): Found {
  const seen = new Set<string>();
  const destinations = { managed: (route ?? []).filter(isWhole), excluded: (excludeCidr ?? []).filter(isWhole) };
  for (const marker of (markerRoute ?? []).filter(isWhole)) {
    const fault = markerFault(marker, destinations, gateways, name);
    const text = formatCidr(marker);
    if (seen.has(text)) yield { key: "markerRoute", text: `${name("markerRoute")} ${text} is given twice; remove one` };
    else if (fault) yield { key: "markerRoute", text: `${name("markerRoute")} ${text}: ${fault}; choose another` };
    seen.add(text);
  }
}

/** Why the main table must not drop packets to a network: packets that are to go somewhere take that table. */
function markerFault(
  marker: Cidr,
  { managed, excluded }: Readonly<Record<"managed" | "excluded", readonly Cidr[]>>,
  gateways: readonly Cidr[],
  name: NameOf,
): string | undefined {
  const overlaps = (other: Cidr): boolean => contains(other, marker) || contains(marker, other);
  const exclusion = excluded.find(overlaps);
  if (exclusion)
    return `it has packets of ${name("excludeCidr")} ${formatCidr(exclusion)}, which the main table routes`;
  const gateway = gateways.find((one) => contains(marker, one));
  if (gateway) return `the gateway ${formatCidr(gateway).split("/")[0]} is in it`;
  const destination = managed.find((one) => contains(marker, one) || (one.prefix > 0 && contains(one, marker)));
  if (destination) return `it has packets of ${name("route")} ${formatCidr(destination)}`;
  const { family } = marker.address;
  if (managed.length > 0 && !managed.some(({ address }) => address.family === family)) {
    return `no ${name("route")} is of IPv${family}, so that no gateway is ever usable for it`;
  }
  return undefined;
}

/** The exclusion that holds all of a destination, if one does. Faulty entries of either list are undefined. */
export function coveredBy(destination: Cidr | undefined, exclusions: readonly (Cidr | undefined)[]): Cidr | undefined {
  return destination && exclusions.find((exclusion) => exclusion && contains(exclusion, destination));
}

/** Which values are missing, and not only faulty. */
export type Lacks = (key: keyof OptionValues) => boolean;

/** Faults of how public addresses are looked up. */
export function* publicIpRules(values: Values, lacks: Lacks, name: NameOf): Found {
  const pair = ["publicIpServiceUsername", "publicIpServicePassword"] as const;
  const [user, password] = pair;
  if (pair.some((key) => values[key] !== undefined) && pair.some(lacks)) {
    yield { key: user, text: `${name(user)} and ${name(password)} need each other: set both or neither` };
  }
  if (values.publicIpServiceUsername?.includes(":")) {
    const shown = quote(values.publicIpServiceUsername);
    yield { key: user, text: `${name(user)} ${shown}: basic authentication allows no colon in a user name; remove it` };
  }
}

/** Faults of a DNS name. @param sources where the password may come from besides, for people */
export function* ddnsRules(values: Values, lacks: Lacks, sources: string, name: NameOf): Found {
  const { ddnsProvider, ddnsPassword } = values;
  if (ddnsProvider === undefined) return;
  const provider = `${name("ddnsProvider")} ${ddnsProvider}`;
  if (lacks("ddnsPassword")) {
    yield { key: "ddnsProvider", text: `${provider} needs ${name("ddnsPassword")}${sources}` };
  }
  const entry = entryOf(ddnsProvider);
  const secretFault = ddnsPassword === undefined ? undefined : faultOfSecret(ddnsPassword, entry.secret, ddnsProvider);
  if (secretFault !== undefined) {
    yield { key: "ddnsPassword", text: `${name("ddnsPassword")} (not shown): expected ${secretFault}` };
  }
  for (const key of PROVIDER_OPTIONS) {
    if (entry.options[key] !== "required" || !lacks(key)) continue;
    yield { key: "ddnsProvider", text: `${provider} needs ${name(key)}` };
  }
  if (lacks("ddnsHostname")) yield { key: "ddnsProvider", text: `${provider} needs ${name("ddnsHostname")}` };
}

/** What is expected in place of a secret that is none of its kind. */
function faultOfSecret(secret: string, kind: "API key" | "TSIG key", provider: string): string | undefined {
  if (kind === "API key") {
    const isRight = headerText.parse(secret).ok;
    return isRight ? undefined : `an API key of ${provider}: ASCII characters without spaces around them`;
  }
  const key = parseTsigKey(secret);
  return "expected" in key ? key.expected : undefined;
}

/** Faults of where the rules and tables for packets beyond one gateway are. @param tables those of pools */
export function* probePlaceRules(values: Values, tables: readonly (number | undefined)[], name: NameOf): Found {
  const { probeRulePreference, firstRulePreference, firstProbeTableId } = values;
  if (probeRulePreference !== undefined && firstRulePreference !== undefined) {
    if (probeRulePreference + PROBE_SPAN > firstRulePreference) {
      const most = firstRulePreference - PROBE_SPAN;
      const remedy = most >= 1 ? `choose one up to ${most}, or raise the other` : "raise the other";
      const text = `${name("probeRulePreference")} ${probeRulePreference}: the rules for probes need four preferences before ${name("firstRulePreference")} ${firstRulePreference}; ${remedy}`;
      yield { key: "probeRulePreference", text };
    }
  }
  if (firstProbeTableId === undefined) return;
  const takenFrom = (first: number): number | undefined =>
    [...SYSTEM_TABLES.keys(), ...tables].find(
      (table) => table !== undefined && isProbeTable(table, { table: first, preference: 0, mark: 0 }),
    );
  const taken = takenFrom(firstProbeTableId);
  if (taken === undefined) return;
  const free = [18001, 19001].find((first) => takenFrom(first) === undefined);
  const text = `${name("firstProbeTableId")} ${firstProbeTableId}: the ${MOST_PROBE_TABLES} tables from there include ${taken}, which is in use; choose another${free === undefined ? "" : `, such as ${free}`}`;
  yield { key: "firstProbeTableId", text };
}
