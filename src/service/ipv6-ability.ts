import { handledFamilies, inFamily } from "../config/families.ts";
import type { Config, PoolConfig } from "../config/model.ts";
import { guardedPools, withoutIpv6 } from "../config/without-ipv6.ts";
import { checkIpv6 } from "../routing/iproute2/abilities.ts";
import { IpError } from "../routing/iproute2/error.ts";
import { machineFamilies } from "./machine-families.ts";
import { StartError } from "./start-error.ts";

/** The configuration as this machine can serve it, and what to warn of where that is not all of it. */
export interface Served {
  readonly config: Config;
  readonly warning?: { readonly detail: string; readonly remedy: string };
}

/** What this machine has of IPv6. */
export interface Ipv6Ability {
  /** Whether its kernel has IPv6 at all, used or not. */
  readonly exists: () => boolean;
  /** Throws where IPv6 cannot be routed, or else where it cannot be rejected. */
  readonly check: (routes: boolean) => Promise<void>;
}

const HERE: Ipv6Ability = { exists: () => machineFamilies().includes(6), check: checkIpv6 };

/**
 * Leaves out IPv6 where this machine cannot route it: IPv4 goes on without it. Packets of IPv6 that may not bypass the
 * gateways are rejected then.
 *
 * @throws {StartError} where nothing else is routed, or where such packets cannot be rejected
 */
export async function withoutMissingIpv6(config: Config, { exists, check }: Ipv6Ability = HERE): Promise<Served> {
  if (!handledFamilies(config).includes(6)) return { config };
  const routing = config.pools.filter((pool) => inFamily(pool, 6) !== undefined);
  if (routing.length === 0 && !exists()) return { config: withoutIpv6(config, false)! }; // there is nothing to reject
  const lack = await lackOf(() => check(routing.length > 0));
  if (lack === undefined) return { config };
  const { detail, remedy = "route IPv4 alone" } = lack;
  const guarded = exists() ? guardedPools(config) : [];
  const rest = withoutIpv6(config, lack.code === "no-nexthops" && guarded.length > 0);
  if (rest === undefined) throw new StartError("no-ipv6", `cannot route IPv6: ${detail}`, remedy);
  if (guarded.length > 0) assertRejectable(guarded, lack, remedy);
  const left = guarded.length === 0 ? GO_ELSEWHERE : rejectedText(routing, guarded);
  return { config: rest, warning: { detail: `cannot route IPv6: ${detail}; IPv6 is left out, and ${left}`, remedy } };
}

const GO_ELSEWHERE = "packets of IPv6 go where the other routes of this machine lead them";

function rejectedText(routing: readonly PoolConfig[], guarded: readonly PoolConfig[]): string {
  if (routing.every((pool) => guarded.includes(pool))) return "packets of IPv6 are rejected";
  const names = guarded.map(({ name }) => name).join(", ");
  return `${GO_ELSEWHERE}, but those of ${guarded.length === 1 ? "pool" : "pools"} ${names} are rejected`;
}

/** @throws {StartError} where packets of any of these pools would bypass gateways */
function assertRejectable(guarded: readonly PoolConfig[], { code, detail }: IpError, remedy: string): void {
  if (code === "no-rules") throw new StartError("no-ipv6", `cannot reject IPv6: ${detail}`, remedy);
  const alone = guarded.find((pool) => inFamily(pool, 4) === undefined);
  if (alone === undefined) return;
  const subject = `pool ${alone.name} routes nothing else, and without it its packets would bypass the gateways`;
  throw new StartError("no-ipv6", `cannot route IPv6: ${detail}; ${subject}`, remedy);
}

/** What is missing; undefined as well where there is no `ip` at all, which the start reports. */
async function lackOf(check: () => Promise<void>): Promise<IpError | undefined> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof IpError)) throw error;
    return LACKS.has(error.code) ? error : undefined;
  }
  return undefined;
}

const LACKS: ReadonlySet<IpError["code"]> = new Set(["no-nexthops", "no-rules"]);
