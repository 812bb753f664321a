/** What the tests of planning plan from and for. */
import { expect } from "bun:test";

import { type Cidr, parseCidr } from "../../../src/net/cidr.ts";
import { commandOf } from "../../../src/routing/iproute2/batch.ts";
import { type Destinations, desiredState } from "../../../src/routing/desired.ts";
import { type Plan, planChanges } from "../../../src/routing/plan.ts";
import type { Desired, NextHop } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";

export const TABLE_REF = { table: 180, preference: 10888 };

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
  desiredState(destinations(changes), cidrs("10.0.0.0/24"), nexthops, TABLE_REF);

/**
 * Plans from what the kernel holds.
 *
 * @param held keys of routes that were ours before
 */
export async function planFor(kernel: FakeKernel, desired: Desired, ...held: string[]): Promise<Plan> {
  return planChanges(await kernel.observe(TABLE_REF.table, []), desired, TABLE_REF, new Set(held));
}

/** The commands of such a plan. */
export async function commandsFor(...given: Parameters<typeof planFor>): Promise<string[]> {
  const { changes } = await planFor(...given);
  return changes.map((change) => commandOf(change).join(" "));
}

/** Brings a kernel into a state by one plan. */
export async function reach(kernel: FakeKernel, desired: Desired): Promise<FakeKernel> {
  const { changes } = await planFor(kernel, desired);
  expect(await kernel.apply(changes)).toEqual({ ok: true });
  return kernel;
}

export function kernelWith(...commands: string[]): FakeKernel {
  const kernel = new FakeKernel();
  for (const command of commands) expect(kernel.run(command)).toBeUndefined();
  return kernel;
}

/** The entry of the managed route. */
export const EVERYTHING = { object: "route", table: 180, destination: parseCidr("0.0.0.0/0")!, metric: 0 } as const;

export const OWN = "table 180 proto 173";
export const RULE = "rule add pref 10888 from all lookup 180 protocol 173";
