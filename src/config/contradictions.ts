import { type Cidr, contains, formatCidr } from "../net/cidr.ts";
import { formatDuration } from "../net/duration.ts";
import { exemptions, KILL_SWITCH_SPAN, MOST_EXEMPTIONS, rejectTypeOf } from "../routing/kill-switch.ts";
import { isProbeTable, MOST_PROBE_TABLES, PROBE_SPAN } from "../routing/probe-tables.ts";
import { LAST_PREFERENCE, SYSTEM_TABLES } from "../routing/tables.ts";
import { quote } from "../text/escape.ts";
import { gatewayContradictions, isGateway } from "./gateway-contradictions.ts";
import { asksThrough } from "./look-ups.ts";
import type { OptionValues } from "./options.ts";
import { asksUrls, type ThroughProber, throughArgument } from "./through-values.ts";
import { headerText } from "./values.ts";

/**
 * Faults that only show when options are held against each other. The value of an option that is faulty itself is
 * undefined here; it is not called missing as well.
 */
export function* contradictions(
  values: Partial<OptionValues>,
  faulty: ReadonlySet<string>,
  partial = false,
): Generator<string> {
  const lacks = (key: keyof OptionValues): boolean => !partial && values[key] === undefined && !faulty.has(key);
  const has = (key: keyof OptionValues): boolean => values[key] !== undefined;
  const { timeout, checkPeriod, fastCheckPeriod, firstRoutingTableId, ddnsProvider } = values;
  const { route, excludeCidr } = values;
  yield* gatewayContradictions(values, faulty, partial);
  if (timeout !== undefined && checkPeriod !== undefined && timeout > checkPeriod) {
    const longer = formatDuration(timeout);
    yield `-timeout ${longer} is longer than -check-period ${formatDuration(checkPeriod)}: a probe must end before the next one starts; raise -check-period to ${longer} or lower -timeout`;
  }
  if (fastCheckPeriod !== undefined && checkPeriod !== undefined && fastCheckPeriod > checkPeriod) {
    const slower = formatDuration(fastCheckPeriod);
    yield `-fast-check-period ${slower} is longer than -check-period ${formatDuration(checkPeriod)}: it is for more frequent probes; lower it or raise -check-period to ${slower}`;
  }
  if (firstRoutingTableId !== undefined && SYSTEM_TABLES.has(firstRoutingTableId)) {
    yield `-first-routing-table-id ${firstRoutingTableId}: the kernel uses this table itself; choose another, such as 180`;
  }
  yield* throughContradictions(values);
  yield* exitContradictions(values);
  yield* probePlaceContradictions(values);
  const { whenNoGateways, firstRulePreference } = values;
  const rejects = whenNoGateways !== undefined && rejectTypeOf(whenNoGateways) !== undefined;
  if (rejects && firstRulePreference !== undefined && firstRulePreference > LAST_PREFERENCE - KILL_SWITCH_SPAN + 1) {
    yield `-first-rule-preference ${firstRulePreference}: -when-no-gateways ${whenNoGateways} also uses the three preferences after it, and ${LAST_PREFERENCE} is the last; choose one up to ${LAST_PREFERENCE - KILL_SWITCH_SPAN + 1}`;
  }
  if (rejects && route && excludeCidr) {
    const isWhole = (one: Cidr | undefined): one is Cidr => one !== undefined;
    const count = exemptions(route.filter(isWhole), excludeCidr.filter(isWhole)).length;
    if (count > MOST_EXEMPTIONS) {
      yield `-exclude-cidr with -when-no-gateways ${whenNoGateways}: ${count} networks, but the kill switch has a rule for each, with which packets to them are compared one by one, and ${MOST_EXEMPTIONS} is the most; join neighbouring networks, or let packets to them bypass the gateways by a mark (gateway-route-manager help exclusions)`;
    }
  }
  const pair = ["publicIpServiceUsername", "publicIpServicePassword"] as const;
  if (pair.some(has) && pair.some(lacks)) {
    yield "-public-ip-service-username and -public-ip-service-password need each other: set both or neither";
  }
  if (values.publicIpServiceUsername?.includes(":")) {
    const shown = quote(values.publicIpServiceUsername);
    yield `-public-ip-service-username ${shown}: basic authentication allows no colon in a user name; remove it`;
  }
  if (ddnsProvider !== undefined) {
    if (lacks("ddnsPassword")) {
      yield `-ddns-provider ${ddnsProvider} needs -ddns-password (or GRM_DDNS_PASSWORD, GRM_DDNS_PASSWORD_FILE, DDNS_PASSWORD)`;
    }
    if (values.ddnsPassword !== undefined && !headerText.parse(values.ddnsPassword).ok) {
      yield `-ddns-password (not shown): expected an API key of ${ddnsProvider}: ASCII characters without spaces around them`;
    }
    if (lacks("ddnsHostname")) yield `-ddns-provider ${ddnsProvider} needs -ddns-hostname`;
  }
  if (route && excludeCidr && route.every((one) => coveredBy(one, excludeCidr))) {
    yield `-exclude-cidr covers every -route (${route.filter(Boolean).map(formatCidr).join(", ")}): no destination is left to route; narrow -exclude-cidr`;
  }
}

