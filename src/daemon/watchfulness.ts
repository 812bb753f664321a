import { commandOf } from "../routing/batch.ts";
import { isGuard } from "../routing/guard.ts";
import { afterRepair, FRESH, type Patience, showsFight } from "../routing/patience.ts";
import { changeKey, type Conflict, routeKey, ruleKey } from "../routing/plan.ts";
import { type Change, type Desired, type Observed, type ObservedRoute, PROTOCOL } from "../routing/types.ts";
import type { Emit } from "./events.ts";

/**
 * The reconciler's memory of others: which keys are ours, what we have set there, and who meddles. It tells
 * repairs from wanted changes, slows repairs down when they are undone again and again, and reports each thing once.
 */
export interface Watchfulness {
  /** Keys at which our routes were seen in this run. */
  held(): ReadonlySet<string>;
  sawKernel(observed: Observed): void;
  /** Managed destinations that have to be left out, with the network that covers each. */
  sawCovered(covered: readonly { readonly destination: string; readonly by: string }[]): void;
  sawConflicts(conflicts: readonly Conflict[]): void;
  /**
   * The changes that may be made now. Repairs of a contested entry are held back; `waitMs` is then the time until the
   * next of them is due.
   */
  admit(changes: readonly Change[], desired: Desired, now: number): { changes: Change[]; waitMs: number | undefined };
  /** The kernel took these changes: from now on, to make one again is a repair. */
  applied(changes: readonly Change[], desired: Desired): void;
  /** Everything wanted was seen in the kernel. */
  settled(desired: Desired): void;
}

export function createWatchfulness(emit: Emit): Watchfulness {
  const held = new Set<string>();
  const patience = new Map<string, Patience>();
  let stood = new Map<string, string>();
  let refused = new Map<string, string>();
  let conflicts = new Map<string, string>();
  let covered = new Map<string, string>();

  /** Reports what is new since last time, by key. */
  const news = (before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): [string, string][] =>
    [...now].filter(([key, value]) => before.get(key) !== value);

  return {
    held: () => held,
    sawKernel({ routes, refusals }) {
      for (const route of routes) if (route.protocol === PROTOCOL) held.add(routeKey(route));
      const now = new Map(refusals.map(({ gateway, why }) => [gateway, why]));
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
      const wanted = identities(desired);
      let waitMs: number | undefined;
      const fought: string[] = [];
      let nextRepair = 0;
      const repaired: { object: "route" | "rule"; key: string }[] = [];
      const decided = new Map<string, boolean>();
      const mayRepair = (entry: string): boolean => {
        const before = patience.get(entry) ?? FRESH;
        if (now < before.until) {
          waitMs = Math.min(waitMs ?? Infinity, before.until - now);
          return false;
        }
        const after = afterRepair(before, now);
        patience.set(entry, after);
        if (showsFight(after)) {
          fought.push(entry);
          nextRepair = after.until - now;
        }
        return true;
      };
      const admitted = changes.filter((change) => {
        const key = changeKey(change);
        if (wanted.get(key) === undefined || wanted.get(key) !== stood.get(key)) return true; // a change of ours
        const entry = contestedEntry(change);
        if (!decided.has(entry)) decided.set(entry, mayRepair(entry));
        if (!decided.get(entry)) return false;
        repaired.push({ object: "rule" in change ? "rule" : "route", key });
        return true;
      });
      if (repaired.length > 0) emit({ type: "repaired", entries: repaired });
      if (fought.length > 0) emit({ type: "fight", keys: fought, waitMs: nextRepair });
      return { changes: admitted, waitMs };
    },
    applied(changes, desired) {
      const wanted = identities(desired);
      for (const key of changes.map(changeKey)) {
        const identity = wanted.get(key);
        if (identity === undefined) stood.delete(key);
        else stood.set(key, identity);
      }
    },
    settled(desired) {
      stood = identities(desired);
      for (const key of held) if (!stood.has(key)) held.delete(key); // given up by us: the next owner may keep it
    },
  };
}

/** What is fought about. The rules that refuse, and those past them, are one thing: half of them would cut off what is excluded. */
function contestedEntry(change: Change): string {
  return "rule" in change && isGuard(change.rule) ? "the rules that refuse" : changeKey(change);
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
