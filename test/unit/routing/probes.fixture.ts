/** What the tests of routes for probes plan from and for. */
import type { Family } from "../../../src/net/address.ts";
import { type Cidr, parseCidr } from "../../../src/net/cidr.ts";
import type { Link } from "../../../src/net/link.ts";
import { planProbes } from "../../../src/routing/plan-probes.ts";
import { probeEntries } from "../../../src/routing/probe-routes.ts";
import type { Kernel } from "../../../src/routing/kernel.ts";
import type { Change, Desired, ProbeEntries, ProbeTables } from "../../../src/routing/types.ts";

export const PROBES: ProbeTables = { preference: 100, table: 18001, mark: 0xad000000 };

export const GATEWAYS = ["10.0.0.11", "10.0.0.12", "10.0.0.13"];

/** The entries for probes through gateways that are all on one interface. */
export function probeState(
  gateways = GATEWAYS,
  tables = PROBES,
  device = "eth0",
  targets: Cidr[] = [],
  family: Family = 4,
): ProbeEntries {
  const devices = new Map(gateways.map((gateway) => [gateway, device]));
  return probeEntries(
    tables,
    gateways,
    { devices, unusable: [], links: [linkOf(device, "10.0.0.1/24")] },
    { targets, exitServices: [] },
    family,
  );
}

/** An interface with these addresses. */
export function linkOf(name: string, ...addresses: string[]): Link {
  const own = addresses.map((text) => ({ address: text.split("/")[0]!, network: parseCidr(text)! }));
  return { name, up: true, carrier: true, addresses: own };
}

/** Only entries for probes. */
export function onlyProbes(probes: ProbeEntries): Desired {
  return { routes: [], rules: [], managed: [], probes };
}

/** The entries for probes of a kernel without any. */
export function noProbes(tables = PROBES): ProbeEntries {
  return { tables, routes: [], rules: [] };
}

/** The plan from what a kernel holds to a state of probes. */
export async function planProbesFor(kernel: Kernel, state: ProbeEntries, ...owned: string[]): Promise<Change[]> {
  return planProbes(await kernel.observe(180, GATEWAYS, state.tables), state, new Set(owned));
}
