import { describe, expect, test } from "bun:test";

import type { LookUpResult } from "../../../src/ddns/look-up-result.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { ALL_DIVERTED, SOME_DIVERTED } from "../../fixtures/diversions.ts";
import { failed, GATEWAYS, healthy, observed, route, RULE, setUp, turned } from "./model.fixture.ts";

const hop = (number: number, weight = 1) => ({ gateway: GATEWAYS[number - 1]!, weight, device: "gw0" });

describe("a gateway", () => {
  test("is unknown until its first probe, and has its state with the time of the change after that", () => {
    const { clock, record, gateway } = setUp();
    expect(gateway(1)).toMatchObject({ address: GATEWAYS[0], state: "unknown", lastFailure: null, failuresInRow: 0 });
    clock.now = 2000;
    record(healthy(1, 0.002), turned(1, "up"));
    clock.now = 5500;
    record(healthy(1, 0.002));
    expect(gateway(1)).toMatchObject({ state: "up", since: { time: "2026-01-02T03:04:07.000Z", ageSeconds: 3.5 } });
  });

  test("that an earlier run left in use is up from the start", () => {
    const { record, gateway } = setUp();
    record({ type: "adopted", gateways: [GATEWAYS[1]] });
    expect(gateway(2)).toMatchObject({ state: "up", since: { ageSeconds: 0 }, flaps: { sinceStart: 0 } });
    expect(gateway(1).state).toBe("unknown");
  });

  test("has an age that a step of the wall clock does not change", () => {
    const { clock, record, gateway } = setUp();
    record(turned(1, "up"));
    clock.now = 1000;
    clock.set = -86_400_000;
    expect(gateway(1).since).toEqual({ time: "2026-01-02T03:04:05.000Z", ageSeconds: 1 });
  });

  test("keeps its newest failure after it is healthy again", () => {
    const { clock, record, gateway } = setUp();
    record(failed(1, "timeout after 1s"), failed(1, "connection refused", 2));
    expect(gateway(1)).toMatchObject({ failuresInRow: 2, lastFailure: { why: "connection refused" } });
    clock.now = 60_000;
    record(healthy(1, 0.1));
    expect(gateway(1)).toMatchObject({ failuresInRow: 0, lastFailure: { at: { ageSeconds: 60 } } });
  });

  test("counts changes from up to down: since the start, and in the last hour", () => {
    const { clock, record, gateway } = setUp();
    record(turned(1, "down")); // the first probe failed: it was never up
    expect(gateway(1).flaps).toEqual({ lastHour: 0, sinceStart: 0 });
    record(turned(1, "up"), turned(1, "down"), turned(1, "up"));
    clock.now = 59 * 60_000;
    record(turned(1, "down"));
    expect(gateway(1).flaps).toEqual({ lastHour: 2, sinceStart: 2 });
    clock.now = 61 * 60_000;
    expect(gateway(1).flaps).toEqual({ lastHour: 1, sinceStart: 2 });
  });

  test("has a history in slots, with gaps where nothing happened", () => {
    const { clock, record, gateway, status } = setUp({ "check-period": "5s" });
    expect(status().slotSeconds).toBe(5);
    record(healthy(1, 0.25), turned(1, "up"), healthy(1, 0.75));
    clock.now = 10_000;
    record(failed(1, "timeout"), turned(1, "down"));
    const { up, answered, failed: lost, latencySeconds } = gateway(1).history;
    expect([up.length, answered.length, lost.length, latencySeconds.length]).toEqual([60, 60, 60, 60]);
    expect(up.slice(-4)).toEqual([null, true, null, false]);
    expect(answered.slice(-3)).toEqual([2, 0, 0]);
    expect(lost.slice(-3)).toEqual([0, 0, 1]);
    expect(latencySeconds.slice(-3)).toEqual([0.5, null, null]);
    clock.now += 10 * 3_600_000;
    expect(gateway(1).history.up).toEqual(Array(60).fill(null));
  });

  test("that cannot be a nexthop is left out until it can be one again", () => {
    const { record, gateway } = setUp();
    const fault = { code: "not-connected", detail: "it is not on a network" } as const;
    record({ type: "unusable", gateways: [GATEWAYS[0], GATEWAYS[2]], fault, count: 2 });
    expect([1, 2, 3].map((number) => gateway(number).leftOut !== null)).toEqual([true, false, true]);
    record({ type: "usable", gateways: [GATEWAYS[0]], count: 1 });
    expect([1, 2, 3].map((number) => gateway(number).leftOut)).toEqual([null, null, "it is not on a network"]);
  });

  test("that flaps is held for the reported time, unless it is released before", () => {
    const { clock, record, gateway } = setUp();
    expect(gateway(1)).toMatchObject({ held: null, kept: false });
    record({ type: "held", gateway: GATEWAYS[0], waitMs: 20_000, losses: 3 });
    clock.now = 15_000;
    expect(gateway(1).held).toEqual({ losses: 3, remainingSeconds: 5 });
    clock.now = 20_000;
    expect(gateway(1).held).toBeNull();
    record({ type: "held", gateway: GATEWAYS[0], waitMs: 40_000, losses: 4 });
    record({ type: "released", gateway: GATEWAYS[0], early: true });
    expect(gateway(1).held).toBeNull();
  });

  test("has a public address while its address is known", () => {
    const { record, gateway } = setUp();
    expect(gateway(1).publicAddress).toEqual({ address: null, state: "inactive", why: null });
    record({ type: "public-ip-state", gateway: GATEWAYS[0], state: "unknown" });
    record({ type: "public-ip-changed", gateway: GATEWAYS[0], from: undefined, to: "1.0.0.1" });
    record({ type: "public-ip-state", gateway: GATEWAYS[0], state: "known" });
    expect(gateway(1).publicAddress).toEqual({ address: "1.0.0.1", state: "known", why: null });
    record({ type: "public-ip-state", gateway: GATEWAYS[0], state: "inactive" });
    expect(gateway(1).publicAddress).toEqual({ address: null, state: "inactive", why: null });
    expect(setUp({}, false).gateway(1).publicAddress).toBeNull();
  });
});

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
        guardRules: 1,
        exclusions: 1,
        routes: [{ type: "unreachable", metric: 4294967295, nexthops: [], shares: [] }],
      },
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

