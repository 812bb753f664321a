import type { EmitPool } from "./events.ts";
import type { ProberRule, Requirement } from "./gateway-health.ts";
import type { Thresholds } from "./health.ts";
import type { Quorum } from "./quorum.ts";

interface CommonOptions {
  readonly gateways: readonly string[];
  /** Shortest hold of a gateway that flaps, in milliseconds; 0 never holds one. */
  readonly flapHold: number;
  readonly quorum: Quorum;
  /** How far apart failures of one cause can show, in milliseconds. */
  readonly moment: number;
  readonly emit: EmitPool;
  /** Called when another decision may be due: after the first round of probes, and then after each change. */
  readonly onChange: () => void;
  /**
   * Called when a gateway can be up only after its exit was asked for (`setExit`), and again with each of its results until
   * then: `isNew` the first time. Undefined where exits do not matter.
   */
  readonly onExitNeeded?: (gateway: string, isNew: boolean) => void;
  /** Called when all gateways have failed: the kernel may show why. */
  readonly onAllLost: () => void;
}

/** A pool whose only prober needs no name has its thresholds alone. */
export type PoolOptions = CommonOptions &
  (
    | { readonly thresholds: Thresholds }
    | { readonly probers: readonly [ProberRule, ...ProberRule[]]; readonly requirement?: Requirement }
  );

/** The probers of a pool; a single one without a name is called by an empty one. */
export function probersOf(options: PoolOptions): {
  readonly probers: readonly [ProberRule, ...ProberRule[]];
  readonly requirement: Requirement;
} {
  if ("thresholds" in options) return { probers: [{ name: "", thresholds: options.thresholds }], requirement: "all" };
  return { probers: options.probers, requirement: options.requirement ?? "all" };
}
