import { expect, test } from "bun:test";

import { setUp } from "./metrics.fixture.ts";

const counts = [
  { tier: 1, gateways: ["10.0.0.1", "10.0.0.2"], usable: 1 },
  { tier: 2, gateways: ["10.0.0.3"], usable: 1 },
];

test("the tier that carries traffic has a 1, with join also those before it that carry some", async () => {
  const { record, value } = setUp();
  const values = () => Promise.all(["1", "2"].map((tier) => value("gateway_tier_in_use", { tier })));
  record({ type: "tier", tier: 2, before: 1, least: 2, shortage: "replace", counts });
  expect(await values()).toEqual([0, 1]);
  record({ type: "tier", tier: 2, before: 1, least: 2, shortage: "join", counts });
  expect(await values()).toEqual([1, 1]);
  record({ type: "tier", tier: 1, before: 2, least: 1, shortage: "join", counts });
  expect(await values()).toEqual([1, 0]);
});

test("healthy gateways of a tier that is not in use are counted", async () => {
  const { record, value } = setUp();
  const selection = { type: "selection", held: [], kept: [], shortage: undefined } as const;
  record({ ...selection, standby: ["10.0.0.3"] });
  expect(await value("gateways_standby_count")).toBe(1);
  record(selection);
  expect(await value("gateways_standby_count")).toBe(0);
});

test("a pool of one tier has no series of tiers", async () => {
  const { registry } = setUp();
  expect(await registry.metrics()).not.toMatch(/^gateway_tier_in_use/m);
});
