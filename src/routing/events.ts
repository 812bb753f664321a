import type { Cidr } from "../net/cidr.ts";
import type { Diversion } from "./diversions.ts";
import type { Conflict, Entry } from "./entry.ts";
import type { Orphan } from "./orphans.ts";
import type { Change, KernelError, Leftovers, ObservedRoute, ObservedRule, ProbeTables, SkippedLink } from "./types.ts";
import type { UsableCount } from "./usable-gateways.ts";

/** What happens to the routes and rules of a pool. */
export type RoutingEvent =
  /** The kernel was read: how many gateways carry the managed routes there, and all routes of the table and all rules. */
  | {
      readonly type: "observed";
      readonly gateways: number;
      readonly routes: readonly ObservedRoute[];
      readonly rules: readonly ObservedRule[];
    }
  /** Changes went to the kernel. `error` is why not all of them were made. */
  | {
      readonly type: "applied";
      readonly changes: readonly Change[];
      /** Where the routes for probes are. */
      readonly probes?: ProbeTables | undefined;
      readonly seconds: number;
      readonly error: KernelError | undefined;
    }
  /** Entries that stood were removed or altered by another program, and have been restored. */
  | { readonly type: "repaired"; readonly entries: readonly Entry[] }
  /** Another program keeps undoing these entries; the next repair waits. */
  | { readonly type: "fight"; readonly entries: readonly Entry[]; readonly waitMs: number }
  /** The place of an entry of ours is taken by a route or nexthop object of another program. */
  | { readonly type: "conflict"; readonly entry: Entry; readonly found: Conflict["found"] }
  /** The earlier program has left this, which is in the way; `removal` are commands that remove it. */
  | { readonly type: "leftovers"; readonly leftovers: Leftovers; readonly removal: string }
  /** That was taken over: nothing of it is left. */
  | { readonly type: "taken-over"; readonly leftovers: Leftovers }
  /** A managed destination lies inside a network of this machine, and is left out. */
  | { readonly type: "covered"; readonly destination: Cidr; readonly by: Cidr }
  /** These rules of other programs before ours, and routes of theirs in our table, keep packets from the gateways now. */
  | { readonly type: "preceded"; readonly diversions: readonly Diversion[] }
  /** So many gateways of all are usable from now on; -usable-min asks for `least`. */
  | ({ readonly type: "usability"; readonly least: number } & UsableCount)
  /** An interface could not be read, or not wholly. */
  | { readonly type: "link-skipped"; readonly link: SkippedLink }
  /** The kernel holds what it should. */
  | { readonly type: "settled" }
  /** The kernel could not be read or changed; the next try comes after `waitMs`. */
  | { readonly type: "trouble"; readonly error: KernelError; readonly waitMs: number };

/** What happens to all routing of this machine, whatever its pools. */
export type MachineEvent =
  | { readonly type: "ip-run"; readonly ok: boolean }
  /** Changes by other programs are no longer reported at once, for this reason; or, without one, they are again. */
  | { readonly type: "watching"; readonly trouble: string | undefined }
  /** What an earlier run left behind was removed: so many entries. */
  | { readonly type: "cleaned"; readonly orphan: Orphan; readonly entries: number };

export type EmitRouting = (event: RoutingEvent) => void;
