import type { Cidr } from "../net/cidr.ts";
import type { Paths } from "../pool/link-faults.ts";
import type { UnusableNexthop } from "../pool/nexthop-fault.ts";
import type { PoolState, Selection } from "../pool/select.ts";
import type { RoutingSettings } from "./decide.ts";
import type { EmitRouting } from "./events.ts";
import type { Kernel } from "./kernel.ts";
import type { TargetUse } from "./probe-answers.ts";

/**
 * What may have changed in the kernel: routes and rules of ours (`entries`), also routes to gateways (`paths`), which gives
 * rejected gateways another chance, or also interfaces and their addresses (`links`), with which routes of ours go.
 */
export type LookCause = "entries" | "paths" | "links";

/** What the reconciler asks the pool for, and gives back to it. */
export interface GatewayPool {
  state(): PoolState;
  examine(paths: Paths): void;
  decided(selection: Selection, unusable: readonly UnusableNexthop[]): void;
}

export interface ReconcilerOptions extends RoutingSettings {
  readonly kernel: Kernel;
  readonly pool: GatewayPool;
  readonly emit: EmitRouting;
  /** Called with the addresses of this machine, whenever they have been read. */
  readonly onAddresses?: (addresses: readonly string[]) => void;
  /** Called when nothing is left to do for now: the routes are over these gateways, unless a conflict keeps them from it. */
  readonly onRouted?: (active: readonly string[]) => void;
  /** Called when other gateways are usable than before. */
  readonly onUsable?: (() => void) | undefined;
  /** Called when the kernel holds what it should. */
  readonly onSettled?: () => void;
  /** Whether what the earlier program has left is taken over at the start. */
  readonly takesOver?: boolean;
  /** What several pools have to know of each other; undefined where there is one. */
  readonly others?: OtherPools | undefined;
}

/** What a pool shares with the others of this instance. */
export interface OtherPools {
  /** All targets of probes, whichever pool has the routes for these. */
  readonly targets: readonly Cidr[];
  /** From now on this pool does that with packets to them. */
  publish(use: TargetUse): void;
  /** What the others do. */
  uses(): readonly TargetUse[];
  /** Milliseconds until the kernel is read again without a reason, so that all pools share that reading. */
  untilSlowLook(): number;
}
