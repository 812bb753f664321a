import { describe, expect, test } from "bun:test";

import { desiredState } from "../../../src/routing/desired.ts";
import { createDriftTracker } from "../../../src/routing/drift.ts";
import type { RoutingEvent } from "../../../src/routing/events.ts";
import { planChanges } from "../../../src/routing/plan.ts";
import { type Change, type Desired, type Observed, type ObservedRoute, PROTOCOL } from "../../../src/routing/types.ts";
import { planProbes } from "../../../src/routing/plan-probes.ts";
import { probeState } from "./probes.fixture.ts";
import { cidrs, destinations, hops, TABLE_REF } from "./plan.fixture.ts";

type DesiredEntry = Desired["routes"][number] | Desired["rules"][number];

const desiredOver = (...gateways: string[]): Desired =>
  desiredState(destinations({ gateways: [] }), cidrs("10.0.0.0/24"), hops(...gateways), TABLE_REF, "unreachable");
const DESIRED = desiredOver("10.0.0.11");

/** The changes from a kernel in which other programs have left only a part of one state to another state. */
function changesFrom(stood: Desired, isLeft: (entry: DesiredEntry) => boolean, desired = DESIRED): readonly Change[] {
  const observed = {
    routes: stood.routes.filter(isLeft).map((route): ObservedRoute => ({ ...route, protocol: PROTOCOL })),
    rules: stood.rules.filter(isLeft).map((rule) => ({ ...rule, protocol: PROTOCOL })),
    devices: new Map<string, string>(),
  };
  return planChanges(observed as unknown as Observed, desired, TABLE_REF, new Set()).changes;
}

/** A tracker that has seen the desired state settled. */
function setUp() {
  const events: RoutingEvent[] = [];
  const drift = createDriftTracker((event) => void events.push(event));
  drift.noteSettled(DESIRED);
  /** Makes the same repair once more as soon as it is admitted; returns its delay. */
  const repair = (changes: readonly Change[], now: number): number => {
    const { waitMs = 0 } = drift.admit(changes, DESIRED, now);
    const due = now + waitMs;
    drift.noteApplied(drift.admit(changes, DESIRED, due).changes, DESIRED, due);
    return waitMs;
  };
  /** Makes the same repair again and again; returns the delays and the time at the end. */
  const fight = (changes: readonly Change[], rounds: number): { delays: number[]; end: number } => {
    let end = 0;
    const delays = Array.from({ length: rounds }, () => {
      const delay = repair(changes, end);
      end += delay;
      return delay;
    });
    return { delays, end };
  };
  return { drift, events, fight };
}

const RULES = changesFrom(DESIRED, (entry) => "destination" in entry);
const ROUTES = changesFrom(DESIRED, (entry) => "preference" in entry);

