import type { PoolConfig } from "../config/parse.ts";
import { abandonedAmong } from "../service/orphans.ts";
import { checkIp } from "../service/preflight.ts";
import { ProviderError } from "../ddns/providers/provider.ts";
import { PROVIDERS } from "../ddns/providers/registry.ts";
import { publishable } from "../pool/quorum.ts";
import { httpProbe } from "../probe/http.ts";
import { commandOf } from "../routing/iproute2/batch.ts";
import { destinationsOf } from "../config/destinations.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import type { Kernel } from "../routing/kernel.ts";
import { removalOf } from "../routing/orphans.ts";
import { layoutOf } from "../routing/slots.ts";
import type { Change, TableRef } from "../routing/types.ts";
import { describeEntry } from "../log/describe.ts";
import { formatCidr } from "../net/cidr.ts";
import { failureText } from "../text/failure.ts";
import { askAddresses, listRecords, providerOf } from "./dns.ts";
import { managedAmong, requiredAddress } from "./network.ts";
import { gatewayEntry, type Intentions } from "./format-plan.ts";
import { planNames, recordText } from "./record-plan.ts";
import { planRouting, type RoutingPlan } from "./routing-plan.ts";

/**
 * What a service with these options would change at this moment, at the kernel and at the DNS provider. Probes each
 * gateway once and reads; changes nothing.
 *
 * @throws when `ip` cannot be had, or cannot list what there is
 */
export async function intend(pool: PoolConfig): Promise<Intentions> {
  const { gateways, firstRoutingTableId: table, firstRulePreference: preference, rise, fall } = pool;
  const { mostWords } = await checkIp();
  const place = { table, preference };
  const kernel = createKernel({ mostWords });
  const probe = httpProbe(pool);
  const [results, observed, cleaning, managed] = await Promise.all([
    Promise.all(gateways.map(async (gateway) => [gateway, await probe(gateway)] as const)),
    kernel.observe(table, gateways),
    planCleaning(kernel, place),
    managedAmong([table]),
  ]);
  const plan = planRouting({
    layout: layoutOf(gateways),
    destinations: destinationsOf(pool),
    place,
    whenNoGateways: pool.whenNoGateways,
    thresholds: { rise, fall },
    quorum: { least: pool.minHealthy, policy: pool.minHealthyPolicy },
    observed,
    results: new Map(results),
  });
  return {
    running: managed.has(table),
    gateways: plan.gateways.map(gatewayEntry),
    kernel: { commands: commandsOf(plan.changes, table), cleaning, obstacles: obstaclesIn(plan) },
    ddns: await planDdns(pool, plan, observed.addresses),
  };
}

function commandsOf(changes: readonly Change[], table: number): string[] {
  return changes.map((change) => ["ip", ...commandOf(change, table)].join(" "));
}

function obstaclesIn({ conflicts, covered }: RoutingPlan): string[] {
  return [
    ...conflicts.map(
      ({ entry, bars }) =>
        `somebody else holds ${describeEntry(entry)}${bars ? "; no rule leads into the table while that is so" : ""}`,
    ),
    ...covered.map(
      ({ destination, by }) =>
        `-route ${formatCidr(destination)} is left out: ${formatCidr(by)} is a network of this machine`,
    ),
  ];
}

/** What a start removes that killed runs left elsewhere. */
async function planCleaning(kernel: Kernel, place: TableRef): Promise<string[]> {
  const orphans = await abandonedAmong(await kernel.orphans([place]));
  return orphans.flatMap((orphan) => commandsOf(removalOf(orphan), orphan.kind === "table" ? orphan.table : 0));
}

async function planDdns(
  pool: PoolConfig,
  plan: RoutingPlan,
  addresses: readonly string[],
): Promise<Intentions["ddns"]> {
  const { gateways, ddnsHostname, ddnsProvider, ddnsRecordTtl, ddnsWhenNoGateways: whenNoGateways } = pool;
  const provider = providerOf(pool);
  if (!provider) return null;
  const about = { hostname: ddnsHostname!, provider: PROVIDERS[ddnsProvider!].label };
  const required = requiredAddress(pool);
  if (required !== undefined && !addresses.includes(required)) {
    return { ...about, changes: [], remarks: [`no interface holds ${required}, so this machine does not write`] };
  }
  const kept = new Set(plan.gateways.filter(({ healthy }) => !healthy).map(({ gateway }) => gateway));
  const used = plan.gateways.filter((one) => one.active).map(({ gateway }) => gateway);
  const active = publishable(used, kept, undefined);
  const [listed, asked] = await Promise.all([listRecords(pool, provider), askAddresses(pool, active)]);
  if (listed instanceof ProviderError) return { ...about, changes: [], remarks: [listed.message] };
  const changes = planNames({ gateways, asked, listed, ttl: ddnsRecordTtl / 1000, whenNoGateways });
  const unknown = asked.flatMap(({ gateway, result }) =>
    result.kind === "failure" ? `the public address of ${gateway} is not known: ${failureText(result)}` : [],
  );
  return { ...about, changes: changes.map(recordText), remarks: unknown };
}
