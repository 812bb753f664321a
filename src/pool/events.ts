import type { ProbeResult } from "../probe/probe.ts";
import type { TargetEvent } from "../probe/target-faults.ts";
import type { Health } from "./health.ts";
import type { LinkFault } from "./link-fault.ts";
import type { NexthopFault } from "./nexthop-fault.ts";
import type { Quality } from "./quality.ts";
import type { QualityFault } from "./quality-triggers.ts";
import type { Shortage } from "./select.ts";
import type { TierCount, TierRules } from "./tiers.ts";

/** How many gateways of a pool with a name are up and down. */
export interface PoolCount {
  readonly pool: string;
  readonly up: number;
  readonly down: number;
  readonly total: number;
}

/** A gateway that flaps is not used for so many milliseconds, up or down. */
export interface Hold {
  /** How often it was lost in a short time. */
  readonly losses: number;
  readonly waitMs: number;
}

/** What happens to gateways, whatever pools use them. */
export type GatewayEvent = Extract<
  PoolEvent,
  {
    readonly type:
      "adopted" | "probe" | "prober" | "quality" | "gateway" | "drained" | "link-fault" | TargetEvent["type"];
  }
>;

/** What happens to gateways, and what a pool decides about them. */
export type PoolEvent =
  | TargetEvent
  /** Gateways that carry traffic already, found at start: they count as up before their first probe. */
  | { readonly type: "adopted"; readonly gateways: readonly string[] }
  /** A probe has ended; `failures` is how many in a row of this prober have failed by now. */
  | {
      readonly type: "probe";
      readonly gateway: string;
      /** Where the gateway has several. */
      readonly prober?: string;
      readonly result: ProbeResult;
      readonly failures: number;
    }
  /** Of a gateway with several probers: one of them sees the gateway like this from now on, its loss and latency included. */
  | {
      readonly type: "prober";
      readonly gateway: string;
      readonly prober: string;
      readonly status: "up" | "down";
    }
  /** How well the gateway passes the probes of a prober, reported now and then, and at once when a fault begins or ends. */
  | {
      readonly type: "quality";
      readonly gateway: string;
      readonly prober: string;
      readonly quality: Quality;
      readonly fault: QualityFault | undefined;
    }
  /**
   * A gateway came up or went down. `up` and `down` count all gateways after that, `total` is how many there are: those that
   * have an address of the same family.
   */
  | {
      readonly type: "gateway";
      readonly gateway: string;
      readonly before: Health["status"];
      readonly status: "up" | "down";
      /** The outcome of the probe that decided; of a gateway that went down, the reasons of all probers that failed. */
      readonly detail: string;
      readonly up: number;
      readonly down: number;
      readonly total: number;
      /** The same for each pool that has the gateway, where pools have names. */
      readonly pools?: readonly PoolCount[];
      /** Set for a result of the first round of a pool, which reports the round as a whole (`begun`). */
      readonly first?: true;
      /** Set for one that is drained. */
      readonly isDrained?: true;
      /** Set where this loss begins a hold in every pool that has the gateway: the shortest of them. */
      readonly flaps?: Hold;
      /** Set during a hold that `flaps` has reported: the gateway is not used, up or down. */
      readonly held?: true;
    }
  /** The first round of probes of a pool is over. */
  | {
      readonly type: "begun";
      /** Gateways that are up, and how many there are that are not drained. */
      readonly up: number;
      readonly total: number;
      /** Those that are down, each with the reason. */
      readonly down: readonly { readonly gateway: string; readonly detail: string }[];
    }
  /**
   * No healthy gateway of a pool carries traffic from now on. `isUsed`: others do although they are down, since too few are
   * healthy. `down` counts those that are not up, without the drained ones.
   */
  | {
      readonly type: "outage";
      readonly down: number;
      readonly drained: number;
      readonly total: number;
      readonly isUsed: boolean;
    }
  /** Healthy gateways, `used` in number, carry traffic again, so many seconds later. */
  | { readonly type: "outage-over"; readonly seconds: number; readonly used: number; readonly total: number }
  /** A gateway was taken out of all pools, or is back. */
  | {
      readonly type: "drained";
      readonly gateway: string;
      readonly drained: boolean;
      /** When a command drained it, by the wall clock, in milliseconds since 1970; undefined where the configuration did. */
      readonly since?: number | undefined;
      /** Set for one that is drained from the start on. */
      readonly initial?: true;
    }
  /**
   * Every gateway, or every one of a pool, has been probed once more by each prober; `seconds` is what the slowest probe
   * took, `up` counts the healthy ones.
   */
  | { readonly type: "cycle"; readonly seconds: number; readonly up: number }
  /** A healthy gateway flaps: for so long it is not used. */
  | { readonly type: "held"; readonly gateway: string; readonly waitMs: number; readonly losses: number }
  /** The flap hold of a healthy gateway has ended; `early`: before its time, since too few others are left. */
  | { readonly type: "released"; readonly gateway: string; readonly early: boolean }
  /** From now on these healthy gateways are held, and these are used without being healthy, since too few others are. */
  | {
      readonly type: "selection";
      readonly held: readonly string[];
      readonly kept: readonly string[];
      readonly shortage: Shortage | undefined;
      /** Healthy ones that are not used because their tier is not; undefined where there are no tiers. */
      readonly standby?: readonly string[];
      /** Healthy ones that are not used because they are drained; left out where there are none. */
      readonly drained?: readonly string[];
    }
  /** Of a pool with several tiers: this one carries the traffic from now on, with `join` together with those before it. */
  | ({
      readonly type: "tier";
      readonly tier: number;
      /** The one until now; undefined at the start. */
      readonly before: number | undefined;
    } & TierReport)
  /**
   * A better tier has enough usable gateways again: traffic returns to it after `waitMs`, unless that changes. Without
   * one, no return is due any more.
   */
  | ({
      readonly type: "failback";
      /** The one that stays in use until then. */
      readonly from: number;
      readonly to: { readonly tier: number; readonly waitMs: number } | undefined;
    } & TierReport)
  /** From now on these gateways cannot be nexthops, for one common reason; `count` is how many cannot in all. */
  | {
      readonly type: "unusable";
      readonly gateways: readonly string[];
      readonly fault: NexthopFault;
      readonly count: number;
      /** Set where all of them are held already, as was reported. */
      readonly held?: true;
    }
  /** These gateways can be nexthops again; `count` is how many still cannot. */
  | {
      readonly type: "usable";
      readonly gateways: readonly string[];
      readonly count: number;
      /** Set where all of them are held already, as was reported. */
      readonly held?: true;
    }
  /** The interface that leads to these gateways from now on has a fault, or another one, or none any more. */
  | {
      readonly type: "link-fault";
      readonly device: string;
      readonly fault: LinkFault | undefined;
      readonly gateways: readonly string[];
    }
  /** All healthy gateways failed within one moment. `links` are the interfaces at fault, if it is theirs. */
  | {
      readonly type: "failed-together";
      readonly gateways: readonly string[];
      readonly links: readonly { readonly device: string; readonly fault: LinkFault }[];
    };

/** Why a tier is in use. */
export interface TierReport extends Pick<TierRules, "least" | "shortage"> {
  /** All tiers, the best one first. */
  readonly counts: readonly TierCount[];
}

export type EmitPool = (event: PoolEvent) => void;
