/** What the tests of planning plan from and for. */
import { expect } from "bun:test";

import { type Cidr, parseCidr } from "../../../src/net/cidr.ts";
import { commandOf } from "../../../src/routing/iproute2/batch.ts";
import { type Destinations, desiredState } from "../../../src/routing/desired.ts";
import { planChanges } from "../../../src/routing/plan.ts";
import type { Desired, NextHop } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";

export const PLACE = { table: 180, preference: 10888 };
export const NOBODY: ReadonlySet<string> = new Set();

export const cidrs = (...texts: string[]): Cidr[] => texts.map((text) => parseCidr(text)!);
export const hops = (...gateways: string[]): NextHop[] => gateways.map((gateway) => ({ gateway, weight: 1 }));

export const destinations = (changes: Partial<Destinations> = {}): Destinations => ({
  managed: cidrs("0.0.0.0/0"),
  excluded: [],
  reserved: [],
  gateways: cidrs("10.0.0.11/32"),
  ...changes,
});

export const desire = (changes?: Partial<Destinations>, nexthops = hops("10.0.0.11", "10.0.0.12")): Desired =>
  desiredState(destinations(changes), cidrs("10.0.0.0/24"), nexthops, PLACE);

/** Plans from what the fake kernel holds and returns the commands. */
export async function planned(kernel: FakeKernel, desired: Desired, held = NOBODY): Promise<string[]> {
  const plan = planChanges(await kernel.observe(PLACE.table, []), desired, PLACE, held);
  return plan.changes.map((change) => commandOf(change, PLACE.table).join(" "));
}

export const kernelWith = (...commands: string[]): FakeKernel => {
  const kernel = new FakeKernel();
  for (const command of commands) expect(kernel.run(command)).toBeUndefined();
  return kernel;
};

/** The place of the managed route. */
export const EVERYTHING = { object: "route", destination: parseCidr("0.0.0.0/0")!, metric: 0 } as const;

export const OWN = "table 180 proto 173";
export const RULE = "rule add pref 10888 from all lookup 180 protocol 173";
