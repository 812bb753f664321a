import {
  type BeyondProbe,
  type Config,
  DDNS_KEYS,
  type DnsNameConfig,
  type GatewayConfig,
  type GatewayProbe,
  type Member,
  POOL_KEYS,
  type ProbeConfig,
  PUBLIC_IP_KEYS,
  type PublicIpConfig,
  SERVICE_KEYS,
} from "./model.ts";
import { ALL_PACKETS } from "../routing/selectors.ts";
import type { OptionValues } from "./options.ts";
import { throughName } from "./through-values.ts";

/** The configuration that flags mean: one pool without a name, whose gateways all have the same probes. */
export function configOfFlags(values: OptionValues, members: readonly Member[]): Config {
  const own = gatewayProbe(values);
  const beyond = values.through.map((prober) => beyondProbe(prober, values));
  const probes: readonly [ProbeConfig, ...ProbeConfig[]] = [own, ...beyond];
  const isOwnLeftOut = values.throughOnly && beyond.length > 0;
  const names = (isOwnLeftOut ? beyond : probes).map(({ name }) => name) as [string, ...string[]];
  return {
    service: pick(values, SERVICE_KEYS),
    gateways: members.map((member) => gatewayOf(member, names, values)),
    probes,
    probePlaces: {
      preference: values.probeRulePreference,
      table: values.firstProbeTableId,
      mark: values.probeMark,
    },
    exitCheck: { urls: values.exitCheck, period: values.exitCheckPeriod, timeout: values.throughTimeout },
    publicIp: pick(values, ["timeout", ...PUBLIC_IP_KEYS]) satisfies PublicIpConfig,
    pools: [
      {
        ...pick(values, POOL_KEYS),
        members,
        gateways: members.map(({ gateway }) => gateway),
        selectors: ALL_PACKETS,
        dnsNames: dnsNamesOf(values),
        table: values.firstRoutingTableId,
        preference: values.firstRulePreference,
      },
    ],
  };
}

function dnsNamesOf(values: OptionValues): DnsNameConfig[] {
  return values.ddnsProvider === undefined ? [] : [pick(values, DDNS_KEYS) as DnsNameConfig];
}

function gatewayOf(
  { gateway: address, address6, name }: Member,
  probes: GatewayConfig["probes"],
  { throughRequire: requirement }: OptionValues,
): GatewayConfig {
  return {
    address,
    ...(address6 !== undefined && { address6 }),
    ...(name !== undefined && { name }),
    ...{ probes, requirement },
  };
}

function pick<K extends keyof OptionValues>(values: OptionValues, keys: readonly K[]): Pick<OptionValues, K> {
  return Object.fromEntries(keys.map((key) => [key, values[key]])) as Pick<OptionValues, K>;
}

function gatewayProbe(values: OptionValues): GatewayProbe {
  const { scheme, port, path, timeout, rise, fall, checkPeriod: period, fastCheckPeriod: fastPeriod } = values;
  return { kind: "gateway", name: scheme, scheme, port, path, period, fastPeriod, timeout, rise, fall };
}

function beyondProbe(prober: OptionValues["through"][number], values: OptionValues): BeyondProbe {
  return {
    ...prober,
    kind: "beyond",
    name: throughName(prober),
    need: values.throughNeed,
    text: values.throughText,
    period: values.throughPeriod,
    timeout: values.throughTimeout,
    rise: values.throughRise,
    fall: values.throughFall,
    maxLoss: values.throughMaxLoss,
    maxLatency: values.throughMaxLatency,
  };
}
