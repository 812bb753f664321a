import { afterEach, describe, expect, test } from "bun:test";

import type { WhenNoGateways } from "../../../src/routing/kill-switch.ts";
import type { RoutingEvent } from "../../../src/routing/events.ts";
import { Reconciler } from "../../../src/routing/reconciler.ts";
import { GATEWAYS, GROUP, kernel6, settings6 } from "./ipv6.fixture.ts";

const [a, b, c] = GATEWAYS as [string, string, string];

/** They would go on to read their kernels. */
const opened: Reconciler[] = [];
afterEach(async () => {
  for (const reconciler of opened.splice(0)) await reconciler.leave(performance.now() + 500);
});

/** A reconciler for IPv6 on a fake kernel. */
function setUp(kernel = kernel6(), whenNoGateways: WhenNoGateways = "fall-through") {
  let healthy: readonly string[] = [];
  let settled = Promise.withResolvers<void>();
  const events: RoutingEvent[] = [];
  const reconciler = new Reconciler({
    ...settings6({ whenNoGateways }),
    kernel,
    pool: {
      state: () => ({ gateways: GATEWAYS, healthy: new Set(healthy), holds: new Map(), lost: [] }),
      examine() {},
      decided() {},
    },
    emit: (event) => void events.push(event),
    onSettled: () => settled.resolve(),
  });
  opened.push(reconciler);
  /** Does something, and waits until the kernel has settled. */
  const after = async (action: () => void): Promise<string[]> => {
    settled = Promise.withResolvers();
    const before = kernel.commands.length;
    action();
    await settled.promise;
    return kernel.commands.slice(before);
  };
  return {
    ...{ kernel, reconciler, events, after },
    follow: (...gateways: string[]) =>
      after(() => {
        healthy = gateways;
        reconciler.follow();
      }),
    gateways: () => [...new Set(kernel.nexthops.hopsOf(GROUP).map(({ gateway }) => gateway))],
  };
}

describe("the reconciler in IPv6", () => {
  test("with keep, makes no objects while no gateway has a carrier, and goes on once one has", async () => {
    const { kernel, reconciler, follow, after, gateways, events } = setUp(kernel6(), "keep");
    await follow(...GATEWAYS);
    kernel.loseCarrier("eth0");
    await after(() => reconciler.look("links"));
    await follow();
    expect(events.filter(({ type }) => type === "trouble")).toEqual([]);
    expect(gateways()).toEqual([]);
    kernel.withoutCarrier.clear();
    await after(() => reconciler.look("links"));
    expect(gateways()).toEqual(GATEWAYS);
  });

  test("points slots to the healthy gateways, and removes all its entries in the end", async () => {
    const setup = setUp();
    await setup.follow(...GATEWAYS);
    expect(setup.gateways()).toEqual(GATEWAYS);
    const commands = await setup.follow(a, c);
    expect([commands.length, setup.gateways()]).toEqual([12, [a, c]]);
    expect(await setup.reconciler.remove(performance.now() + 500)).toBe(true);
    expect([setup.kernel.routes, setup.kernel.rules, setup.kernel.nexthops.of(180)]).toEqual([[], [], []]);
  });

  test("goes on with what a killed run has left, without a change", async () => {
    const first = setUp();
    await first.follow(...GATEWAYS);
    await first.follow(b, c);
    await first.reconciler.leave(performance.now() + 500);
    const next = setUp(first.kernel);
    expect(await next.reconciler.adopt()).toEqual(new Set([b, c]));
    expect(await next.follow(b, c)).toEqual([]);
    expect(await next.follow(...GATEWAYS)).toHaveLength(12);
  });

  test("restores flushed objects, and says that another program has removed them", async () => {
    const setup = setUp();
    await setup.follow(...GATEWAYS);
    setup.kernel.run("nexthop flush proto 173");
    await setup.after(() => setup.reconciler.look());
    expect(setup.gateways()).toEqual(GATEWAYS);
    expect(setup.events.filter(({ type }) => type === "repaired")).toMatchObject([
      { entries: [{ object: "nexthops", table: 180 }, { object: "route" }] },
    ]);
  });

  test("reports a rule of another program before ours, with what its table has of IPv6", async () => {
    const setup = setUp();
    await setup.follow(...GATEWAYS);
    const reread = async (): Promise<void> => {
      setup.reconciler.look();
      await Bun.sleep(10);
    };
    setup.kernel.foreignRules6 = [{ priority: 100, src: "all", table: "52" }];
    setup.kernel.addresses.push("10.0.0.1/24");
    expect(setup.kernel.run("route add default table 52 nexthop via 10.0.0.99")).toBeUndefined();
    await reread();
    expect(setup.events.filter(({ type }) => type === "preceded")).toEqual([]);
    setup.kernel.foreignRules6 = [{ priority: 100, src: "all", table: "53" }];
    expect(setup.kernel.run("-6 route add 2001:db8::/32 table 53 nexthop via fd00:77::99")).toBeUndefined();
    await reread();
    expect(setup.events.filter(({ type }) => type === "preceded")).toMatchObject([
      { diversions: [{ extent: "some", networks: [{ prefix: 32 }], rule: { preference: 100 } }] },
    ]);
  });

  test("keeps the objects while only the route was removed", async () => {
    const setup = setUp(kernel6(), "unreachable");
    await setup.follow(...GATEWAYS);
    setup.kernel.run("route del unicast ::/0 table 180 proto 173 metric 1024");
    expect(await setup.after(() => setup.reconciler.look())).toEqual([
      `route replace ::/0 table 180 proto 173 metric 1024 nhid ${GROUP}`,
    ]);
  });

  test("rejects packets while the carrier is gone, and has all again when it is back, without a fight", async () => {
    const setup = setUp(kernel6(), "unreachable");
    await setup.follow(...GATEWAYS);
    for (let flap = 0; flap < 5; flap++) {
      setup.kernel.loseCarrier("eth0");
      await setup.after(() => setup.reconciler.look("links"));
      expect(setup.kernel.lookup("2001:db8::1")).toBe("unreachable");
      setup.kernel.withoutCarrier.clear();
      await setup.after(() => setup.reconciler.look("links"));
      expect(setup.gateways()).toEqual(GATEWAYS);
    }
    expect(setup.events.filter(({ type }) => type === "fight" || type === "trouble")).toEqual([]);
  });

  test("keeps the last gateways where it is to keep them, also its objects", async () => {
    const setup = setUp(kernel6(), "keep");
    await setup.follow(a, b);
    expect(await setup.follow()).toEqual([]);
    expect(setup.gateways()).toEqual([a, b]);
  });

  test("leaves a gateway out that the kernel rejects, and goes on with the others", async () => {
    const setup = setUp();
    setup.kernel.rejectedNexthops.add(b);
    await setup.follow(...GATEWAYS);
    expect(setup.gateways()).toEqual([a, c]);
  });
});
