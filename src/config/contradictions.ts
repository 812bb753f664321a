import { quote } from "../text/escape.ts";
import { blockIpv6Rules, familyRules, requiredAddressRules } from "./family-rules.ts";
import { gatewayContradictions } from "./gateway-contradictions.ts";
import { type Cidr, hostOf, parseHost } from "../net/cidr.ts";
import { familyCounts, givenGateways, isGateway } from "./gateway-counts.ts";
import { givenAddresses } from "./gateway-values.ts";
import { asksThrough } from "./look-ups.ts";
import { options, type OptionValues } from "./options.ts";
import {
  beyondProbeRules,
  type Contradiction,
  ddnsRules,
  destinationRules,
  gatewayProbeRules,
  type NameOf,
  markerRules,
  needRules,
  ownFileRules,
  probePlaceRules,
  publicIpRules,
  tableRules,
  whenNoGatewaysRules,
} from "./rules.ts";
import { asksUrls, hostOfTarget, type ThroughProber, throughArgument } from "./through-values.ts";

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
  yield* gatewayContradictions(values, faulty, partial);
  yield* familyContradictions(values, faulty);
  yield* textsOf(gatewayProbeRules(values, flagOf), tableRules(values, flagOf));
  yield* throughContradictions(values);
  yield* exitContradictions(values);
  yield* probePlaceContradictions(values);
  yield* textsOf(
    whenNoGatewaysRules(values, flagOf),
    blockIpv6Rules(values, [], flagOf),
    publicIpRules(values, lacks, flagOf),
    ddnsRules(values, lacks, " (or GRM_DDNS_PASSWORD, GRM_DDNS_PASSWORD_FILE, DDNS_PASSWORD)", flagOf),
    requiredAddressRules(values, flagOf),
    ownFileRules(values, flagOf),
    markerRules(values, hostsOf(values), flagOf),
    destinationRules(values, flagOf("route"), flagOf),
  );
}

/** Faults of the families of gateways and of destinations, beside each other. */
function* familyContradictions(values: Partial<OptionValues>, faulty: ReadonlySet<string>): Generator<string> {
  const counts = familyCounts(values, faulty);
  if (counts === undefined) return;
  const examples = { address: "-gateway sweden=192.168.1.10+fd00::10", ipv6Alone: "-route default6" };
  yield* textsOf(familyRules(values, { ...counts, examples }, flagOf));
}

/** The gateways that are known one by one. */
function hostsOf(values: Partial<OptionValues>): Cidr[] {
  const ends = [values.startIp, values.endIp].filter((one) => one !== undefined);
  return [
    ...ends.map(hostOf),
    ...givenGateways(values)
      .flatMap(givenAddresses)
      .map((text) => parseHost(text)!),
  ];
}

const flagOf: NameOf = (key) => `-${options[key].flag}`;

function* textsOf(...found: readonly Iterable<Contradiction>[]): Generator<string> {
  for (const contradictions of found) for (const { text } of contradictions) yield text;
}

function* throughContradictions(values: Partial<OptionValues>): Generator<string> {
  const { through } = values;
  if (!through || through.length === 0) return;
  yield* textsOf(beyondProbeRules(values, flagOf));
  const probers = through.filter((prober: ThroughProber | undefined) => prober !== undefined);
  for (const { targets, text } of probers.map((prober) => ({ ...prober, text: throughArgument(prober) }))) {
    yield* textsOf(needRules(values, targets.size, `-through ${text} has`, flagOf));
  }
  // One that is faulty itself may be meant as a URL.
  if (values.throughText !== undefined && probers.length === through.length && !probers.some(asksUrls)) {
    yield `-through-text ${quote(values.throughText)}: no -through is a URL, and only the answer of a URL has a text; add one, such as -through https://example.com/, or remove it`;
  }
  for (const text of repeated(probers.map(throughArgument))) yield `-through ${text} is given twice; remove one`;
  for (const target of probers.flatMap(({ targets }) => [...targets.values()])) {
    const text = hostOfTarget(target);
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
  yield* textsOf(probePlaceRules(values, [values.firstRoutingTableId], flagOf));
}
