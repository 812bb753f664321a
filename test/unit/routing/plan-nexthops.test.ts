import { describe, expect, test } from "bun:test";

import { NOTHING } from "../../../src/routing/desired.ts";
import { FIRST, GATEWAYS, GROUP, kernel6, Router, settings6 } from "./ipv6.fixture.ts";
import { TABLE_REF } from "./plan.fixture.ts";

const [a, b, c] = GATEWAYS as [string, string, string];
const OWN = "table 180 proto 173";
const ids = (first: number, count: number): number[] => Array.from({ length: count }, (_, index) => first + index);
const slot = (id: number, gateway: string): string =>
  `ip nexthop replace id ${id} via ${gateway} dev eth0 onlink proto 173`;

/** A router whose gateways are all in use. */
const routed = async (): Promise<Router> => {
  const router = new Router(kernel6());
  await router.route(GATEWAYS);
  return router;
};

describe("a plan for IPv6", () => {
  test("makes the slots, the group, the exclusions, the route and at last the rule", async () => {
    const router = new Router(kernel6());
    const commands = await router.route(GATEWAYS);
    expect(commands).toEqual([
      ...ids(FIRST, 12).map((id) => slot(id, a)),
      ...ids(FIRST + 12, 12).map((id) => slot(id, b)),
      ...ids(FIRST + 24, 12).map((id) => slot(id, c)),
      `ip nexthop replace id ${GROUP} group ${ids(FIRST, 36).join("/")} proto 173`,
      `ip route add throw fd00:77::a/128 ${OWN} metric 1024`,
      `ip route add throw fd00:77::b/128 ${OWN} metric 1024`,
      `ip route add throw fd00:77::c/128 ${OWN} metric 1024`,
      `ip route add throw fd00:77::/64 ${OWN} metric 1024`,
      `ip route add fd00:77::/64 ${OWN} metric 2048 dev eth0`,
      `ip route replace ::/0 ${OWN} metric 1024 nhid ${GROUP}`,
      "ip -6 rule add pref 10888 from all lookup 180 protocol 173",
    ]);
    expect(router.slots()).toBe("aaaaaaaaaaaabbbbbbbbbbbbcccccccccccc");
  });

  test("points only the slots of a lost gateway to others, and back on its return", async () => {
    const router = await routed();
    expect(await router.route([a, c])).toEqual([
      ...ids(FIRST + 12, 6).map((id) => slot(id, a)),
      ...ids(FIRST + 18, 6).map((id) => slot(id, c)),
    ]);
    expect(router.slots()).toBe("aaaaaaaaaaaaaaaaaaccccccccccccccccccc".slice(0, 36));
    expect(await router.route(GATEWAYS)).toEqual(ids(FIRST + 12, 12).map((id) => slot(id, b)));
  });

  test("deletes the route, then the group, then the slots when no gateway is usable", async () => {
    const router = await routed();
    expect(await router.route([])).toEqual([
      `ip route del unicast ::/0 ${OWN} metric 1024`,
      `ip nexthop del id ${GROUP}`,
      ...ids(FIRST, 36).map((id) => `ip nexthop del id ${id}`),
    ]);
  });

  test("leaves nothing of ours, the rule first", async () => {
    const router = await routed();
    const commands = await router.reach(NOTHING);
    expect(commands.slice(0, 2)).toEqual([
      "ip -6 rule del pref 10888 from all lookup 180 protocol 173",
      `ip route del unicast ::/0 ${OWN} metric 1024`,
    ]);
    expect(await router.observe()).toMatchObject({ routes: [], rules: [], nexthops: [] });
  });

  test("keeps a rejecting route behind the managed one, which ip route flush finds", async () => {
    const router = new Router(kernel6(), settings6({ whenNoGateways: "prohibit" }));
    const commands = await router.route(GATEWAYS);
    expect(commands).toContain(`ip route add prohibit ::/0 ${OWN} metric 4294967294`);
    expect(commands.filter((one) => one.includes("rule add"))).toEqual([
      "ip -6 rule add pref 10891 from all nop protocol 173",
      ...["fd00:77::/64"].map((one) => `ip -6 rule add pref 10889 from all to ${one} goto 10891 protocol 173`),
      "ip -6 rule add pref 10888 from all lookup 180 protocol 173",
      "ip -6 rule add pref 10890 from all to ::/1 prohibit protocol 173",
      "ip -6 rule add pref 10890 from all to 8000::/1 prohibit protocol 173",
    ]);
  });

  test("names the interface of a link-local gateway, which is not part of its address", async () => {
    const gateway = "fe80::10%lan0";
    const kernel = kernel6();
    kernel.addresses.push("fe80::1/64");
    kernel.devices.set(gateway, "lan0");
    const commands = await new Router(kernel, settings6({}, [gateway])).route([gateway]);
    expect(commands[0]).toBe(`ip nexthop replace id ${FIRST} via fe80::10 dev lan0 onlink proto 173`);
    expect(commands).toContain(`ip route add throw fe80::10/128 ${OWN} metric 1024`);
  });

  test("points slots to the interface that leads to their gateway now", async () => {
    const router = await routed();
    router.kernel.devices.set(b, "eth1");
    expect(await router.route(GATEWAYS)).toEqual(ids(FIRST + 12, 12).map((id) => slot(id, b).replace("eth0", "eth1")));
  });
});

