import { type Conflict, nexthopKey, nexthopsWith } from "./entry.ts";
import {
  type Change,
  type NexthopObject,
  type NexthopObjects,
  type Observed,
  type ObservedNexthop,
  PROTOCOL,
  type SlotObject,
} from "./types.ts";

/** The steps about nexthop objects: those before the routes that use them, and those after. */
export interface NexthopPlan {
  readonly make: readonly Change[];
  readonly remove: readonly Change[];
  readonly conflicts: readonly Conflict[];
}

/**
 * The steps from the nexthop objects that are to those that should be. Packets see each of them at once, and after each of
 * them a flow goes where it went before or where it will go in the end:
 *
 *   1. slots that are missing, and those that lead elsewhere
 *   2. the group, only where it is missing, has lost members or gets others: all of these are right by now
 *   3. once no route uses it, a group that is not wanted any more: the kernel would remove its routes with it
 *   4. slots that no group has any more
 *
 * Only objects with our protocol are touched. The exception is a key in `owned`: our object stood there in this run, so
 * another program has overwritten it, and it is restored. Where that is of another kind by now, it goes first.
 */
export function planNexthops(
  { nexthops: found = [], devices }: Pick<Observed, "nexthops" | "devices">,
  wanted: NexthopObjects | undefined,
  owned: ReadonlySet<string>,
): NexthopPlan {
  const present = new Map(found.map((one) => [one.id, one]));
  const all: readonly NexthopObject[] = wanted ? [...wanted.slots, wanted.group] : [];
  const taken = all.flatMap(({ id }) => {
    const other = present.get(id);
    return other && other.protocol !== PROTOCOL && !owned.has(nexthopKey(other)) ? other : [];
  });
  const ids = new Set(all.map(({ id }) => id));
  const conflicts = taken.slice(0, 1).map((one): Conflict => ({ entry: nexthopsWith(one), found: one, bars: false }));
  const stale = found.flatMap((one) =>
    one.protocol === PROTOCOL && !ids.has(one.id) && one.kind !== "other" ? one : [],
  );
  return {
    make: conflicts.length > 0 ? [] : all.flatMap((one) => replacing(withDevice(one, devices), present.get(one.id))),
    remove: [...stale.filter(isGroup), ...stale.filter((one) => !isGroup(one))].map((nexthop) => {
      return { op: "delete-nexthop", nexthop };
    }),
    conflicts,
  };
}

function isGroup({ kind }: NexthopObject): boolean {
  return kind === "group";
}

function replacing(nexthop: NexthopObject, found: ObservedNexthop | undefined): Change[] {
  if (found && isSame(found, nexthop)) return [];
  const isFree = found === undefined || isReplaceableBy(nexthop, found);
  return [
    ...(isFree ? [] : [{ op: "delete-nexthop", nexthop } as const]),
    { op: "replace-nexthop", nexthop, fresh: found === undefined },
  ];
}

/** The kernel makes no group of a single nexthop in one step, and none of a group (replace_nexthop in net/ipv4/nexthop.c). */
function isReplaceableBy({ kind }: NexthopObject, found: ObservedNexthop): boolean {
  return (found.kind === "other" ? found.replaceableBy : found.kind) === kind;
}

function isSame(found: ObservedNexthop, wanted: NexthopObject): boolean {
  if (found.protocol !== PROTOCOL) return false;
  if (found.kind === "slot" && wanted.kind === "slot") return leadsWhere(found, wanted);
  return found.kind === "group" && wanted.kind === "group" && found.members.join() === wanted.members.join();
}

/** Whether a slot leads to the gateway, over the interface where that is known. */
function leadsWhere(found: SlotObject, { gateway, device = found.device }: SlotObject): boolean {
  return found.gateway === gateway && found.device === device;
}

/** The object with the interface that leads to its gateway now. */
function withDevice(nexthop: NexthopObject, devices: Observed["devices"]): NexthopObject {
  if (nexthop.kind === "group") return nexthop;
  const device = devices.get(nexthop.gateway) ?? nexthop.device;
  return device === undefined ? nexthop : { ...nexthop, device };
}
