import type { DdnsEvent } from "../ddns/events.ts";
import type { Quorum } from "../pool/quorum.ts";
import type { HookEvent } from "./hooks.ts";
import type { ProbeResult } from "../probe/probe.ts";
import type { Link } from "../net/link.ts";
import type { Change, ObservedRoute, ObservedRule } from "../routing/types.ts";

/** Fewer gateways are healthy than there should be. */
export interface Shortage extends Quorum {
  readonly healthy: number;
  readonly total: number;
}

/** Everything worth telling. Metrics and the log hang on these, and whatever else wants to follow the service. */
export type ServiceEvent =
  /** Gateways that carry traffic already, found at start: they count as up before their first probe. */
  | { readonly type: "adopted"; readonly gateways: readonly string[] }
  | { readonly type: "probe"; readonly gateway: string; readonly result: ProbeResult; readonly failures: number }
  /** A gateway came up or went down; `up` and `total` count the gateways after that. */
  | {
      readonly type: "gateway";
      readonly gateway: string;
      readonly status: "up" | "down";
      readonly detail: string;
      readonly up: number;
      readonly total: number;
    }
  /** A gateway is healthy, but flaps: for so long it is no nexthop. */
  | { readonly type: "held"; readonly gateway: string; readonly waitMs: number; readonly losses: number }
  /** The hold of a healthy gateway is over; `early`, perhaps before it was told, because too few others are left. */
  | { readonly type: "released"; readonly gateway: string; readonly early: boolean }
  /** From now on these healthy gateways are held, and these are used without being healthy, since too few others are. */
  | {
      readonly type: "selection";
      readonly held: readonly string[];
      readonly kept: readonly string[];
      readonly shortage: Shortage | undefined;
    }
  /** Every gateway has been probed once more; `seconds` is what the slowest probe took, `up` counts the healthy ones. */
  | { readonly type: "cycle"; readonly seconds: number; readonly up: number }
  | { readonly type: "ip-run"; readonly ok: boolean }
  /** Changes went to the kernel. `error` tells why not all of them did. */
  | {
      readonly type: "applied";
      readonly changes: readonly Change[];
      readonly seconds: number;
      readonly error: string | undefined;
    }
  /** Entries that stood were found gone or altered, and are being put back. */
  | {
      readonly type: "repaired";
      readonly entries: readonly { readonly object: "route" | "rule"; readonly key: string }[];
    }
  /** Somebody keeps undoing these entries; the next repair waits. */
  | { readonly type: "fight"; readonly keys: readonly string[]; readonly waitMs: number }
  /** Somebody else holds an entry that we need. */
  | { readonly type: "conflict"; readonly key: string; readonly found: string }
  /** Gateways that cannot be a nexthop, for one common reason. */
  | { readonly type: "refused"; readonly gateways: readonly string[]; readonly why: string }
  | { readonly type: "accepted"; readonly gateways: readonly string[] }
  | { readonly type: "refused-count"; readonly count: number }
  /** The kernel was read: how many gateways carry the managed routes there, and the addresses of this machine. */
  | {
      readonly type: "observed";
      readonly gateways: number;
      readonly addresses: readonly string[];
      /** Routes of the managed table, and rules, whoever made them. */
      readonly routes: readonly ObservedRoute[];
      readonly rules: readonly ObservedRule[];
    }
  /** With it, the interfaces were read, and which of them leads to each gateway. */
  | {
      readonly type: "links";
      readonly links: readonly Link[];
      readonly devices: ReadonlyMap<string, string>;
    }
  /** An interface that leads to gateways has a fault, or has none any more. */
  | {
      readonly type: "link-fault";
      readonly device: string;
      readonly what: string | undefined;
      readonly gateways: readonly string[];
    }
  /** These were all the healthy gateways, and failed in the same moment. `links` are those at fault, if it is theirs. */
  | {
      readonly type: "failed-together";
      readonly gateways: readonly string[];
      readonly links: readonly { readonly device: string; readonly what: string }[];
    }
  /** Nothing is left to do for now: the routes are over these gateways, unless somebody else stands in the way. */
  | { readonly type: "active"; readonly gateways: readonly string[] }
  /** What was read is what it should be. */
  | { readonly type: "settled" }
  /** The state could not be read or set; tried again after `waitMs`. */
  | { readonly type: "trouble"; readonly message: string; readonly waitMs: number }
  /** Changes by others are no longer reported at once, for this reason; or, without one, they are again. */
  | { readonly type: "watching"; readonly trouble: string | undefined }
  /** A managed destination lies inside a network of this machine. */
  | { readonly type: "covered"; readonly destination: string; readonly by: string }
  | { readonly type: "cleaned"; readonly where: string; readonly entries: number }
  | DdnsEvent
  | HookEvent;

export type Emit = (event: ServiceEvent) => void;
