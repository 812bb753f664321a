import { describe, expect, test } from "bun:test";

import { Check } from "typebox/schema";

import { renderStatus } from "../../../src/cli/status-view/format.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { gatewayBadge, needsAttention } from "../../../src/http/page/badges.ts";
import { selectGateways } from "../../../src/http/page/gateways.ts";
import { reasonOf, stateAge } from "../../../src/status/phrases.ts";
import { Status } from "../../../src/status/schema.ts";
import { addressOf, failed, GATEWAYS, observed, route, setUp, START, turned } from "./model.fixture.ts";

const drained = (number: number, more: object = { since: START }): ServiceEvent => ({
  type: "drained",
  gateway: addressOf(number),
  drained: true,
  ...more,
});

const over = (...numbers: readonly number[]): ServiceEvent =>
  observed([route(numbers.map((number) => ({ gateway: GATEWAYS[number - 1]!, weight: 1, device: "gw0" })))]);

/** Three gateways that are up, of which the second one is drained for an hour. */
function setUpDrained(...names: readonly string[]) {
  const opened = setUp({}, false, ...names);
  opened.record(turned(1, "up"), turned(2, "up"), turned(3, "up"));
  opened.record(drained(2), names.length > 0 ? ({ ...over(1, 3), pool: names[0]! } as ServiceEvent) : over(1, 3));
  opened.clock.now += 3_600_000;
  return opened;
}

describe("the status of a drained gateway", () => {
  test("says since when, and by what, and fits the schema", () => {
    const { gateway, status } = setUpDrained();
    expect(gateway(2)).toMatchObject({ state: "up", drained: { by: "command", since: { ageSeconds: 3600 } } });
    expect(gateway(1)).not.toHaveProperty("drained");
    expect(Check(Status, status())).toBe(true);
  });

  test("goes on over a restart, and ends", () => {
    const { clock, gateway, record } = setUp();
    clock.now = 1000;
    record(drained(1, { since: START - 86_400_000, initial: true }));
    expect(gateway(1).drained!.since).toEqual({ time: "2026-01-01T03:04:05.000Z", ageSeconds: 86_401 });
    record({ type: "drained", gateway: addressOf(1), drained: false });
    expect(gateway(1)).not.toHaveProperty("drained");
  });

  test("has no age below zero where the clock was set back", () => {
    const { gateway, record } = setUp();
    record(drained(1, { since: START + 86_400_000 }));
    expect(gateway(1).drained!.since.ageSeconds).toBe(0);
  });

  test("has the age of the drain, not that of what its probes show", () => {
    const { clock, gateway, record } = setUp();
    record(turned(1, "up"), turned(2, "up"));
    clock.now = 7_200_000;
    record(drained(1, { since: START + 3_600_000 }));
    expect([gateway(1), gateway(2)].map(stateAge)).toEqual([3600, 7200]);
  });

  test("is that of the configuration where no command did it", () => {
    const { gateway, record } = setUp();
    record(drained(1, { initial: true }));
    expect(gateway(1).drained!.by).toBe("configuration");
    expect(reasonOf(gateway(1)).text).toBe("drained by the configuration");
  });

  test("is a state of its own, with the reason of a failure", () => {
    const { gateway, record } = setUpDrained();
    expect(reasonOf(gateway(2))).toEqual({ text: "drained for 1h 0m", ageSeconds: null });
    record(failed(2, "timeout after 1s"), turned(2, "down"));
    expect(reasonOf(gateway(2)).text).toBe("drained for 1h 0m; down: timeout after 1s");
  });
});

describe("the verdict with a drained gateway", () => {
  test("is healthy while the others are", () => {
    expect(setUpDrained().status()).toMatchObject({ verdict: "healthy", why: "all 2 gateways are up; 1 drained" });
  });

  test("is healthy although the drained one is down", () => {
    const { record, status } = setUpDrained();
    record(turned(2, "down"));
    expect(status()).toMatchObject({ verdict: "healthy", why: "all 2 gateways are up; 1 drained" });
  });

  test("counts the others alone", () => {
    const { record, status } = setUpDrained();
    record(turned(3, "down"), over(1));
    expect(status()).toMatchObject({ verdict: "degraded", why: "1 of 2 gateways are up; 1 drained" });
  });

  test("is degraded while it is still in the routes", () => {
    const { record, status } = setUpDrained();
    record(over(1, 2, 3));
    expect(status()).toMatchObject({ verdict: "degraded", why: "1 drained but still in use; 1 drained" });
  });

  test("is down where all are drained", () => {
    const { record, status } = setUpDrained();
    record(drained(1), drained(3), observed([]));
    expect(status()).toMatchObject({ verdict: "down", why: "no gateway carries traffic: 3 drained" });
  });

  test("names it once for all pools", () => {
    const { status } = setUpDrained("vpn");
    expect(status()).toMatchObject({ verdict: "healthy", why: "all gateways of pool vpn are up; 1 drained" });
  });
});

test("the status command shows a drained gateway as such", () => {
  const lines = renderStatus(setUpDrained().status(), { width: Infinity, colour: false }).split("\n");
  expect(lines[6]).toMatch(/^10\.0\.0\.2 +drained +1h 0m +- .* drained for 1h 0m$/);
});

describe("on the page", () => {
  test("a drained gateway is no problem, and is found by that word", () => {
    const { status } = setUpDrained();
    const { gateways } = status();
    expect(gatewayBadge(gateways[1]!)).toEqual({ tone: "quiet", text: "drained" });
    expect(needsAttention(gateways[1]!)).toBe(false);
    expect(selectGateways(gateways, { order: "address", only: "all", text: "drain" })).toEqual([gateways[1]!]);
  });

  test("a drained gateway that is down is no problem either, and one that is still in use is one", () => {
    const { gateway, record } = setUpDrained();
    record(turned(2, "down"));
    expect(gatewayBadge(gateway(2))).toEqual({ tone: "quiet", text: "drained, down" });
    record(over(1, 2, 3));
    expect(gatewayBadge(gateway(2))).toEqual({ tone: "doubtful", text: "drained, still in use" });
  });
});
