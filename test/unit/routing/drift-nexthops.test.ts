import { describe, expect, test } from "bun:test";

import { createDriftTracker } from "../../../src/routing/drift.ts";
import { nexthopKey } from "../../../src/routing/entry.ts";
import type { RoutingEvent } from "../../../src/routing/events.ts";
import { FIRST, GATEWAYS, GROUP, kernel6, Router } from "./ipv6.fixture.ts";

const NEXTHOPS = { object: "nexthops", table: 180 } as const;

/** A tracker that has seen the state settled, and the changes that restore it after all nexthop objects were flushed. */
async function setUp() {
  const events: RoutingEvent[] = [];
  const drift = createDriftTracker((event) => void events.push(event));
  const router = new Router(kernel6());
  await router.route(GATEWAYS);
  const desired = await router.decide(GATEWAYS);
  drift.noteNexthops((await router.observe()).nexthops ?? []);
  drift.noteSettled(desired);
  router.kernel.run("nexthop flush proto 173");
  const { changes } = await router.planTo(desired);
  return { drift, events, desired, changes, router };
}

describe("nexthop objects in the drift tracker", () => {
  test("that were flushed are reported as one repair, with the route", async () => {
    const { drift, events, desired, changes } = await setUp();
    expect(drift.admit(changes, desired, 0).changes).toEqual([...changes]);
    drift.noteApplied(changes, desired, 0);
    expect(events).toMatchObject([{ type: "repaired", entries: [NEXTHOPS, { object: "route" }] }]);
  });

  test("that a program keeps undoing are fought about as one, and what needs them waits with them", async () => {
    const { drift, events, desired, changes } = await setUp();
    let now = 0;
    let waiting: ReturnType<typeof drift.admit> | undefined;
    for (let round = 0; round < 20 && waiting?.waitMs === undefined; round++) {
      drift.noteApplied(drift.admit(changes, desired, now).changes, desired, now);
      waiting = drift.admit(changes, desired, ++now);
    }
    expect(waiting).toEqual({ changes: [], waitMs: expect.any(Number) as number });
    const fights = events.filter(({ type }) => type === "fight");
    expect(fights[0]).toMatchObject({ entries: [NEXTHOPS, { object: "route" }] });
  });

  test("that went with the carrier of their interface are no repair", async () => {
    const { drift, events, desired, changes } = await setUp();
    drift.noteLinks(100);
    drift.noteApplied(changes, desired, 200);
    expect(events).toEqual([]);
  });

  test("that went with the interface, and networks of it, are no repair", async () => {
    const { drift, events, desired, router } = await setUp();
    router.kernel.run("route del fd00:77::/64 table 180 proto 173 metric 2048");
    const { changes } = await router.planTo(desired);
    expect(changes.flatMap((one) => ("route" in one ? one.route.type : []))).toContain("on-link");
    drift.noteLinks(100);
    drift.noteApplied(changes, desired, 200);
    expect(events).toEqual([]);
  });

  test("are owned while they are wanted", async () => {
    const { drift, desired } = await setUp();
    expect([GROUP, FIRST].map((id) => drift.owned().has(nexthopKey({ id })))).toEqual([true, true]);
    const { nexthops: _, ...without } = desired;
    drift.noteSettled({ ...without, routes: [] });
    expect([...drift.owned()]).toEqual([]);
  });
});