describe("a public address", () => {
  const lookUp = (result: LookUpResult): ServiceEvent => ({ type: "public-ip", gateway: GATEWAYS[0], result });
  const failure = { kind: "failure", seconds: 0.1, code: "no-address", detail: "the answer has no address" } as const;

  test("has the reason why the newest look-up failed, until one succeeds or the gateway is not active", () => {
    const { record, gateway } = setUp();
    expect(gateway(1).publicAddress).toEqual({ address: null, state: "inactive", why: null });
    record(lookUp(failure), { type: "public-ip-state", gateway: GATEWAYS[0], state: "unknown" });
    expect(gateway(1).publicAddress).toEqual({ address: null, state: "unknown", why: "the answer has no address" });
    record(lookUp({ ...failure, code: "unauthorized", detail: "status 401", remedy: "set a key" }));
    expect(gateway(1).publicAddress?.why).toBe("status 401; set a key");
    record({ type: "public-ip-state", gateway: GATEWAYS[0], state: "inactive" });
    expect(gateway(1).publicAddress?.why).toBeNull();
    record({ type: "public-ip-state", gateway: GATEWAYS[0], state: "unknown" });
    expect(gateway(1).publicAddress?.why).toBeNull(); // the look-up since then has not ended
    record(lookUp(failure), lookUp({ kind: "success", seconds: 0.1, address: "1.0.0.1" }));
    expect(gateway(1).publicAddress?.why).toBeNull();
  });
});

