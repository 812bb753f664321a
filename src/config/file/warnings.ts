import { quote } from "../../text/escape.ts";
import type { Config } from "../model.ts";
import type { NameOf } from "../rules.ts";
import {
  coveredRoutes,
  exitNotAsked,
  type Doubt,
  shortHold,
  otherProviders,
  proxiedVerify,
  unencryptedApi,
  uselessFastPeriod,
  uselessLatency,
  uselessPolicy,
} from "../warning-rules.ts";
import { countFamilies } from "../families.ts";
import { routesWithoutSource, unroutedFamilies } from "../family-rules.ts";
import { familiesWithoutExit } from "../target-families.ts";
import { uselessTiers } from "../tier-warnings.ts";
import type { Document } from "./document.ts";
import type { FoundGateway } from "./gateways.ts";
import type { Key, Keys } from "./keys.ts";
import type { Findings, Read } from "./read.ts";
import { whole } from "./report-rules.ts";
import { BEYOND_PROBE, DDNS, GATEWAY_PROBE, POOL, type TableShape } from "./tables.ts";

/** Reports what is allowed in a file without a fault but makes little sense. */
export function warnOf(
  document: Document,
  config: Config,
  gateways: readonly FoundGateway[],
  findings: Findings,
): void {
  warnOfUnused(document, config, gateways, findings);
  warnOfRequirements(document, gateways, findings);
  warnOfIpv6WithoutPool(document, gateways, findings);
  for (const family of familiesWithoutExit(config)) {
    const { path, title } = document.exitCheck;
    findings.warn([...path, "services"], exitNotAsked(family, `${title} services`));
  }
  for (const probe of document.probes) {
    if (probe.kind === "gateway") {
      warnOfKeys(probe, GATEWAY_PROBE, findings, (name) => uselessFastPeriod(whole(probe.values), name));
    } else warnOfKeys(probe, BEYOND_PROBE, findings, (name) => uselessLatency(whole(probe.values), name));
  }
  const period = Math.min(...config.probes.map((probe) => probe.period));
  for (const [index, pool] of document.pools.entries()) {
    const values = whole(pool.values);
    const { members } = config.pools[index]!;
    warnOfKeys(pool, POOL, findings, function* (name) {
      yield* uselessTiers(values, { members, example: "{ gateway = NAME, tier = 2 }" }, name);
      yield* coveredRoutes(values, `entry of ${name("route")}`, name);
      yield* unroutedFamilies(values, countFamilies(members), `entry of ${name("route")}`);
      yield* routesWithoutSource(values, `entry of ${name("route")}`);
      yield* shortHold(values, period, "the shortest period of a probe,", name);
      yield* uselessPolicy(values, name);
    });
  }
  for (const ddns of document.ddns) {
    const values = whole(ddns.values);
    warnOfKeys(ddns, DDNS, findings, function* (name) {
      yield* unencryptedApi(values, name);
      yield* otherProviders(values, name);
      yield* proxiedVerify(values, name);
    });
  }
}

function warnOfUnused(
  { probes }: Document,
  config: Config,
  gateways: readonly FoundGateway[],
  findings: Findings,
): void {
  for (const { name, path, title } of probes) {
    if (gateways.some((gateway) => gateway.probes.includes(name))) continue;
    findings.warn(path, { detail: `${title} has no effect: no gateway names it`, remedy: "name it, or remove it" });
  }
  for (const { address, name, path } of gateways) {
    if (config.pools.some((pool) => pool.gateways.includes(address))) continue;
    const detail = `[[gateway]] ${name === undefined ? address : quote(name)} is probed, but in no pool`;
    findings.warn(path, { detail, remedy: "make it a member of one, or remove it" });
  }
  if (gateways.length > 0 && gateways.every(({ drained }) => drained)) {
    const detail = "all gateways are drained, so none carries traffic";
    findings.warn(gateways[0]!.path, { detail, remedy: "remove drained from one of them" });
  }
}

/** Warns of addresses of IPv6 in a file without a pool, which then routes IPv4 alone. */
function warnOfIpv6WithoutPool({ pools }: Document, gateways: readonly FoundGateway[], findings: Findings): void {
  const found = gateways.find(({ address6 }) => address6 !== undefined);
  if (pools.length > 0 || found === undefined) return;
  const detail = "IPv6 addresses of gateways have no effect: there is no [[pool]], so only IPv4 is routed";
  findings.warn([...found.path, "address"], {
    detail,
    remedy: 'write a [[pool]] with routes = ["default", "default6"]',
  });
}

/** Warns where any probe of a gateway is enough, and it has one only. */
function warnOfRequirements(document: Document, gateways: readonly FoundGateway[], findings: Findings): void {
  for (const { path, title, values } of document.gateways) {
    const found = gateways.find((gateway) => gateway.path === path);
    if (values.throughRequire !== "any" || found?.probes.length !== 1) continue;
    const detail = `${title} require any has no effect with a single probe`;
    findings.warn([...path, "require"], { detail, remedy: "give it another probe, or remove require" });
  }
}

function warnOfKeys<K extends Keys>(
  { path, title }: Read<K>,
  shape: TableShape<K>,
  findings: Findings,
  doubts: (name: NameOf) => Iterable<Doubt>,
): void {
  const nameOf: NameOf = (option) => Object.values<Key>(shape.keys).find((key) => key.option === option)!.name;
  for (const { key, detail, remedy } of doubts(nameOf)) {
    findings.warn([...path, nameOf(key)], { detail: `${title} ${detail}`, remedy });
  }
}
