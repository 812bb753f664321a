import { configInFamily, managedFamilies } from "../config/families.ts";
import type { Config } from "../config/model.ts";
import { checkIpv6 } from "../routing/iproute2/abilities.ts";
import { IpError } from "../routing/iproute2/error.ts";
import { StartError } from "./start-error.ts";

/** The configuration as this machine can serve it, and what to warn of where that is not all of it. */
export interface Served {
  readonly config: Config;
  readonly warning?: { readonly detail: string; readonly remedy: string };
}

/**
 * Leaves out IPv6 where this machine cannot route it: IPv4 goes on without it.
 *
 * @param check throws where IPv6 cannot be routed
 * @throws {StartError} where nothing else is routed
 */
export async function withoutMissingIpv6(config: Config, check = checkIpv6): Promise<Served> {
  if (!managedFamilies(config).includes(6)) return { config };
  const lack = await lackOf(check);
  if (lack === undefined) return { config };
  const { detail, remedy = "route IPv4 alone" } = lack;
  const rest = configInFamily(config, 4);
  if (rest === undefined) throw new StartError("no-ipv6", `cannot route IPv6: ${detail}`, remedy);
  const left = `IPv6 is left out, and packets of IPv6 go where the other routes of this machine lead them`;
  return { config: rest, warning: { detail: `cannot route IPv6: ${detail}; ${left}`, remedy } };
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