describe("repairs in the drift tracker", () => {
  test("that fail are neither delayed nor reported, and the first that is applied is reported", () => {
    const { drift, events } = setUp();
    for (let attempt = 0; attempt < 20; attempt++) {
      expect(drift.admit(RULES, DESIRED, attempt)).toEqual({ changes: [...RULES], waitMs: undefined });
    }
    expect(events).toEqual([]);
    drift.noteApplied(RULES, DESIRED, 20);
    expect(events.map(({ type }) => type)).toEqual(["repaired"]);
  });

  test("are delayed in a fight by up to 1 s for the kill switch and by up to 5 s for the look-up rule", () => {
    const killSwitch = RULES.filter((change) => "rule" in change && change.rule.kind !== "lookup");
    const lookup = RULES.filter((change) => !killSwitch.includes(change));
    expect(Math.max(...setUp().fight(killSwitch, 14).delays)).toBe(1000);
    expect(Math.max(...setUp().fight(lookup, 14).delays)).toBe(5000);
  });

  test("of routes that went with an interface, up to 1 s ago, are no repairs", () => {
    const { drift, events } = setUp();
    const lost = ROUTES.filter((change) => "route" in change && change.route.type === "unicast");
    for (let now = 0; now < 20_000; now += 500) {
      drift.noteLinks(now);
      expect(drift.admit(lost, DESIRED, now + 499)).toEqual({ changes: lost, waitMs: undefined });
      drift.noteApplied(lost, DESIRED, now + 499);
    }
    expect(events).toEqual([]);
    drift.noteLinks(30_000);
    drift.noteApplied(lost, DESIRED, 30_999);
    expect(events).toEqual([]);
    drift.noteApplied(lost, DESIRED, 31_000);
    expect(events.map(({ type }) => type)).toEqual(["repaired"]);
  });

  test("of routes in a fight stay delayed when an interface changes", () => {
    const { drift, fight } = setUp();
    const { end } = fight(ROUTES, 6);
    drift.noteLinks(end);
    expect(drift.admit(ROUTES, DESIRED, end).waitMs).toBeGreaterThan(0);
  });

  test("of rules, exclusions and replaced routes are repairs just after a change of an interface, too", () => {
    const { drift, events } = setUp();
    drift.noteLinks(0);
    const exclusions = ROUTES.filter((change) => "route" in change && change.route.type === "throw");
    drift.noteApplied(exclusions, DESIRED, 1);
    drift.noteApplied(RULES, DESIRED, 1);
    const replaced = ROUTES.flatMap((change) => (change.op === "replace-route" ? { ...change, fresh: false } : []));
    drift.noteApplied(replaced, DESIRED, 1);
    expect([exclusions, replaced]).not.toContainEqual([]);
    expect(events.map(({ type }) => type)).toEqual(["repaired", "repaired", "repaired"]);
  });

  test("of exclusions, while delayed, also delay the changes that would attract the excluded packets", () => {
    const { drift, fight } = setUp();
    const { end } = fight(ROUTES, 6);
    const other = desiredOver("10.0.0.12");
    const everything = changesFrom(other, () => false, other);
    const { changes, waitMs } = drift.admit(everything, other, end);
    expect(waitMs).toBeGreaterThan(0);
    expect(changes.filter((change) => !("rule" in change) || change.rule.kind === "lookup")).toEqual([]);
    const exclusions = changesFrom(DESIRED, (entry) => !("type" in entry && entry.type === "throw"), other);
    expect(drift.admit(exclusions, other, end).changes.map(({ op }) => op)).toEqual(["replace-route"]);
  });

  test("of exclusions, while delayed, do not delay the routes for probes, which attract no other packets", () => {
    const { drift, fight } = setUp();
    const { end } = fight(ROUTES, 6);
    const desired = { ...DESIRED, probes: probeState() };
    const probes = planProbes({ probeRoutes: [], rules: [] }, desired.probes, new Set());
    const { changes, waitMs } = drift.admit([...ROUTES, ...probes], desired, end);
    expect(waitMs).toBeGreaterThan(0);
    expect(changes).toEqual(probes);
  });

  test("of probes are reported with their table, and each entry has a delay of its own", () => {
    const { drift, events } = setUp();
    const desired = { ...DESIRED, probes: probeState() };
    drift.noteSettled(desired);
    const probes = planProbes({ probeRoutes: [], rules: [] }, desired.probes, new Set());
    const first = probes.filter((change) => "route" in change && change.route.table === 18001);
    for (let round = 0; round < 6; round++) drift.noteApplied(first, desired, 0);
    const entries = events.flatMap((event) => (event.type === "fight" ? event.entries : []));
    expect(entries).toMatchObject([0, 1].map(() => ({ object: "route", table: 18001, forProbes: true })));
    expect(drift.admit(probes, desired, 0).changes).toEqual(probes.filter((change) => !first.includes(change)));
  });

  test("are delayed as well when they delete an entry that does not disappear", () => {
    const { drift } = setUp();
    const desired = desiredOver();
    const deletion = changesFrom(DESIRED, () => true, desired);
    expect(deletion.map(({ op }) => op)).toEqual(["delete-route"]);
    let admitted = 0;
    for (; admitted < 100 && drift.admit(deletion, desired, 0).changes.length > 0; admitted++) {
      drift.noteApplied(deletion, desired, 0);
    }
    expect(admitted).toBe(6); // the change itself, and five repairs without a delay
  });
});
