import { describe, expect, test } from "bun:test";

import { ROUTE_DIVERTED, SOME_DIVERTED } from "../../fixtures/diversions.ts";
import { GATEWAYS, observed, route, RULE, setUp, turned } from "./model.fixture.ts";

const hop = (number: number, weight = 1) => ({ gateway: GATEWAYS[number - 1]!, weight, device: "gw0" });

describe("the verdict", () => {
  const all = (record: ReturnType<typeof setUp>["record"], ...up: number[]): void =>
    record(...[1, 2, 3].map((one) => turned(one, up.includes(one) ? "up" : "down")));

  test.each([
    ["healthy", [1, 2, 3], [1, 2, 3], true, "all 3 gateways are up"],
    ["degraded", [1, 2], [1, 2], true, "2 of 3 gateways are up"],
    ["degraded", [1, 2, 3], [1, 2], true, "1 up but without traffic"],
    ["degraded", [1, 2, 3], [1, 2, 3], false, "wrong"],
    ["degraded", [], [1], true, "0 of 3 gateways are up"], // kept on purpose
    ["down", [1, 2, 3], [], false, "no gateway carries traffic: wrong"],
    ["down", [], [], true, "no gateway carries traffic"],
  ] as const)("is %s with %p up and %p in the kernel, standing %p", (verdict, up, carrying, standing, why) => {
    const { record, status } = setUp();
    all(record, ...up);
    record(observed(carrying.length === 0 ? [] : [route(carrying.map((one) => hop(one)))]));
    expect(status(standing)).toMatchObject({ verdict, why });
  });
});

describe("without a gateway in use", () => {
  const END = route([], { type: "unreachable", metric: 4294967295 });

  test("the verdict says that packets are rejected, and the routes show it", () => {
    const { record, status } = setUp({ "when-no-gateways": "unreachable" });
    record(...[1, 2, 3].map((one) => turned(one, "down")));
    const guard = { family: 4, protocol: 173, kind: "reject", to: END.destination, how: "unreachable" } as const;
    const rules = [RULE, { ...guard, preference: 10890 }, { ...guard, preference: 9002 }];
    record(observed([END, route([], { type: "throw" })], rules));
    expect(status()).toMatchObject({
      verdict: "down",
      why: "no gateway carries traffic, and packets are rejected (-when-no-gateways unreachable)",
      routing: {
        whenNoGateways: "unreachable",
        rejectsIpv6: false,
        guardRules: 1,
        exclusions: 1,
        routes: [{ type: "unreachable", metric: 4294967295, nexthops: [], shares: [] }],
      },
    });
  });

  test("the verdict names what another program keeps from being rejected", () => {
    const { record, status } = setUp({ "when-no-gateways": "unreachable" });
    record(...[1, 2, 3].map((one) => turned(one, "down")));
    record(observed([END]));
    record({ type: "preceded", diversions: [SOME_DIVERTED, ROUTE_DIVERTED] });
    expect(status().why).toMatch(
      /^no gateway carries traffic, and packets are rejected \(.*\), except by 5270: .*, route 8/,
    );
    expect(status().routing.precedingRules[1]).toEqual({
      rule: "route 8.0.0.0/7 dev ppp0 in table 180",
      extent: "some",
      networks: ["8.0.0.0/7"],
      more: 0,
      why: "route 8.0.0.0/7 dev ppp0 in table 180: packets to 8.0.0.0/7 use it instead of the gateways, also while none is usable",
    });
  });

  test("a route of the kill switch comes after the one in use", () => {
    const { record, status, gateway } = setUp({ "when-no-gateways": "unreachable" });
    record(observed([END, route([hop(1)])]));
    expect(status().routing.routes.map(({ type }) => type)).toEqual(["unicast", "unreachable"]);
    expect(gateway(1)).toMatchObject({ carriesTraffic: true, share: 1 });
  });

  test("the last routes that are kept do not improve the verdict", () => {
    const { record, status } = setUp({ "when-no-gateways": "keep" });
    record(turned(1, "up"), turned(2, "down"), turned(3, "down"));
    record(observed([route([hop(1)])]));
    expect(status().verdict).toBe("degraded");
    record(turned(1, "down"));
    expect(status()).toMatchObject({
      verdict: "down",
      why: "no gateway is up; the last routes are kept (-when-no-gateways keep)",
    });
  });
});

test("a gateway that is used although it is down makes no outage, also where the last routes are kept", () => {
  const { record, status } = setUp({ "when-no-gateways": "keep" });
  record(...[1, 2, 3].map((one) => turned(one, "down")));
  const shortage = { least: 1, policy: "keep", healthy: 0, total: 3 } as const;
  record({ type: "selection", held: [], kept: [GATEWAYS[0]], shortage }, observed([route([hop(1)])]));
  expect(status()).toMatchObject({
    verdict: "degraded",
    why: "0 of 3 gateways are up; 1 used although down (-min-healthy)",
  });
});

describe("the verdict of a choice that is not by health alone", () => {
  const shortage = { least: 2, policy: "keep", healthy: 1, total: 3 } as const;

  test("counts held gateways, and those that are used although they are down", () => {
    const { record, gateway, status } = setUp();
    record(turned(1, "up"), turned(2, "up"), turned(3, "down"));
    record({ type: "held", gateway: GATEWAYS[1], waitMs: 20_000, losses: 2 });
    record({ type: "selection", held: [GATEWAYS[1]], kept: [GATEWAYS[2]], shortage });
    record(observed([route([hop(1), hop(3)])]));
    expect(gateway(3)).toMatchObject({ state: "down", kept: true, carriesTraffic: true });
    expect(status()).toMatchObject({
      verdict: "degraded",
      why: "2 of 3 gateways are up; 1 used although down (-min-healthy); 1 up but not used because of flapping (-flap-hold)",
    });
    record({ type: "selection", held: [], kept: [], shortage: undefined });
    expect(gateway(3).kept).toBe(false);
  });

  test("says why none is used although one is healthy", () => {
    const { record, status } = setUp();
    record(turned(1, "up"), turned(2, "down"), turned(3, "down"));
    record({ type: "selection", held: [], kept: [], shortage: { ...shortage, policy: "none" } });
    record(observed([]));
    expect(status()).toMatchObject({
      verdict: "down",
      why: "no gateway carries traffic: fewer than 2 are healthy (-min-healthy)",
    });
  });
});
