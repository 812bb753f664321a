import { formatAddress } from "../net/address.ts";
import { list } from "../text/list.ts";
import { countFamilies } from "./families.ts";
import { unroutedFamilies } from "./family-rules.ts";
import { gatewayFlag } from "./gateway-values.ts";
import { asksThrough } from "./look-ups.ts";
import { isInRange, membersOf } from "./members.ts";
import { type Option, options, type OptionValues } from "./options.ts";
import type { NameOf } from "./rules.ts";
import { uselessTiers } from "./tier-warnings.ts";
import {
  coveredRoutes,
  type Doubt,
  otherProviders,
  proxiedVerify,
  shortHold,
  unencryptedApi,
  uselessFastPeriod,
  uselessLatency,
  uselessPolicy,
  type Warning,
} from "./warning-rules.ts";

export type { Warning };

/** What is allowed but makes little sense together. */
export function warningsOf(values: OptionValues): Warning[] {
  return [
    ...gatewayWarnings(values),
    ...withoutKeys(
      uselessTiers(values, { members: membersOf(values), example: "-gateway 192.168.1.13,tier=2" }, flagOf),
      coveredRoutes(values, flagOf("route"), flagOf),
      unroutedFamilies(values, countFamilies(membersOf(values)), flagOf("route")),
      thresholdDoubts(values),
    ),
    ...probeFlagWarnings(values),
    ...(values.through.length === 0 ? [] : withoutKeys(uselessLatency(values, flagOf))),
    ...exitFlagWarnings(values),
    ...ddnsWarnings(values),
    ...withoutKeys(unencryptedApi(values, flagOf), otherProviders(values, flagOf), proxiedVerify(values, flagOf)),
  ];
}

/** Gateways that the range has already, and of which nothing more is said. */
function gatewayWarnings(values: OptionValues): Warning[] {
  return values.gateway.flatMap((one) => {
    const flag = gatewayFlag(one);
    if (flag !== formatAddress(one.address) || !isInRange(one.address, values)) return [];
    const detail = `-gateway ${flag} has no effect: the range has it already`;
    return [{ detail, remedy: "add a name, a weight or a tier, or remove it" }];
  });
}

const flagOf: NameOf = (key) => `-${options[key].flag}`;

function withoutKeys(...doubts: readonly Iterable<Doubt>[]): Warning[] {
  return doubts.flatMap((some) => [...some].map(({ detail, remedy }) => ({ detail, remedy })));
}

function* thresholdDoubts(values: OptionValues): Generator<Doubt> {
  const isThroughOnly = values.throughOnly && values.through.length > 0;
  const period = isThroughOnly ? "throughPeriod" : "checkPeriod";
  yield* uselessFastPeriod(values, flagOf);
  yield* shortHold(values, values[period], flagOf(period), flagOf);
  yield* uselessPolicy(values, flagOf);
}

const OF_THROUGH = [
  ...(["throughNeed", "throughText", "throughPeriod", "throughTimeout", "throughRise", "throughFall"] as const),
  ...(["throughOnly", "throughRequire", "throughMaxLoss", "throughMaxLatency"] as const),
  ...(["probeRulePreference", "firstProbeTableId", "probeMark"] as const),
];

/** Those of them that questions for exits need as well, and those that look-ups of public addresses do. */
const OF_LOOK_UPS: readonly string[] = ["probeRulePreference", "firstProbeTableId", "probeMark"];
const OF_EXIT_CHECK: readonly string[] = ["throughTimeout", ...OF_LOOK_UPS];

/** What only the probes of the gateways themselves use. */
const OF_GATEWAY_PROBES = ["checkPeriod", "fastCheckPeriod", "rise", "fall", "publicIpRequired"] as const;

/** Flags about probes that are not made. */
function* probeFlagWarnings(values: OptionValues): Generator<Warning> {
  const changed = (keys: readonly (keyof OptionValues)[]): string[] =>
    keys.filter((key) => values[key] !== defaultOf(options[key])).map((key) => `-${options[key].flag}`);
  if (values.through.length === 0) {
    const used = values.exitCheck.length > 0 ? OF_EXIT_CHECK : asksThrough(values) ? OF_LOOK_UPS : [];
    const useless = OF_THROUGH.filter((key) => !used.includes(key));
    yield* withoutEffect(changed(useless), "without -through", "set -through, or remove");
  } else if (values.throughOnly) {
    yield* withoutEffect(changed(OF_GATEWAY_PROBES), "with -through-only", "remove -through-only, or remove");
    if (values.through.length > 1) return;
    yield* withoutEffect(changed(["throughRequire"]), "with a single prober", "add a -through, or remove");
  }
}

/** Flags about questions for exits that are not asked. */
function* exitFlagWarnings({ exitCheck, exitCheckPeriod }: OptionValues): Generator<Warning> {
  if (exitCheck.length > 0 || exitCheckPeriod === defaultOf(options.exitCheckPeriod)) return;
  yield* withoutEffect(["-exit-check-period"], "without -exit-check", "set -exit-check, or remove");
}

function defaultOf({ fallback, type }: Option<unknown>): unknown {
  const parsed = fallback === undefined ? undefined : type.parse(fallback);
  return parsed?.ok ? parsed.value : undefined;
}

function* withoutEffect(flags: readonly string[], condition: string, remedy: string): Generator<Warning> {
  if (flags.length === 0) return;
  const [verb, them] = flags.length === 1 ? ["has", "it"] : ["have", "them"];
  yield { detail: `${list(flags, flags.length)} ${verb} no effect ${condition}`, remedy: `${remedy} ${them}` };
}

function* ddnsWarnings({ ddnsProvider, ddnsHostname }: OptionValues): Generator<Warning> {
  if (ddnsProvider === undefined && ddnsHostname !== undefined) {
    yield {
      detail: "-ddns-hostname has no effect without -ddns-provider",
      remedy: "set -ddns-provider, or remove -ddns-hostname",
    };
  }
}
