import { expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { GATEWAYS, healthy, observed, route, setUp, turned } from "./model.fixture.ts";

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
