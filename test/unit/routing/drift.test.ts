import { describe, expect, test } from "bun:test";

import type { RoutingEvent } from "../../../src/routing/events.ts";
import { createDriftTracker } from "../../../src/routing/drift.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import { type Destinations, desiredState } from "../../../src/routing/desired.ts";
import { planChanges } from "../../../src/routing/plan.ts";
import { type Change, type Desired, type Observed, type ObservedRoute, PROTOCOL } from "../../../src/routing/types.ts";

const PLACE = { table: 180, preference: 10888 };
const LAN = parseCidr("10.0.0.0/24")!;
const DESTINATIONS: Destinations = { managed: [parseCidr("0.0.0.0/0")!], excluded: [], reserved: [], gateways: [] };

const wantOver = (...gateways: string[]): Desired =>
  desiredState(
    DESTINATIONS,
    [LAN],
    gateways.map((gateway) => ({ gateway, weight: 1 })),
    PLACE,
    "unreachable",
  );
const DESIRED = wantOver("10.0.0.11");

/** A kernel in which that stands, but for what somebody took away. */
const seen = (desired: Desired, isLeft: (entry: Desired["routes"][number] | Desired["rules"][number]) => boolean) => ({
  routes: desired.routes.filter(isLeft).map((route): ObservedRoute => ({ ...route, protocol: PROTOCOL })),
  rules: desired.rules.filter(isLeft).map((rule) => ({ ...rule, protocol: PROTOCOL })),
  devices: new Map<string, string>(),
});

const changesFrom = (left: ReturnType<typeof seen>, desired = DESIRED): readonly Change[] =>
  planChanges(left as unknown as Observed, desired, PLACE, new Set()).changes;

function watch() {
  const events: RoutingEvent[] = [];
  const drift = createDriftTracker((event) => void events.push(event));
  drift.noteSettled(DESIRED);
  /** One more repair of the same, when it is due; returns how long it had to wait. */
  const repair = (changes: readonly Change[], now: number): number => {
    const { waitMs = 0 } = drift.admit(changes, DESIRED, now);
    const due = now + waitMs;
    drift.noteApplied(drift.admit(changes, DESIRED, due).changes, DESIRED, due);
    return waitMs;
  };
  const fight = (changes: readonly Change[], rounds: number): { waits: number[]; end: number } => {
    let end = 0;
    const waits = Array.from({ length: rounds }, () => {
      const wait = repair(changes, end);
      end += wait;
      return wait;
    });
    return { waits, end };
  };
  return { drift, events, fight, count: (type: string) => events.filter((event) => event.type === type).length };
}

const RULES = changesFrom(seen(DESIRED, (entry) => "destination" in entry));
const ROUTES = changesFrom(seen(DESIRED, (entry) => "preference" in entry));

describe("repairs", () => {
  test("that fail are no fight: the next attempt is free, and nothing is told", () => {
    const { drift, events } = watch();
    for (let attempt = 0; attempt < 20; attempt++) {
      expect(drift.admit(RULES, DESIRED, attempt)).toEqual({ changes: [...RULES], waitMs: undefined });
    }
    expect(events).toEqual([]);
    drift.noteApplied(RULES, DESIRED, 20);
    expect(events.map(({ type }) => type)).toEqual(["repaired"]);
  });

  test("of the rules that refuse never wait for longer than a second, others for up to a minute", () => {
    const guard = RULES.filter((change) => "rule" in change && change.rule.kind !== "lookup");
    const lookup = RULES.filter((change) => !guard.includes(change));
    expect(Math.max(...watch().fight(guard, 14).waits)).toBe(1000);
    expect(Math.max(...watch().fight(lookup, 14).waits)).toBe(60_000);
  });

  test("of exclusions that have to wait hold back what would attract their packets", () => {
    const { drift, fight } = watch();
    const { end } = fight(ROUTES, 6);
    const other = wantOver("10.0.0.12");
    const emptied = changesFrom(
      seen(other, () => false),
      other,
    );
    const { changes } = drift.admit(emptied, other, end);
    expect(changes.filter((change) => "route" in change || change.rule.kind === "lookup")).toEqual([]);
    const whole = changesFrom(
      seen(DESIRED, (entry) => !("type" in entry && entry.type === "throw")),
      other,
    );
    expect(drift.admit(whole, other, end).changes.map(({ op }) => op)).toEqual(["replace-route"]);
  });

  test("of what does not go away by being deleted wait as well", () => {
    const { drift } = watch();
    const desired = wantOver();
    const deletion = changesFrom(
      seen(DESIRED, () => true),
      desired,
    );
    expect(deletion.map(({ op }) => op)).toEqual(["delete-route"]);
    let admitted = 0;
    for (; admitted < 100 && drift.admit(deletion, desired, 0).changes.length > 0; admitted++) {
      drift.noteApplied(deletion, desired, 0);
    }
    expect(admitted).toBeLessThan(10);
  });
});
