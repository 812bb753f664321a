import { expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { addressOf, GATEWAYS, healthy, observed, route, setUp, turned } from "./model.fixture.ts";

const hop = (number: number, weight = 1) => ({ gateway: GATEWAYS[number - 1]!, weight, device: "gw0" });

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

test("what another pool with a name decides does not change the first one, whose gateways it shares", () => {
  const { record, status } = setUp({}, true, "vpn", "lte");
  record(healthy(1, 0.1), turned(1, "up"));
  expect(status().gateways[0]).toMatchObject({ state: "up", carriesTraffic: false });
  const { gateways, routing } = status();
  record({ ...observed([route([hop(1)])]), pool: "lte" } as ServiceEvent);
  record({ type: "held", gateway: addressOf(1), waitMs: 1000, losses: 2, pool: "lte" });
  expect(status()).toMatchObject({ gateways, routing });
});

test("the verdict is that of the pool with the worst one, and names each that is not healthy", () => {
  const { record, status } = setUp({}, true, "vpn", "lte");
  record(turned(1, "up"), turned(2, "up"), turned(3, "up"));
  const all = observed([route([hop(1), hop(2), hop(3)])]);
  record({ ...all, pool: "vpn" } as ServiceEvent);
  expect(status()).toMatchObject({ verdict: "down", why: "pool lte: no gateway carries traffic" });
  record({ ...all, pool: "lte" } as ServiceEvent);
  expect(status()).toMatchObject({ verdict: "healthy", why: "all gateways of 2 pools are up" });
  record(turned(2, "down"));
  const part = "2 of 3 gateways are up";
  expect(status()).toMatchObject({ verdict: "degraded", why: `pool vpn: ${part}; pool lte: ${part}` });
});

test("no secret is in a status", () => {
  expect(JSON.stringify(setUp().status())).not.toContain("hunter2");
});
