import { managedFamilies, namedAddresses } from "../config/families.ts";
import { addressesOf, type Config } from "../config/model.ts";
import { inOrder } from "../config/pool-order.ts";
import { type Family, parseAddress, zoneOf } from "../net/address.ts";
import { formatCidr } from "../net/cidr.ts";
import { coveredByConnected } from "../routing/desired.ts";
import { readDefaultDevices, readIpv6Origins, readMarkedRoutes } from "../routing/iproute2/inspect.ts";
import type { Kernel } from "../routing/kernel.ts";
import type { PolicyRule } from "../routing/policy-rule.ts";
import { textsOf } from "../text/gateway.ts";
import { exitAnswerFactsOf, poolsFor, probeUseFindings, wishesOf } from "./check-through.ts";
import type { Circumstances } from "./circumstances.ts";
import { checkExitAnswers } from "./exit-answers.ts";
import { acrossPools, type Finding } from "./finding.ts";
import { isFilterStrict, readInterfaces, readListeningPorts, readSettings } from "./host-facts.ts";
import { checkInterfaces } from "./interfaces.ts";
import { adviceOf } from "./ipv6-advice.ts";
import { readAllInterfaces, readIpv6Settings } from "./ipv6-host-facts.ts";
import { checkIpv6Settings } from "./ipv6-settings.ts";
import { besidesLeftovers, checkLeftovers, readLeftovers } from "./leftovers.ts";
import { checkNexthopUse } from "./nexthop-use.ts";
import { checkNexthops } from "./nexthops.ts";
import { checkSelectors } from "./pool-findings.ts";
import { chainOf, destinationsIn, type FamilyKernel, type PoolKernel, readPools } from "./pool-kernel.ts";
import { checkPrecedingRules } from "./preceding-rules.ts";
import { readingsOf } from "./routing-settings.ts";
import { checkSession } from "./session.ts";
import { settingWords } from "./setting-words.ts";
import { checkSettings } from "./settings.ts";
import { checkCovered, checkTableUse } from "./table-use.ts";
import { checkWanServices, type Wan } from "./wan-services.ts";

/** A family, and the configuration as that has it. */
interface View {
  readonly family: Family;
  readonly config: Config;
  /** With both families. */
  readonly whole: Config;
}

/** What was read for a family. */
export interface FamilyRead extends View, FamilyKernel {
  /** The interfaces of the default route. */
  readonly defaults: readonly string[];
  /** What the earlier program has left in the places of each pool, which is in nothing else that was read. */
  readonly leftovers: readonly { readonly name?: string | undefined; readonly findings: readonly Finding[] }[];
}

/** Reads what the kernel has of a family. */
export async function readFamily(view: View, kernel: Kernel): Promise<FamilyRead> {
  const { family, config } = view;
  const [all, marked, defaults] = await Promise.all([
    kernel.observeAll(readingsOf(config, family)),
    readMarkedRoutes(family),
    readDefaultDevices(family),
  ]);
  const leftovers = await readLeftovers(config, family, all, kernel);
  const found = config.pools.map((pool, index) => {
    const findings = checkLeftovers(leftovers[index], all[index]!.policies, config, pool);
    return { name: pool.name, findings };
  });
  return { ...view, observed: besidesLeftovers(all, leftovers), marked, defaults, leftovers: found };
}

/**
 * The findings about all pools in one family.
 *
 * @param allRules those of both families
 */
export async function familyFindings(
  read: FamilyRead,
  kernel: Kernel,
  { client, server, given }: Circumstances,
  allRules: readonly PolicyRule[],
): Promise<Finding[]> {
  const { family, config, whole } = read;
  const surroundings = { chain: chainOf(whole), rules: allRules };
  const observed = read.observed[0]!;
  const words = settingWords(config.service);
  const pools = await readPools(read, kernel);
  const each = (check: (one: PoolKernel) => readonly Finding[], some = pools): Finding[] => {
    const ofPools = some.map((one) => ({ name: one.pool.name, findings: check(one) }));
    return acrossPools(ofPools, whole.pools.length);
  };
  const ofSources = (sources: readonly string[]): PoolKernel[] =>
    poolsFor(config, sources).map((pool) => pools[config.pools.indexOf(pool)]!);
  // What bypasses the pool that is asked first bypasses all: port forwards lead into the networks of others.
  const first = pools.find(({ pool }) => pool === inOrder(config.pools)[0])!;
  const wan = readWan(read);
  return [
    ...(await settingFindings(read)),
    ...each(({ facts }) => checkTableUse(facts)),
    ...acrossPools(read.leftovers, whole.pools.length),
    ...each(({ pool, facts, observed: { nexthops } }) => {
      return pool.members.length === 0 ? [] : checkNexthopUse(facts, nexthops);
    }),
    ...(await probeUseFindings(config, observed, family)),
    ...checkSelectors(config, new Set(readInterfaces()), family, whole.pools.length),
    ...each(({ facts, diversions }) => checkPrecedingRules(facts, diversions, surroundings)),
    ...each(({ overruled }) => overruled),
    ...checkNexthops(
      addressesOf(config),
      observed.unusable,
      observed.links,
      textsOf(namedAddresses(config.gateways)),
      config.service.config === undefined ? given : "file",
      readAllInterfaces(),
    ),
    ...checkInterfaces(observed.skipped, words),
    ...each(({ pool }) => checkCovered(coveredByConnected(destinationsIn(config, pool), observed.connected), words)),
    ...(ofSources(wan?.addresses ?? []).length === 0
      ? []
      : checkWanServices(wan, first.diversions, first.facts.tableRef)),
    ...each(
      ({ facts }) => checkSession(client, facts.wanted, words),
      ofSources(server === undefined ? observed.addresses : [server]),
    ),
  ];
}

/** What the settings of the kernel do to the packets of a family. */
async function settingFindings({
  family,
  config,
  whole,
  observed: [observed],
  defaults,
}: FamilyRead): Promise<Finding[]> {
  const { devices, links, connected } = observed!;
  if (family === 4) {
    return [
      ...checkSettings(readSettings(devices.values()), wishesOf(config, observed!, defaults, whole)),
      ...checkExitAnswers(exitAnswerFactsOf(config, observed!, defaults)),
    ];
  }
  if (!managedFamilies(whole).includes(6)) return [];
  const settings = readIpv6Settings(new Set(devices.values()), await readIpv6Origins());
  const wishes = {
    gateways: Math.max(...config.pools.map((pool) => pool.gateways.length)),
    linkLocal: [...new Set(addressesOf(config).flatMap((gateway) => zoneOf(parseAddress(gateway, [6])!) ?? []))],
  };
  const away = links.filter(({ name }) => defaults.includes(name)).flatMap(({ addresses }) => addresses);
  const inside = connected.filter((one) => !away.some(({ network }) => formatCidr(network) === formatCidr(one)));
  return [...checkIpv6Settings(settings, wishes), ...adviceOf(inside)];
}

/** The ordinary internet connection; undefined where there is none beside the gateways. */
function readWan({ family, observed: [observed], defaults, config }: FamilyRead) {
  const { devices, links } = observed!;
  const [device, ...others] = defaults;
  if (device === undefined || others.length > 0 || [...devices.values()].includes(device)) return undefined;
  const addresses = links.find(({ name }) => name === device)?.addresses.map(({ address }) => address) ?? [];
  const ports = readListeningPorts(addresses, family).filter((port) => port !== config.service.metricsPort);
  const wan: Wan = { family, device, ports, strict: family === 4 && isFilterStrict(device) };
  return { ...wan, addresses };
}