/** The exclusion that holds all of a destination, if one does. Faulty entries of either list are undefined. */
export function coveredBy(destination: Cidr | undefined, exclusions: readonly (Cidr | undefined)[]): Cidr | undefined {
  return destination && exclusions.find((exclusion) => exclusion && contains(exclusion, destination));
}

function* throughContradictions(values: Partial<OptionValues>): Generator<string> {
  const { through, throughNeed, throughPeriod, throughTimeout } = values;
  if (!through || through.length === 0) return;
  if (throughTimeout !== undefined && throughPeriod !== undefined && throughTimeout > throughPeriod) {
    const longer = formatDuration(throughTimeout);
    yield `-through-timeout ${longer} is longer than -through-period ${formatDuration(throughPeriod)}: a round must end before the next one starts; raise -through-period to ${longer} or lower -through-timeout`;
  }
  const probers = through.filter((prober: ThroughProber | undefined) => prober !== undefined);
  for (const { targets, text } of probers.map((prober) => ({ ...prober, text: throughArgument(prober) }))) {
    if (throughNeed === undefined || throughNeed <= targets.size) continue;
    const count = `${targets.size} ${targets.size === 1 ? "target" : "targets"}`;
    yield `-through-need ${throughNeed}: -through ${text} has only ${count}; lower it, or add targets`;
  }
  // One that is faulty itself may be meant as a URL.
  if (values.throughText !== undefined && probers.length === through.length && !probers.some(asksUrls)) {
    yield `-through-text ${quote(values.throughText)}: no -through is a URL, and only the answer of a URL has a text; add one, such as -through https://example.com/, or remove it`;
  }
  for (const text of repeated(probers.map(throughArgument))) yield `-through ${text} is given twice; remove one`;
  for (const target of probers.flatMap(({ targets }) => [...targets.values()])) {
    const text = "address" in target ? target.address : new URL(target.url).hostname;
    if (!isGateway(text, values)) continue;
    yield `-through with the target ${text}: it is one of the gateways, and shows nothing of what is beyond them; choose another`;
  }
}

function* exitContradictions(values: Partial<OptionValues>): Generator<string> {
  const urls = values.exitCheck?.filter((url: string | undefined) => url !== undefined) ?? [];
  for (const url of repeated(urls)) yield `-exit-check ${url} is given twice; remove one`;
  for (const url of new Set(urls)) {
    if (!isGateway(new URL(url).hostname, values)) continue;
    yield `-exit-check ${url}: its host is one of the gateways, and sees no packet that comes out beyond them; choose another`;
  }
}

function repeated(texts: readonly string[]): Set<string> {
  return new Set(texts.filter((one, index) => texts.indexOf(one) !== index));
}

/** Faults of where the rules and tables for packets beyond one gateway are. */
function* probePlaceContradictions(values: Partial<OptionValues>): Generator<string> {
  const { through = [], exitCheck = [] } = values;
  if (through.length === 0 && exitCheck.length === 0 && !asksThrough(values)) return;
  const { probeRulePreference, firstRulePreference, firstProbeTableId, firstRoutingTableId } = values;
  if (probeRulePreference !== undefined && firstRulePreference !== undefined) {
    if (probeRulePreference + PROBE_SPAN > firstRulePreference) {
      const most = firstRulePreference - PROBE_SPAN;
      const remedy = most >= 1 ? `choose one up to ${most}, or raise the other` : "raise the other";
      yield `-probe-rule-preference ${probeRulePreference}: the rules for probes need four preferences before -first-rule-preference ${firstRulePreference}; ${remedy}`;
    }
  }
  if (firstProbeTableId !== undefined && firstRoutingTableId !== undefined) {
    const takenFrom = (first: number): number | undefined =>
      [...SYSTEM_TABLES.keys(), firstRoutingTableId].find((table) =>
        isProbeTable(table, { table: first, preference: 0, mark: 0 }),
      );
    const taken = takenFrom(firstProbeTableId);
    if (taken !== undefined) {
      yield `-first-probe-table-id ${firstProbeTableId}: the ${MOST_PROBE_TABLES} tables from there include ${taken}, which is in use; choose another, such as ${[18001, 19001].find((first) => takenFrom(first) === undefined)}`;
    }
  }
}
