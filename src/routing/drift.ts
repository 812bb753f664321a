import { type Cidr, formatCidr } from "../net/cidr.ts";
import { commandOf } from "./iproute2/batch.ts";
import { changeKey, type Conflict, type Entry, entryOf, nexthopKey, routeKey, ruleKey } from "./entry.ts";
import type { EmitRouting } from "./events.ts";
import { isKillSwitchRule } from "./kill-switch.ts";
import { createNews } from "./news.ts";
import { afterRepair, NO_REPAIRS, type RepairBackoff, showsFight } from "./repair-backoff.ts";
import { type Change, type Desired, type ObservedNexthop, type ObservedRoute, PROTOCOL, type Route } from "./types.ts";

/**
 * The reconciler's memory of other programs: which places hold entries of ours, what was set there, and who undoes it. It
 * tells repairs from wanted changes, slows repairs down when they are undone again and again, and reports each thing once.
 */
export interface DriftTracker {
  /** Places at which routes of ours were seen in this run. */
  owned(): ReadonlySet<string>;
  /** These routes were read from the kernel. */
  noteRoutes(routes: readonly ObservedRoute[]): void;
  /** These nexthop objects were read from the kernel. */
  noteNexthops(nexthops: readonly ObservedNexthop[]): void;
  /** These managed destinations have to be left out, with the network that covers each. */
  noteCovered(covered: readonly { readonly destination: Cidr; readonly by: Cidr }[]): void;
  /** Interfaces or addresses changed: the kernel takes our routes through gateways away with them, without another program. */
  noteLinks(now: number): void;
  noteConflicts(conflicts: readonly Conflict[]): void;
  /**
   * The changes that may be made now. Repairs of a contested entry are held back, and so is what is only safe behind them;
   * `waitMs` is then the time until the next of them is due.
   */
  admit(changes: readonly Change[], desired: Desired, now: number): Admission;
  /** The kernel made these changes: from now on, to make one again is a repair. Reports which of them were repairs. */
  noteApplied(changes: readonly Change[], desired: Desired, now: number): void;
  /** Everything wanted was seen in the kernel. */
  noteSettled(desired: Desired): void;
}

export interface Admission {
  readonly changes: readonly Change[];
  /** Milliseconds until the next repair that had to wait is due; undefined when none had to. */
  readonly waitMs: number | undefined;
}

export function createDriftTracker(emit: EmitRouting): DriftTracker {
  const owned = new Set<string>();
  const backoff = new Map<string, RepairBackoff>();
  const conflictNews = createNews<Conflict>();
  const coveredNews = createNews<{ destination: Cidr; by: Cidr }>();
  let stood = new Map<string, string>();
  let linksChanged = -Infinity;

  return {
    owned: () => owned,
    noteRoutes(routes) {
      for (const route of routes) if (route.protocol === PROTOCOL) owned.add(routeKey(route));
    },
    noteNexthops(nexthops) {
      for (const nexthop of nexthops) if (nexthop.protocol === PROTOCOL) owned.add(nexthopKey(nexthop));
    },
    noteCovered(covered) {
      const texts = covered.map((one) => [`${formatCidr(one.destination)} ${formatCidr(one.by)}`, one] as const);
      for (const { destination, by } of coveredNews(texts)) emit({ type: "covered", destination, by });
    },
    noteLinks(now) {
      linksChanged = now;
    },
    noteConflicts(conflicts) {
      const texts = conflicts.map((one) => [JSON.stringify(one.found), one] as const);
      for (const { entry, found } of conflictNews(texts)) emit({ type: "conflict", entry, found });
    },
    admit(changes, desired, now) {
      const waits = new Map<Change, number>();
      for (const change of changes.filter(restoresOf(stood, identities(desired)))) {
        const { until } = backoff.get(contestedKey(change)) ?? NO_REPAIRS;
        if (now < until) waits.set(change, until - now);
      }
      const isUnsafe = [...waits.keys()].some(makesExclusion) ? attracts : (): boolean => false;
      const lackNexthops = [...waits.keys()].some(isNexthop);
      const unsafe = (change: Change): boolean => {
        return (isUnsafe(change) && !isForProbes(change, desired)) || (lackNexthops && needsNexthops(change));
      };
      const waitMs = waits.size === 0 ? undefined : Math.min(...waits.values());
      return { changes: changes.filter((change) => !waits.has(change) && !unsafe(change)), waitMs };
    },
    noteApplied(changes, desired, now) {
      const withLink = now < linksChanged + LINKS_SETTLE_MS ? addsLost : (): boolean => false;
      const wanted = identities(desired);
      const repairs = changes.filter(restoresOf(stood, wanted)).filter((change) => !withLink(change));
      const contested = new Map(repairs.map((change) => [contestedKey(change), change]));
      const fought = [...contested].filter(([key, change]) => {
        const after = afterRepair(
          backoff.get(key) ?? NO_REPAIRS,
          now,
          isKillSwitch(change) ? LONGEST_OPEN_MS : undefined,
        );
        backoff.set(key, after);
        return showsFight(after);
      });
      for (const change of changes) stood.set(changeKey(change), goalOf(change, wanted));
      const restored = placesOf(
        repairs.filter(({ op }) => !isDeletion(op)),
        desired,
      );
      if (restored.length > 0) emit({ type: "repaired", entries: restored });
      if (fought.length === 0) return;
      const waitMs = Math.max(...fought.map(([key]) => backoff.get(key)!.until - now));
      emit({ type: "fight", entries: fought.map(([, change]) => contestedEntry(change, desired)), waitMs });
    },
    noteSettled(desired) {
      stood = identities(desired);
      for (const key of owned) if (!stood.has(key)) owned.delete(key); // given up by us: the next owner may keep it
    },
  };
}

