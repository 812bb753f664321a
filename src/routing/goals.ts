import { type Decision, holding, nothing, probesAlone, type RoutingSettings } from "./decide.ts";
import type { Admission, DriftTracker } from "./drift.ts";
import { rejectTypeOf } from "./kill-switch.ts";
import { type Plan, planChanges } from "./plan.ts";
import type { Desired, Observed } from "./types.ts";

/**
 * What the reconciler is at.
 *
 * - `waiting`: it changes nothing yet
 * - `preparing`: it makes all entries but the routes through gateways, and leaves those of an earlier run as they are
 * - `following`: it keeps the kernel at what the pool's state asks for
 * - `removing`: it takes everything down
 * - `released`: it leaves everything as it is
 */
export type Mode = "waiting" | "preparing" | "following" | "removing" | "released";

/** What decides about the goals, besides what was read and decided. */
export interface Aim {
  readonly mode: Mode;
  /** Whether it takes over packets that other pools of this instance carry until then. */
  readonly isJoining: boolean;
}

/** A state to bring about, and what of the kernel to plan it on. */
export interface Goal {
  readonly desired: Desired;
  readonly observed: Observed;
}

/** What a goal still needs. */
export interface GoalPlan extends Plan {
  readonly desired: Desired;
}

/** What there is to do now. */
export interface Step extends GoalPlan, Admission {}

/**
 * The states to bring about, one after the other. Where packets may be rejected, that comes first: gateways that are not
 * excluded just then look as if no route led to them, also to probes.
 */
export function goalsOf(
  { mode, isJoining }: Aim,
  settings: RoutingSettings,
  observed: Observed,
  decision: Decision | undefined,
): Goal[] {
  if (mode === "removing") return [{ desired: nothing(settings), observed }];
  const goals: Goal[] = [];
  const held = withLeftoversHeld(observed);
  if (isJoining && !decision) return [{ desired: probesAlone(settings, observed), observed: held }];
  const takesOver = isJoining && decision !== undefined && decision.active.length > 0;
  if (!takesOver && (mayReject(settings) || mode === "preparing")) {
    const withoutPaths = { ...held, devices: new Map<string, string>() };
    const { probes, ...traffic } = holding(settings, observed);
    goals.push({ desired: decision ? traffic : { ...traffic, probes }, observed: withoutPaths });
  }
  if (decision) goals.push({ desired: decision.desired, observed });
  return goals;
}

/** What the earlier program has left carries the traffic until there is a decision. */
function withLeftoversHeld(observed: Observed): Observed {
  const { leftovers } = observed;
  return leftovers === undefined ? observed : { ...observed, leftovers: { ...leftovers, isHeld: true } };
}

/** Whether packets may be rejected, which then comes before all else. */
export function mayReject({ whenNoGateways }: RoutingSettings): boolean {
  return rejectTypeOf(whenNoGateways) !== undefined;
}

/** What each goal still needs. */
export function planGoals(
  goals: readonly Goal[],
  { tableRef }: RoutingSettings,
  owned: ReadonlySet<string>,
): GoalPlan[] {
  return goals.map(({ desired, observed }) => ({
    desired,
    ...planChanges(observed, desired, tableRef, owned),
  }));
}

/** The changes that may be made now for the first goal that is not reached yet; none when all are, or repairs wait. */
export function admitFirst(plans: readonly GoalPlan[], mode: Mode, drift: DriftTracker, now: number): Step {
  const steps = plans.map((plan): Step => {
    // A stop leaves nothing behind, whatever other programs do.
    if (mode === "removing") return { ...plan, waitMs: undefined };
    return { ...plan, ...drift.admit(plan.changes, plan.desired, now) };
  });
  const waits = steps.flatMap(({ waitMs }) => waitMs ?? []);
  const step = steps.find(({ changes }) => changes.length > 0) ?? steps.at(-1)!;
  return { ...step, waitMs: waits.length === 0 ? undefined : Math.min(...waits) };
}
