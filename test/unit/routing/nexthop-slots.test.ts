import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import {
  groupIdOf,
  halfOf,
  isIdOf,
  LAST_TABLE_WITH_NEXTHOPS,
  MOST_SLOTS,
  slotIdsOf,
  tableOfId,
  trialIdOf,
} from "../../../src/routing/nexthop-ids.ts";
import { objectsFor } from "../../../src/routing/nexthop-slots.ts";
import { layoutOf, lowestTerms, placeCells, toNextHops } from "../../../src/routing/slots.ts";
import { type NextHop, type NexthopObjects, type ObservedNexthop, PROTOCOL } from "../../../src/routing/types.ts";
import { allOf, gatewayAt, weightLists } from "./rings.fixture.ts";

const asFound = ({ slots, group }: NexthopObjects): ObservedNexthop[] =>
  [...slots, group].map((one) => ({ ...one, protocol: PROTOCOL }));
const ringOf = ({ slots }: NexthopObjects): NextHop[] =>
  lowestTerms(slots.map(({ gateway }) => ({ gateway, weight: 1 })));

describe("the ids of nexthop objects", () => {
  test("are apart for all tables, for the group, both runs of slots and the trial", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: LAST_TABLE_WITH_NEXTHOPS }), (table) => {
        const slots = ([0, 1] as const).map((half) => slotIdsOf(table, half, MOST_SLOTS));
        const all = [groupIdOf(table), ...slots.flat(), trialIdOf(table)];
        expect(new Set(all).size).toBe(all.length);
        expect(all.map(tableOfId)).toEqual(all.map(() => table));
        expect(all.every((id) => isIdOf(table, id) && !isIdOf(table + 1, id) && id < 2 ** 32)).toBe(true);
        expect(slots.map((ids) => [...new Set(ids.map((id) => halfOf(id, table)))])).toEqual([[0], [1]]);
      }),
    );
  });

  test("are in the documented range", () => {
    expect([groupIdOf(1), groupIdOf(180), trialIdOf(LAST_TABLE_WITH_NEXTHOPS)]).toEqual([
      173_000_256, 173_046_080, 189_777_215,
    ]);
  });
});

describe("the slots of a ring", () => {
  test("share out the flows as the ring does, whatever was lost, and one group serves all", () => {
    const walks = weightLists(1, 10).chain((weights) => {
      const steps = fc.array(fc.subarray([...allOf(weights)], { minLength: 1 }), { minLength: 1, maxLength: 8 });
      return fc.tuple(fc.constant(weights), steps);
    });
    fc.assert(
      fc.property(walks, ([weights, steps]) => {
        const layout = layoutOf(
          weights.map((_, index) => gatewayAt(index)),
          weights,
          MOST_SLOTS,
        );
        let owners: readonly number[] | undefined;
        let found: ObservedNexthop[] = [];
        const groups = new Set<string>();
        for (const usable of steps) {
          owners = placeCells(layout, owners, new Set(usable));
          const ring = toNextHops(layout, owners);
          const objects = objectsFor(180, ring, found, layout.homes.length);
          expect(ringOf(objects)).toEqual(lowestTerms(ring));
          groups.add(objects.group.members.join());
          found = asFound(objects);
        }
        expect(groups.size).toBe(1);
      }),
    );
  });

  test("stay as many as they are while a ring needs no others, since another number makes another group", () => {
    const before = objectsFor(180, [{ gateway: "a", weight: 1 }], [], 60);
    const ring = ["a", "b"].map((gateway) => ({ gateway, weight: 1 }));
    for (const preferred of [12, 30, 60]) {
      expect(objectsFor(180, ring, asFound(before), preferred).group).toEqual(before.group);
    }
  });

  test("are at most as many as a group can have, and no boundary moves when their number changes", () => {
    const rings = fc.array(
      fc.record({ gateway: fc.constantFrom(..."abcdef"), weight: fc.integer({ min: 1, max: 12 }) }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(rings, rings, fc.integer({ min: 1, max: 160 }), (first, second, preferred) => {
        const found = asFound(objectsFor(180, first, [], preferred));
        for (const ring of [first, second]) {
          const objects = objectsFor(180, ring, found, preferred);
          expect(objects.slots.length).toBeLessThanOrEqual(MOST_SLOTS);
          expect(ringOf(objects)).toEqual(lowestTerms(ring));
        }
      }),
    );
  });

  test("come near a ring that is cut more finely than a group can be", () => {
    const ring = Array.from({ length: 20 }, (_, index) => ({ gateway: gatewayAt(index), weight: index % 2 ? 9 : 7 }));
    const { slots } = objectsFor(180, ring, [], 160);
    expect(slots).toHaveLength(MOST_SLOTS);
    for (const { gateway, weight } of ring) {
      const own = slots.filter((one) => one.gateway === gateway).length;
      expect(Math.abs(own - (weight * MOST_SLOTS) / 160)).toBeLessThan(1);
    }
  });

  test("keep their ids while members are lost", () => {
    const objects = objectsFor(
      180,
      [
        { gateway: "a", weight: 1 },
        { gateway: "b", weight: 1 },
      ],
      [],
      24,
    );
    const members = objects.group.members.filter((_, index) => index % 3 > 0);
    const found = asFound({ ...objects, group: { ...objects.group, members } });
    expect(objectsFor(180, [{ gateway: "b", weight: 1 }], found, 24).group).toEqual(objects.group);
  });
});
