import { groupIdOf, type Half, halfOf, MOST_SLOTS, slotIdsOf } from "./nexthop-ids.ts";
import { gatewaysOfCells, gcd } from "./slots.ts";
import {
  type GroupObject,
  type NextHop,
  type NexthopObjects,
  type ObservedNexthop,
  PROTOCOL,
  type SlotObject,
} from "./types.ts";

/*
 * How a ring becomes nexthop objects, for IPv6: its multipath routes can name a gateway only once, and are replaced step by
 * step, so that packets see half of them. So each slot is an object of its own, which names a gateway. All slots of a pool are
 * in one group, which the routes use. A change of gateways points slots to others, each in one step; group and routes stay:
 *
 *   ring         11 22 33                    11 22 12
 *   slots        .1 .2 .3 .4 .5 .6           .5 via 1, .6 via 2
 *   group        .1/.2/.3/.4/.5/.6           the same
 *   routes       ::/0 nhid GROUP             the same
 */

/** The objects of a table: those that are kept, and those that are made or pointed elsewhere. */
export function objectsFor(
  table: number,
  ring: readonly NextHop[],
  observed: readonly ObservedNexthop[],
  preferred: number,
): NexthopObjects {
  const standing = groupOf(table, observed);
  const count = slotCount(ring, standing?.members.length, preferred);
  const ids = slotIdsOf(table, halfFor(table, count, standing), count);
  const gateways = gatewaysOfCells(ring, count);
  return {
    slots: ids.map((id, index): SlotObject => ({ kind: "slot", id, gateway: gateways[index]! })),
    group: { kind: "group", id: groupIdOf(table), members: ids },
  };
}

/** The group of a table as it stands, if it is one of ours. */
function groupOf(table: number, observed: readonly ObservedNexthop[]): GroupObject | undefined {
  const id = groupIdOf(table);
  return observed.flatMap((one) => (one.kind === "group" && one.id === id && one.protocol === PROTOCOL ? one : []))[0];
}

/** Our objects of a table as they stand; undefined where its group does not. */
export function objectsIn(table: number, observed: readonly ObservedNexthop[]): NexthopObjects | undefined {
  const group = groupOf(table, observed);
  if (!group) return undefined;
  const slots = observed.flatMap((one) => {
    return one.kind === "slot" && one.protocol === PROTOCOL && group.members.includes(one.id) ? one : [];
  });
  return {
    slots: slots.map(({ id, gateway, device }) => ({ kind: "slot", id, gateway, ...(device && { device }) })),
    group,
  };
}

/**
 * How many slots share out a ring: those that stand, while there are enough and no boundary of the ring falls into one of
 * them; else the preferred number or the next one of which that is true. Where it is true of no number, each
 * slot goes to the gateway at its middle.
 */
function slotCount(ring: readonly NextHop[], standing: number | undefined, preferred: number): number {
  const parts = partsOf(ring);
  const wanted = Math.min(preferred, MOST_SLOTS);
  if (standing !== undefined && standing >= wanted && standing % parts === 0) return standing;
  if (parts > MOST_SLOTS) return wanted;
  const next = Math.ceil(wanted / parts) * parts;
  return next <= MOST_SLOTS ? next : Math.floor(MOST_SLOTS / parts) * parts;
}

/** In how many equal parts the boundaries cut a ring. */
function partsOf(ring: readonly NextHop[]): number {
  const total = ring.reduce((sum, { weight }) => sum + weight, 0);
  return total / ring.reduce((common, { weight }) => gcd(common, weight), 0);
}

/**
 * Where slots of another number are, those of this one are made beside them: each would stand for another place until the
 * group has them. Where slots are only lost, the others keep their places.
 */
function halfFor(table: number, count: number, standing: GroupObject | undefined): Half {
  const [first] = standing?.members ?? [];
  if (first === undefined) return 0;
  const half = halfOf(first, table);
  return isLeftOf(standing!.members, slotIdsOf(table, half, count)) ? half : half === 0 ? 1 : 0;
}

/** Whether these are the members, or some were lost between others: the first so many are a group of another number. */
function isLeftOf(members: readonly number[], ids: readonly number[]): boolean {
  const own = new Set(ids);
  const isWhole = members.every((id, index) => id === ids[index]);
  return members.every((id) => own.has(id)) && (!isWhole || members.length === ids.length);
}