describe("the DNS name", () => {
  test("has its addresses, its last error and its next try", () => {
    const { clock, record, status } = setUp();
    expect(status().ddns).toEqual({
      provider: "DynuDNS",
      hostname: "gw.example.net",
      onDuty: true,
      ok: null,
      addresses: [],
      pending: null,
      lastSuccess: null,
      lastError: null,
      nextTrySeconds: null,
    });
    record({ type: "ddns-verified", addresses: ["1.0.0.1"], retained: [] });
    clock.now = 4000;
    record({ type: "ddns-trouble", kind: "access", detail: "status 401", waitMs: 1000 });
    record({ type: "ddns-scheduled", waitMs: 1000 });
    clock.now = 4400;
    expect(status().ddns).toMatchObject({
      ok: false,
      addresses: ["1.0.0.1"],
      lastSuccess: { ageSeconds: 4.4 },
      lastError: { kind: "access", why: "status 401", at: { ageSeconds: 0.4 } },
      nextTrySeconds: 0.6,
    });
    clock.now = 5100; // under way
    expect(status().ddns?.nextTrySeconds).toBeNull();
    record({ type: "ddns-verified", addresses: ["1.0.0.1", "1.0.0.2"], retained: [] });
    expect(status().ddns).toMatchObject({ ok: true, addresses: ["1.0.0.1", "1.0.0.2"], lastError: { kind: "access" } });
  });

  test("has the addresses that it should have until the records were read and found correct", () => {
    const { record, status } = setUp({ "ddns-require-ip-address": "10.0.0.9" });
    const gate = { type: "ddns-write-gate", address: "10.0.0.9" } as const;
    record({ ...gate, allowed: true }, { type: "ddns-verified", addresses: ["1.0.0.1"], retained: [] });
    record({ type: "ddns-desired", addresses: ["1.0.0.1", "1.0.0.2"], delayMs: 60_000 });
    record({ type: "ddns-trouble", kind: "access", detail: "status 401", waitMs: 1000 });
    expect(status().ddns).toMatchObject({ addresses: ["1.0.0.1"], pending: ["1.0.0.1", "1.0.0.2"] });
    record({ ...gate, allowed: false });
    expect(status().ddns?.pending).toBeNull(); // another machine writes them
    record({ ...gate, allowed: true }, { type: "ddns-verified", addresses: ["1.0.0.1", "1.0.0.2"], retained: [] });
    expect(status().ddns?.pending).toBeNull();
    record({ type: "ddns-desired", addresses: [], delayMs: 0 });
    expect(status().ddns?.pending).toEqual([]);
    record({ type: "ddns-desired", addresses: undefined, delayMs: 0 });
    expect(status().ddns?.pending).toBeNull();
  });

  test("is on duty only while the machine has the required address", () => {
    const { record, status } = setUp({ "ddns-require-ip-address": "10.0.0.9" });
    expect(status().ddns?.onDuty).toBeNull();
    record({ type: "ddns-write-gate", address: "10.0.0.9", allowed: false });
    expect(status().ddns?.onDuty).toBe(false);
    record({ type: "ddns-write-gate", address: "10.0.0.9", allowed: true });
    expect(status().ddns?.onDuty).toBe(true);
  });

  test("is null without DDNS", () => {
    expect(setUp({}, false).status().ddns).toBeNull();
  });
});

test("the service has its version and its start", () => {
  const { clock, status } = setUp();
  clock.now = 90_000;
  expect(status().service).toEqual({
    name: "gateway-route-manager",
    version: "1.2.3",
    commit: "abc",
    time: "2026-01-02T03:05:35.000Z",
    started: { time: "2026-01-02T03:04:05.000Z", ageSeconds: 90 },
    alive: { ok: true, why: "probes are running" },
  });
});

test("events of another pool with a name do not change the status of the first one", () => {
  const { record, status } = setUp({}, true, "vpn", "lte");
  const before = status();
  for (const event of [healthy(1, 0.1), turned(1, "up"), observed([route([hop(1)])])])
    record({ ...event, pool: "lte" } as ServiceEvent);
  expect(status()).toEqual(before);
  record({ ...turned(1, "up"), pool: "vpn" } as ServiceEvent);
  expect(status().gateways[0]).toMatchObject({ state: "up" });
});

test("no secret is in a status", () => {
  expect(JSON.stringify(setUp().status())).not.toContain("hunter2");
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

  test("that divert some packets are listed with the first networks, and are no fault", () => {
    const { record, status } = routed();
    record({ type: "preceded", diversions: [SOME_DIVERTED] });
    expect(status().verdict).toBe("healthy");
    const [rule] = status().routing.precedingRules;
    expect(rule).toMatchObject({ rule: "5270: from all lookup 52", extent: "some", more: 7 });
    expect(rule!.networks).toHaveLength(10);
  });
});