/** However long another program has undone them: while they are gone, packets may leak, or what is excluded is cut off. */
const LONGEST_OPEN_MS = 1000;

function isKillSwitch(change: Change): boolean {
  return "rule" in change && isKillSwitchRule(change.rule);
}

function placeOf(change: Change, { probes }: Desired): Entry {
  return entryOf(change, probes?.tables);
}

/** The places of changes, those of nexthop objects as one. */
function placesOf(changes: readonly Change[], desired: Desired): Entry[] {
  const last = changes.findLast(isNexthop);
  return changes.filter((change) => !isNexthop(change) || change === last).map((change) => placeOf(change, desired));
}

function isNexthop(change: Change): boolean {
  return "nexthop" in change;
}

/** Whether a change fails, or leads nowhere, while a slot or the group is missing. */
function needsNexthops(change: Change): boolean {
  return isNexthop(change) || (isNewRoute(change) && change.route.nexthopId !== undefined);
}

/** What is fought about: all rules of the kill switch as one. */
function contestedEntry(change: Change, desired: Desired): Entry {
  return isKillSwitch(change) ? { object: "kill-switch" } : placeOf(change, desired);
}

function contestedKey(change: Change): string {
  if (isNexthop(change)) return "nexthops";
  return isKillSwitch(change) ? "kill-switch" : changeKey(change);
}

/** What stands at the place of a change that deletes. */
const NOTHING_THERE = "nothing";

function isDeletion(op: Change["op"]): boolean {
  return op === "delete-route" || op === "delete-rule" || op === "delete-nexthop";
}

/** What stands at the place of a change once it is made, as text to compare. */
function goalOf(change: Change, wanted: ReadonlyMap<string, string>): string {
  return isDeletion(change.op) ? NOTHING_THERE : wanted.get(changeKey(change))!;
}

/** Which changes only bring about what stood already. */
function restoresOf(
  stood: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
): (change: Change) => boolean {
  return (change) => stood.get(changeKey(change)) === goalOf(change, wanted);
}

/** How long after a change of links its loss of routes may still be under repair. */
const LINKS_SETTLE_MS = 1000;

/** Whether the change adds what is gone from the kernel, as it goes with its interface. */
function addsLost(change: Change): boolean {
  if (isNexthop(change)) return !isDeletion(change.op); // a group only loses members
  return isNewRoute(change) && (change.route.type === "unicast" || change.route.type === "on-link");
}

function isNewRoute(change: Change): change is Extract<Change, { readonly route: Route }> {
  return change.op === "add-route" || (change.op === "replace-route" && change.fresh);
}

function makesExclusion(change: Change): boolean {
  return "route" in change && !isDeletion(change.op) && change.route.type === "throw";
}

/** Whether no packets but probes are concerned. */
function isForProbes(change: Change, desired: Desired): boolean {
  const entry = placeOf(change, desired);
  return entry.object === "route" && entry.forProbes === true;
}

/** Whether packets take a place of ours that did not before: without all exclusions, those of the LAN would as well. */
function attracts(change: Change): boolean {
  if (change.op === "add-rule") return change.rule.kind === "lookup";
  return isNewRoute(change) && change.route.type !== "throw";
}

/** What is wanted at each key, as text to compare. */
function identities({ routes, rules, probes, nexthops, markers = [] }: Desired): Map<string, string> {
  return new Map([
    ...[...routes, ...(probes?.routes ?? []), ...markers].map(
      (route) => [routeKey(route), commandOf({ op: "replace-route", route, fresh: false }).join(" ")] as const,
    ),
    ...[...rules, ...(probes?.rules ?? [])].map((rule) => [ruleKey(rule), "rule"] as const),
    ...(nexthops ? [...nexthops.slots, nexthops.group] : []).map((nexthop) => {
      return [nexthopKey(nexthop), commandOf({ op: "replace-nexthop", nexthop, fresh: false }).join(" ")] as const;
    }),
  ]);
}
