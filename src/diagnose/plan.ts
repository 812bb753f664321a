import { type FamilyConfig, familyPlacesOf, inEachFamily } from "../config/families.ts";
import { addressesOf, type Config, requirementsOf } from "../config/model.ts";
import type { RunningPool } from "../config/places-beside.ts";
import { describeConflict, describeEntry } from "../log/describe.ts";
import { commandText } from "../routing/iproute2/batch.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import type { Kernel } from "../routing/kernel.ts";
import { type Orphan, removalOf } from "../routing/orphans.ts";
import type { Change, Observed } from "../routing/types.ts";
import { lockedTables } from "../service/instance-lock.ts";
import { abandonedAmong } from "../service/orphans.ts";
import { withoutMissingIpv6 } from "../service/ipv6-ability.ts";
import { withoutMarks } from "../service/look-up-paths.ts";
import { machineFamilies } from "../service/machine-families.ts";
import { checkIp, checkMarkedSockets } from "../service/preflight.ts";
import { createProbers } from "../service/probers.ts";
import { failureText } from "../text/failure.ts";
import { askExits } from "./ask-exits.ts";
import { drainedBy } from "./drained.ts";
import { leaksIn } from "./exits.ts";
import { readLeftovers, withLeftovers } from "./leftovers.ts";
import { coveredText } from "./managed.ts";
import { withProbePaths } from "./probe-paths.ts";
import { planAllNames } from "./plan-names.ts";
import { namesOfPools, planFamilies, plansOfPools } from "./plan-families.ts";
import type { ServicePlan } from "./planned.ts";
import { readingsOf } from "./routing-settings.ts";
import type { ProberResults, RoutingPlan } from "./routing-plan.ts";
import { servicePlanOf } from "./service-plan.ts";
import { type SettingWords, settingWords } from "./setting-words.ts";

/**
 * What a service with these options would change now, in the kernel and at the DNS provider. Probes each gateway once and
 * reads; changes nothing, but for the rules and routes of probes beyond the gateways while these last.
 *
 * @param running the pools of a running service that this configuration is to replace
 * @throws when there is no usable `ip`, or it cannot list rules and routes
 */
export async function planService(given: Config, running: readonly RunningPool[] = []): Promise<ServicePlan> {
  const { mostWords } = await checkIp();
  const routable = await withoutMissingIpv6(given);
  const unmarked = withoutMarks(routable.config);
  const config = unmarked?.config ?? routable.config;
  const families = inEachFamily(config);
  const kernel = createKernel({ mostWords, families: machineFamilies() });
  checkMarkedSockets(config);
  const [probers, exits] = await withProbePaths(kernel, config, () =>
    Promise.all([
      probeByAll(config),
      Promise.all(families.map((one) => askExits(config, kernel, addressesOf(one.config), one.family))),
    ]),
  );
  const places = familyPlacesOf(config);
  const [observed, orphans, managed] = await Promise.all([
    Promise.all(families.map((one) => readAll(one, kernel))),
    kernel.orphans(places),
    lockedTables(config.pools.map(({ table }) => table)),
  ]);
  const { drained, problem } = drainedBy(config);
  const planned = planFamilies(families, observed, {
    probers,
    requirementOf: requirementsOf(config),
    leaks: new Map(exits.flatMap((one) => (one ? [...leaksIn(one)] : []))),
    drained,
  });
  const addresses = observed.flatMap(([first]) => first!.addresses);
  const remarks = unmarked ? [unmarked.detail] : [];
  const names = await Promise.all(planned.map((one) => planAllNames({ ...one, kernel, addresses, remarks })));
  const ddns = namesOfPools(config, families, names);
  return servicePlanOf(
    config,
    plansOfPools(config, planned).map((plan, index) => ({
      running: managed.has(config.pools[index]!.table),
      routing: plan,
      commands: commandsOf(plan.changes),
      obstacles: obstaclesIn(plan, settingWords(config.service)),
      ...ddns[index]!,
    })),
    {
      cleaning: removal(await abandonedAmong(orphans, places)),
      removal: removal(leftBy(running, orphans)),
      obstacles: [...(routable.warning ? [failureText(routable.warning)] : []), ...problem],
    },
  );
}

/** What is read for each pool that a family has, with what a start would take over. */
async function readAll({ config, family }: FamilyConfig, kernel: Kernel): Promise<readonly Observed[]> {
  const observed = await kernel.observeAll(readingsOf(config, family));
  return withLeftovers(config, observed, await readLeftovers(config, family, observed, kernel));
}

/** One probe of each gateway by each prober of the service, all at the same time. */
function probeByAll(config: Config): Promise<ProberResults[]> {
  const probers = createProbers({ config, emit() {}, onLookUp: undefined, onFault() {} });
  return Promise.all(
    probers.map(async ({ rule: { thresholds }, gateways, probe }) => {
      const results = gateways.map(async (gateway) => [gateway, await probe(gateway)] as const);
      return { thresholds, results: new Map(await Promise.all(results)) };
    }),
  );
}

function commandsOf(changes: readonly Change[]): string[] {
  return changes.map(commandText);
}

function obstaclesIn({ conflicts, covered }: RoutingPlan, words: SettingWords): string[] {
  return [
    ...conflicts.map(({ entry, found, bars }) => {
      if (entry.object === "rule" || entry.object === "nexthops") return describeConflict(entry, found);
      return `another program holds ${describeEntry(entry)}${bars ? "; no rule leads into the table until it is gone" : ""}`;
    }),
    ...covered.map((one) => coveredText(one, words)),
  ];
}

/** The commands that remove what is not of this configuration. */
function removal(orphans: readonly Orphan[]): string[] {
  return orphans.flatMap((orphan) => commandsOf(removalOf(orphan)));
}

/** What running pools have at places that this configuration does not use any more. */
function leftBy(running: readonly RunningPool[], orphans: readonly Orphan[]): Orphan[] {
  const tables = new Set(running.map(({ table }) => table));
  const bases = new Set(running.map(({ preference }) => preference));
  return orphans.filter((one) => {
    return (
      ((one.kind === "table" || one.kind === "markers") && tables.has(one.table)) ||
      (one.kind === "kill-switch" && bases.has(one.base))
    );
  });
}
