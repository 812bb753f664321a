import { describe, expect, test } from "bun:test";

import { ALL_DIVERTED, SOME_DIVERTED } from "../../fixtures/diversions.ts";
import type { PoolConfig } from "../../../src/config/model.ts";
import { RoutingModel } from "../../../src/status/routing.ts";
import { machineClock } from "../../../src/time/clock.ts";
import { GATEWAYS, healthy, observed, route, RULE, setUp, turned } from "./model.fixture.ts";

const hop = (number: number, weight = 1) => ({ gateway: GATEWAYS[number - 1]!, weight, device: "gw0" });

describe("the routes", () => {
  test("are the service's routes in the kernel, with each gateway's share of the flows", () => {
    const { clock, record, status } = setUp();
    expect(status().routing).toMatchObject({ routes: [], rule: false, seen: null, table: 180, preference: 10888 });
    const foreign = route([hop(3)], { protocol: 4 });
    record(observed([foreign, route([], { type: "throw" }), route([hop(1, 3), hop(2), hop(1, 2)])]));
    clock.now = 1000;
    const { gateways, routing } = status();
    expect(routing).toEqual({
      standing: { ok: true, why: "right" },
      table: 180,
      preference: 10888,
      rule: true,
      whenNoGateways: "fall-through",
      rejectsIpv6: false,
      guardRules: 0,
      routes: [
        {
          destination: "0.0.0.0/0",
          type: "unicast",
          metric: 0,
          nexthops: [
            { gateway: GATEWAYS[0], device: "gw0", weight: 3 },
            { gateway: GATEWAYS[1], device: "gw0", weight: 1 },
            { gateway: GATEWAYS[0], device: "gw0", weight: 2 },
          ],
          shares: [
            { gateway: GATEWAYS[0], share: 0.8333 },
            { gateway: GATEWAYS[1], share: 0.1667 },
          ],
        },
      ],
      precedingRules: [],
      exclusions: 1,
      seen: { time: "2026-01-02T03:04:05.000Z", ageSeconds: 1 },
    });
    expect(gateways.map(({ share, carriesTraffic }) => [share, carriesTraffic])).toEqual([
      [0.8333, true],
      [0.1667, true],
      [0, false],
    ]);
  });

  test.each([
    ["no rule", []],
    ["a rule of another program", [{ ...RULE, protocol: 0 }]],
    ["a rule with another preference", [{ ...RULE, preference: 1 }]],
  ])("carry no traffic with %s", (_, rules) => {
    const { record, gateway, status } = setUp();
    record(observed([route([hop(1)])], rules));
    expect(gateway(1)).toMatchObject({ share: 0, carriesTraffic: false });
    expect(status().routing.rule).toBe(false);
  });
});

describe("rules of other programs before ours", () => {
  const routed = () => {
    const set = setUp();
    set.record(...[1, 2, 3].flatMap((one) => [healthy(one, 0.1), turned(one, "up")]));
    set.record(observed([route([hop(1), hop(2), hop(3)])]));
    return set;
  };

  test("that divert all packets leave no gateway with traffic, whatever else is right", () => {
    const { record, status } = routed();
    record({ type: "preceded", diversions: [ALL_DIVERTED] });
    const { verdict, why, gateways, routing } = status();
    expect([verdict, why]).toEqual([
      "down",
      "no gateway carries traffic: 10887: not from all fwmark 0xca6c lookup 51820: no packet reaches the gateways, since table 51820 has a route for each",
    ]);
    expect(gateways.map(({ carriesTraffic, share }) => [carriesTraffic, share])).toEqual(Array(3).fill([false, 0]));
    expect(routing.precedingRules).toEqual([
      {
        rule: "10887: not from all fwmark 0xca6c lookup 51820",
        extent: "all",
        networks: ["0.0.0.0/0"],
        more: 0,
        why: why.replace("no gateway carries traffic: ", ""),
      },
    ]);
    record({ type: "preceded", diversions: [] });
    expect(status()).toMatchObject({ verdict: "healthy", routing: { precedingRules: [] } });
  });

  test("that divert some packets are listed with the first networks, and degrade the verdict", () => {
    const { record, status } = routed();
    record({ type: "preceded", diversions: [SOME_DIVERTED] });
    expect(status()).toMatchObject({ verdict: "degraded", why: expect.stringMatching(/^5270: from all lookup 52: /) });
    const [rule] = status().routing.precedingRules;
    expect(rule).toMatchObject({ rule: "5270: from all lookup 52", extent: "some", more: 7 });
    expect(rule!.networks).toHaveLength(10);
  });

  test("that lead packets with a mark to the main table are as the administrator wants it, and no fault", () => {
    const { record, status } = routed();
    record({ type: "preceded", diversions: [{ ...SOME_DIVERTED, extent: "bypass" } as typeof SOME_DIVERTED] });
    expect(status().verdict).toBe("healthy");
  });
});

test("IPv6 that is rejected is in the status, with how that is done", () => {
  const pool = { whenNoGateways: "prohibit", blockIpv6: true, route: [{ address: { family: 4, bits: 0 }, prefix: 0 }] };
  const model = new RoutingModel({ table: 180, preference: 10888 }, pool as unknown as PoolConfig, machineClock);
  expect(model.view({ ok: true, why: "right" })).toMatchObject({ rejectsIpv6: true, whenNoGateways: "prohibit" });
});
