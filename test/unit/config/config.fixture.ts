import type { Config, DnsNameConfig } from "../../../src/config/model.ts";

/** The values of a configuration with one pool in one record, by the names of the flags that gave them. */
export function valuesOf({ service, gateways, probes, probePlaces, exitCheck, publicIp, pools: [pool] }: Config) {
  const own = probes.find((probe) => probe.kind === "gateway")!;
  const beyond = probes.flatMap((probe) => (probe.kind === "beyond" ? probe : []));
  const { table: firstRoutingTableId, preference: firstRulePreference, dnsNames, ...others } = pool;
  const dnsName: Partial<DnsNameConfig> = dnsNames[0] ?? {};
  const { scheme, port, path, period: checkPeriod, fastPeriod: fastCheckPeriod, rise, fall } = own;
  return {
    ...{ ...service, ...publicIp, ...others, ...dnsName, firstRoutingTableId, firstRulePreference },
    ...{ scheme, port, path, checkPeriod, fastCheckPeriod, rise, fall },
    ...{ exitCheck: exitCheck.urls, exitCheckPeriod: exitCheck.period },
    through: beyond,
    throughNeed: beyond[0]?.need,
    throughText: beyond[0]?.text,
    throughPeriod: beyond[0]?.period,
    throughTimeout: exitCheck.timeout,
    throughRise: beyond[0]?.rise,
    throughFall: beyond[0]?.fall,
    throughOnly: gateways.some((gateway) => !gateway.probes.includes(own.name)),
    throughRequire: gateways[0]?.requirement,
    throughMaxLoss: beyond[0]?.maxLoss,
    throughMaxLatency: beyond[0]?.maxLatency,
    probeRulePreference: probePlaces.preference,
    firstProbeTableId: probePlaces.table,
    probeMark: probePlaces.mark,
  };
}

export type Values = ReturnType<typeof valuesOf>;
