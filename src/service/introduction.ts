import { dnsNameText } from "../config/dns-names.ts";
import { rejectedIn } from "../config/families.ts";
import { membersText } from "../config/members.ts";
import { beyondProbes, type Config, gatewayProbes, type PoolConfig, tableRefOf } from "../config/model.ts";
import { haveNames } from "../events/per-pool.ts";
import type { Log } from "../log/log.ts";
import { logOfPool } from "../log/pool-log.ts";
import { formatCidr } from "../net/cidr.ts";
import { formatDuration } from "../net/duration.ts";
import { gatewayLabel } from "../text/gateway.ts";
import { ALL_PACKETS, ruleSelectors, selectorText } from "../routing/selectors.ts";

/** Sources and interfaces that a line names at most. */
const MOST_SELECTORS = 4;

/**
 * Logs what is probed and managed: one line for the one pool without a name, else one for the gateways and one for each
 * pool.
 *
 * @param adopted how many gateways of each pool carry traffic since an earlier run
 */
export function introduce(config: Config, adopted: readonly number[], log: Log): void {
  const { pools, gateways } = config;
  if (!haveNames(pools)) {
    const [pool] = pools;
    log("info", `probing ${membersText(pool.members)}${rhythmOf(config)}; ${managementOf(pool, adopted[0]!)}`);
    return;
  }
  log("info", `probing ${gateways.length} ${gateways.length === 1 ? "gateway" : "gateways"}${rhythmOf(config)}`);
  for (const [index, pool] of pools.entries()) {
    const where = `by rule ${pool.preference} ${packetsOf(pool)}`;
    logOfPool(log, pool.name)("info", `${membersText(pool.members)}; ${managementOf(pool, adopted[index]!, where)}`);
  }
}

function rhythmOf(config: Config): string {
  const own = gatewayProbes(config).map(
    ({ scheme, port, path, period }) => ` at ${scheme}://...:${port}${path} every ${formatDuration(period)}`,
  );
  const beyond = beyondProbes(config).map(
    ({ name, period }) => `; ${name} through each every ${formatDuration(period)}`,
  );
  return [...own, ...beyond, enoughOf(config)].join("");
}

/** Of which gateways any probe is enough. */
function enoughOf({ gateways }: Config): string {
  const several = gateways.filter(({ probes }) => probes.length > 1);
  const lenient = several.filter(({ requirement }) => requirement === "any");
  if (lenient.length === 0) return "";
  const which = lenient.length === several.length ? "" : ` for ${lenient.map(gatewayLabel).join(", ")}`;
  return `, any of which is enough${which}`;
}

function managementOf(pool: PoolConfig, adopted: number, where = ""): string {
  const { route, table } = pool;
  const inUse = adopted === 0 ? "" : `; ${adopted} of them carry traffic since an earlier run`;
  const names = pool.dnsNames.map((name) => dnsNameText(name, pool.dnsNames)).join(", ");
  const kept = names && `; keeping ${names} on their public addresses`;
  const rule = where && ` ${where}`;
  const rejected = rejectedIn(pool, 6).map(formatCidr).join(", ");
  const rejecting = rejected && `; rejecting ${rejected} (${pool.whenNoGateways})`;
  return `managing ${route.map(formatCidr).join(", ")} in table ${table}${rule}${rejecting}${inUse}${kept}`;
}

function packetsOf(pool: PoolConfig): string {
  const { selectors = ALL_PACKETS } = tableRefOf(pool);
  const texts = ruleSelectors(selectors).map((one) => selectorText(one) || "from all");
  const more = texts.length > MOST_SELECTORS ? `, and ${texts.length - MOST_SELECTORS} more` : "";
  return `${texts.slice(0, MOST_SELECTORS).join(", ")}${more}`;
}
