/*
 * The ids of nexthop objects, by which routes of IPv6 name their gateways. The kernel has one list of them for all programs:
 * FRR counts its own from 1 up, other programs take small numbers or those of tables. Ours begin with that of the protocol:
 *
 *   173000000 + 256 * TABLE          the group of the table
 *   the next 126                     its slots
 *   from 128 on, 126                 other slots, while their number changes: those are made before the group has them
 *   the last                         a slot by which a gateway is tried
 */
const FIRST_ID = 173_000_000;
const IDS_OF_TABLE = 256;
const HALF = 128;

/** The last table that has ids. */
export const LAST_TABLE_WITH_NEXTHOPS = 65_535;

/** The most members of a group that fit into the buffer of `ip` (1048 bytes in ip/ipnexthop.c). */
export const MOST_SLOTS = 126;

/** An id that no slot has, by which a gateway is tried. */
export function trialIdOf(table: number): number {
  return groupIdOf(table) + IDS_OF_TABLE - 1;
}

/** The id of the group of a table. */
export function groupIdOf(table: number): number {
  return FIRST_ID + table * IDS_OF_TABLE;
}

/** Which of the two runs of ids the slots of a group have. */
export type Half = 0 | 1;

/** The ids of so many slots, in their order. */
export function slotIdsOf(table: number, half: Half, count: number): number[] {
  const first = groupIdOf(table) + half * HALF + (half === 0 ? 1 : 0);
  return Array.from({ length: count }, (_, index) => first + index);
}

/** In which of the two runs an id of the table's slots is. */
export function halfOf(id: number, table: number): Half {
  return id - groupIdOf(table) < HALF ? 0 : 1;
}

/** The first id of a table, which is that of its group, and the last one. */
export function idsOf(table: number): { readonly first: number; readonly last: number } {
  return { first: groupIdOf(table), last: groupIdOf(table) + IDS_OF_TABLE - 1 };
}

/** Whether an id is one of the table's, of its group or of a slot. */
export function isIdOf(table: number, id: number): boolean {
  const offset = id - groupIdOf(table);
  return offset >= 0 && offset < IDS_OF_TABLE;
}

/** Whether an id is in the range of ours. */
export function isOurId(id: number): boolean {
  const table = tableOfId(id);
  return table >= 0 && table <= LAST_TABLE_WITH_NEXTHOPS;
}

/** The table whose group or slot has an id of ours. */
export function tableOfId(id: number): number {
  return Math.floor((id - FIRST_ID) / IDS_OF_TABLE);
}
