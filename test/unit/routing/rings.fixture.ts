/** Rings of gateways with weights, named a, b, c and so on while there are few. */
import fc from "fast-check";

import { type Layout, layoutOf, type Owners } from "../../../src/routing/slots.ts";
import type { NextHop } from "../../../src/routing/types.ts";

export const gatewayAt = (index: number): string => (index < 26 ? String.fromCharCode(97 + index) : `10.0.0.${index}`);

export const layoutWith = (weights: readonly number[]): Layout =>
  layoutOf(
    weights.map((_, index) => gatewayAt(index)),
    weights,
  );

/** The indexes of all gateways. */
export const allOf = (weights: readonly number[]): Set<number> => new Set(weights.keys());

/** Weights as people choose them, and any others. */
export const weightLists = (least: number, most: number): fc.Arbitrary<number[]> =>
  fc.oneof(
    fc.array(fc.integer({ min: 1, max: 4 }), { minLength: least, maxLength: most }),
    fc.array(fc.integer({ min: 1, max: 100 }), { minLength: least, maxLength: most }),
  );

/** How many cells each of so many gateways has. */
export function loadsOf(owners: Owners, gateways: number): number[] {
  const loads = Array<number>(gateways).fill(0);
  for (const owner of owners) loads[owner]!++;
  return loads;
}

export const show = (nexthops: readonly NextHop[]): string =>
  nexthops.map(({ gateway, weight }) => `${gateway}${weight}`).join(" ");

/** The sum of the weights of each gateway. */
export function sharesIn(nexthops: readonly NextHop[]): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const { gateway, weight } of nexthops) shares[gateway] = (shares[gateway] ?? 0) + weight;
  return shares;
}

/** Enough places that each cell of two rings of at most 160 cells covers some. */
const PLACES = 20_000;

/** The gateway at each of many places of the ring. */
export function gatewaysAt(nexthops: readonly NextHop[]): string[] {
  const total = nexthops.reduce((sum, { weight }) => sum + weight, 0);
  let end = 0;
  let placed = 0;
  return nexthops.flatMap(({ gateway, weight }) => {
    end += weight;
    const first = placed;
    placed = Math.round((end * PLACES) / total);
    return Array<string>(placed - first).fill(gateway);
  });
}