describe("what happened to nexthop objects", () => {
  test("of an earlier run makes no difference: they are adopted as they are", async () => {
    const first = await routed();
    await first.route([a, c]);
    const next = new Router(first.kernel);
    await next.adopt();
    expect(await next.route([a, c])).toEqual([]);
    expect(await next.route([a, b, c])).toHaveLength(12);
  });

  test("that were flushed, and routes with them, is healed by making all again", async () => {
    const router = await routed();
    router.kernel.run("nexthop flush proto 173");
    const commands = await router.route(GATEWAYS);
    expect(commands).toHaveLength(36 + 1 + 1);
    expect(commands.slice(-2)).toEqual([
      `ip nexthop replace id ${GROUP} group ${ids(FIRST, 36).join("/")} proto 173`,
      `ip route replace ::/0 ${OWN} metric 1024 nhid ${GROUP}`,
    ]);
  });

  test("that the kernel dropped with a carrier is made good with the gateways that are left", async () => {
    const kernel = kernel6();
    kernel.devices.set(b, "eth1");
    const router = new Router(kernel);
    await router.route(GATEWAYS);
    kernel.loseCarrier("eth1");
    expect(router.slots()).toBe("aaaaaaaaaaaacccccccccccc");
    const commands = await router.route(GATEWAYS); // probes have not noticed yet
    expect(commands).toEqual([
      ...ids(FIRST + 12, 6).map((id) => slot(id, a)),
      ...ids(FIRST + 18, 6).map((id) => slot(id, c)),
      `ip nexthop replace id ${GROUP} group ${ids(FIRST, 36).join("/")} proto 173`,
    ]);
    kernel.withoutCarrier.clear();
    expect(await router.route(GATEWAYS)).toHaveLength(12);
  });

  test("behind the only interface: all is gone, nothing is tried without a carrier, and all is made when it is back", async () => {
    const router = new Router(kernel6(), settings6({ whenNoGateways: "unreachable" }));
    await router.route(GATEWAYS);
    const { kernel } = router;
    kernel.loseCarrier("eth0");
    expect(kernel.lookup("2001:db8::1")).toBe("unreachable");
    expect(await router.route(GATEWAYS)).toEqual([]);
    kernel.withoutCarrier.clear();
    expect(await router.route(GATEWAYS)).toHaveLength(38);
    expect(kernel.lookup("2001:db8::1")).toStartWith("fd00:77::a*1");
  });

  test("by another program, such as a slot that leads elsewhere or a lost member, is undone", async () => {
    const router = await routed();
    router.kernel.run(`nexthop replace id ${FIRST} via fd00:77::c dev eth0 onlink proto 173`);
    expect(await router.route(GATEWAYS)).toEqual([slot(FIRST, a)]);
    router.kernel.run(`nexthop del id ${FIRST + 5}`);
    expect(await router.route(GATEWAYS)).toEqual([
      slot(FIRST + 5, a),
      `ip nexthop replace id ${GROUP} group ${ids(FIRST, 36).join("/")} proto 173`,
    ]);
  });

  test("of another program with an id of ours is left to it, and no route or slot is made", async () => {
    const kernel = kernel6();
    kernel.run(`nexthop add id ${FIRST + 1} via fd00:77::9 dev eth0 onlink proto 196`);
    const router = new Router(kernel);
    const desired = await router.decide(GATEWAYS);
    const { changes, conflicts } = await router.planTo(desired);
    expect(conflicts).toMatchObject([
      { entry: { object: "nexthops", table: 180 }, found: { protocol: 196 }, bars: false },
    ]);
    expect(
      changes.filter((change) => "nexthop" in change || ("route" in change && change.route.type === "unicast")),
    ).toEqual([]);
  });

  test("by another program that makes a group of a slot, or a slot of the group, is undone", async () => {
    const router = await routed();
    router.kernel.run(`nexthop del id ${FIRST}`);
    router.kernel.run(`nexthop add id ${FIRST} group ${FIRST + 1} proto 173`);
    expect(await router.route(GATEWAYS)).toEqual([
      `ip nexthop del id ${FIRST}`,
      slot(FIRST, a),
      `ip nexthop replace id ${GROUP} group ${ids(FIRST, 36).join("/")} proto 173`,
    ]);
    router.kernel.run(`nexthop del id ${GROUP}`);
    await router.observe(); // its route is gone with it
    router.kernel.run(`nexthop add id ${GROUP} via fd00:77::c dev eth0 onlink proto 173`);
    expect(await router.route(GATEWAYS)).toEqual([
      `ip nexthop del id ${GROUP}`,
      `ip nexthop replace id ${GROUP} group ${ids(FIRST, 36).join("/")} proto 173`,
      `ip route replace ::/0 ${OWN} metric 1024 nhid ${GROUP}`,
    ]);
  });

  test("with slots that no group has is cleaned up", async () => {
    const router = await routed();
    router.kernel.run(`nexthop add id ${FIRST + 40} via fd00:77::a dev eth0 onlink proto 173`);
    expect(await router.route(GATEWAYS)).toEqual([`ip nexthop del id ${FIRST + 40}`]);
  });
});

describe("another number of slots", () => {
  test("is made beside the old ones, which go when the group has the new ones", async () => {
    const first = await routed();
    const four = [...GATEWAYS, "fd00:77::d"];
    const next = new Router(first.kernel, settings6({}, four));
    await next.adopt();
    const commands = await next.route(four);
    const second = ids(GROUP + 128, 48);
    expect(commands.filter((one) => one.includes("nexthop replace")).map((one) => one.split(" ")[4])).toEqual(
      [...second, GROUP].map(String),
    );
    expect(commands.filter((one) => one.includes("nexthop del"))).toEqual(
      ids(FIRST, 36).map((id) => `ip nexthop del id ${id}`),
    );
    expect(await next.observe()).toMatchObject({ nexthops: { length: 49 } });
    expect(TABLE_REF.table).toBe(180);
  });
});
