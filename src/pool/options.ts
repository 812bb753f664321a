import type { EmitPool } from "./events.ts";
import type { GatewayStates } from "./gateways.ts";
import type { LinkFaults } from "./link-faults.ts";
import type { Quorum } from "./quorum.ts";
import type { TierRules } from "./tiers.ts";

export interface PoolOptions {
  /** Undefined for the one pool without a name. */
  readonly name?: string | undefined;
  readonly gateways: readonly string[];
  /** The health of these gateways, and of others. */
  readonly health: GatewayStates;
  readonly linkFaults: LinkFaults;
  /** Shortest hold of a gateway that flaps, in milliseconds; 0 never holds one. */
  readonly flapHold: number;
  readonly quorum: Quorum;
  /** Undefined where all gateways are of one tier. */
  readonly tiers?: TierRules | undefined;
  /** How far apart failures of one cause can show, in milliseconds. */
  readonly moment: number;
  /** How far apart the probes that show them can have been begun, in milliseconds; `moment` by default. */
  readonly spread?: number | undefined;
  readonly emit: EmitPool;
  /** Called when another decision may be due: after the first round of probes, and then after each change. */
  readonly onChange: () => void;
  /** Called when all gateways have failed: the kernel may show why. */
  readonly onAllLost: () => void;
}
