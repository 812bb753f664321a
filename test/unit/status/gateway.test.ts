import { describe, expect, test } from "bun:test";

import type { LookUpResult } from "../../../src/ddns/look-up-result.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { failed, GATEWAYS, healthy, setUp, turned } from "./model.fixture.ts";

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
