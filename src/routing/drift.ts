import { commandOf } from "./iproute2/batch.ts";
import { isKillSwitchRule } from "./kill-switch.ts";
import { afterRepair, FRESH, type RepairBackoff, showsFight } from "./repair-backoff.ts";
import { changeKey, type Conflict, routeKey, ruleKey } from "./plan.ts";
import { type Change, type Desired, type Observed, type ObservedRoute, PROTOCOL } from "./types.ts";
import type { Emit } from "../events/events.ts";

/**
 * The reconciler's memory of others: which keys are ours, what we have set there, and who meddles. It tells
 * repairs from wanted changes, slows repairs down when they are undone again and again, and reports each thing once.
 */
export interface DriftTracker {
  /** Keys at which our routes were seen in this run. */
  held(): ReadonlySet<string>;
  sawKernel(observed: Observed): void;
  /** Managed destinations that have to be left out, with the network that covers each. */
  sawCovered(covered: readonly { readonly destination: string; readonly by: string }[]): void;
  sawConflicts(conflicts: readonly Conflict[]): void;
  /**
   * The changes that may be made now. Repairs of a contested entry are held back, and what is only safe behind them;
   * `waitMs` is then the time until the next of them is due.
   */
  admit(changes: readonly Change[], desired: Desired, now: number): { changes: Change[]; waitMs: number | undefined };
  /** The kernel took these changes: from now on, to make one again is a repair. Tells which of them were repairs. */
  applied(changes: readonly Change[], desired: Desired, now: number): void;
  /** Everything wanted was seen in the kernel. */
  settled(desired: Desired): void;
}

export function createDriftTracker(emit: Emit): DriftTracker {
  const held = new Set<string>();
  const patience = new Map<string, RepairBackoff>();
  let stood = new Map<string, string>();
  let refused = new Map<string, string>();
  let conflicts = new Map<string, string>();
  let covered = new Map<string, string>();

  /** Reports what is new since last time, by key. */
  const news = (before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): [string, string][] =>
    [...now].filter(([key, value]) => before.get(key) !== value);

  return {
    held: () => held,
    sawKernel({ routes, unusable }) {
      for (const route of routes) if (route.protocol === PROTOCOL) held.add(routeKey(route));
      const now = new Map(unusable.map(({ gateway, why }) => [gateway, why]));
      for (const [why, gateways] of byValue(news(refused, now))) emit({ type: "refused", gateways, why });
      const accepted = [...refused.keys()].filter((gateway) => !now.has(gateway));
      if (accepted.length > 0) emit({ type: "accepted", gateways: accepted });
      if (now.size !== refused.size) emit({ type: "refused-count", count: now.size });
      refused = now;
    },
    sawCovered(found) {
      const now = new Map(found.map(({ destination, by }) => [destination, by]));
      for (const [destination, by] of news(covered, now)) emit({ type: "covered", destination, by });
      covered = now;
    },
    sawConflicts(found) {
      const now = new Map(found.map((conflict) => [conflict.key, describe(conflict.found)]));
      for (const [key, other] of news(conflicts, now)) emit({ type: "conflict", key, found: other });
      conflicts = now;
    },
    admit(changes, desired, now) {
      const waits = new Map<Change, number>();
      for (const change of changes.filter(repairsOf(stood, desired))) {
        const { until } = patience.get(contestedEntry(change)) ?? FRESH;
        if (now < until) waits.set(change, until - now);
      }
      const unsafe = [...waits.keys()].some(makesExclusion) ? attracts : (): boolean => false;
      const waitMs = waits.size === 0 ? undefined : Math.min(...waits.values());
      return { changes: changes.filter((change) => !waits.has(change) && !unsafe(change)), waitMs };
    },
    applied(changes, desired, now) {
      const repairs = changes.filter(repairsOf(stood, desired));
      const fought = [...new Set(repairs.map(contestedEntry))].filter((entry) => {
        const after = afterRepair(patience.get(entry) ?? FRESH, now, entry === GUARD ? LONGEST_OPEN_MS : undefined);
        patience.set(entry, after);
        return showsFight(after);
      });
      const wanted = identities(desired);
      for (const change of changes) stood.set(changeKey(change), goalOf(change, wanted));
      const back = repairs.filter(({ op }) => !isDeletion(op));
      const entries = back.map((change) => ({ object: objectOf(change), key: changeKey(change) }));
      if (entries.length > 0) emit({ type: "repaired", entries });
      const nextRepair = Math.max(...fought.map((entry) => patience.get(entry)!.until - now));
      if (fought.length > 0) emit({ type: "fight", keys: fought, waitMs: nextRepair });
    },
    settled(desired) {
      stood = identities(desired);
      for (const key of held) if (!stood.has(key)) held.delete(key); // given up by us: the next owner may keep it
    },
  };
}

/** The rules that refuse, and those past them, are fought about as one: half of them would cut off what is excluded. */
const GUARD = "the rules that refuse";

/** However long somebody has undone them: while they are gone, packets may get out, or what is excluded is cut off. */
const LONGEST_OPEN_MS = 1000;

/** What is fought about. */
function contestedEntry(change: Change): string {
  return "rule" in change && isKillSwitchRule(change.rule) ? GUARD : changeKey(change);
}

/** What stands at the place of a change that deletes. */
const NOTHING_THERE = "nothing";

function isDeletion(op: Change["op"]): boolean {
  return op === "delete-route" || op === "delete-rule";
}

/** What stands at the place of a change once it is made, as text to compare. */
function goalOf(change: Change, wanted: ReadonlyMap<string, string>): string {
  return isDeletion(change.op) ? NOTHING_THERE : wanted.get(changeKey(change))!;
}

/** Which changes only bring about what stood already. */
function repairsOf(stood: ReadonlyMap<string, string>, desired: Desired): (change: Change) => boolean {
  const wanted = identities(desired);
  return (change) => stood.get(changeKey(change)) === goalOf(change, wanted);
}

function objectOf(change: Change): "rule" | "route" {
  return "rule" in change ? "rule" : "route";
}

function makesExclusion(change: Change): boolean {
  return "route" in change && !isDeletion(change.op) && change.route.type === "throw";
}

/** Whether packets take a place of ours that did not before: without all exclusions, those of the LAN would as well. */
function attracts(change: Change): boolean {
  if (change.op === "add-rule") return change.rule.kind === "lookup";
  const isNew = change.op === "add-route" || (change.op === "replace-route" && change.fresh);
  return isNew && change.route.type !== "throw";
}

/** Keys grouped by their value. */
function byValue(entries: readonly [string, string][]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [key, value] of entries) groups.set(value, [...(groups.get(value) ?? []), key]);
  return groups;
}

/** What is wanted at each key, as text to compare. */
function identities({ routes, rules }: Desired): Map<string, string> {
  return new Map([
    ...routes.map(
      (route) => [routeKey(route), commandOf({ op: "replace-route", route, fresh: false }, 0).join(" ")] as const,
    ),
    ...rules.map((rule) => [ruleKey(rule), "rule"] as const),
  ]);
}

function describe({ type, protocol, nexthops }: ObservedRoute): string {
  const ways = nexthops.map(({ gateway }) => gateway || "a device").join(", ");
  return `a ${type} route of protocol ${protocol}${ways && ` via ${ways}`}`;
}
