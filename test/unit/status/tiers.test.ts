import { expect, test } from "bun:test";

import { renderStatus } from "../../../src/cli/status-view/format.ts";
import type { TierReport } from "../../../src/pool/events.ts";
import { planText } from "../../../src/diagnose/format-plan.ts";
import type { ServicePlan } from "../../../src/diagnose/planned.ts";
import { GATEWAYS, observed, route, setUp, turned } from "./model.fixture.ts";

const FLAGS = { gateway: `${GATEWAYS[0]},weight=2 lte=${GATEWAYS[2]},tier=2` };
const hop = (number: number) => ({ gateway: GATEWAYS[number - 1]!, weight: 1, device: "gw0" });
const REPORT: TierReport = { least: 1, shortage: "replace", counts: [] };

/** Three gateways, of which the last is of tier 2. */
function open(...up: number[]) {
  const setup = setUp(FLAGS, false);
  setup.record(...[1, 2, 3].map((one) => turned(one, up.includes(one) ? "up" : "down")));
  return setup;
}

test("a gateway that stands by for its tier is no reason to worry", () => {
  const { record, status } = open(1, 2, 3);
  record({ type: "tier", tier: 1, before: undefined, ...REPORT }, observed([route([hop(1), hop(2)])]));
  const { verdict, why, tiers, gateways } = status();
  expect({ verdict, why }).toEqual({ verdict: "healthy", why: "all 3 gateways are up" });
  expect(gateways.map(({ weight, tier, standby }) => [weight, tier, standby])).toEqual([
    [2, 1, false],
    [1, 1, false],
    [1, 2, true],
  ]);
  expect(tiers).toEqual({
    inUse: [1],
    failback: null,
    all: [
      { tier: 1, usable: 2, total: 2 },
      { tier: 2, usable: 1, total: 1 },
    ],
  });
  expect(renderStatus(status(), { width: 200, colour: false })).toMatch(
    /STATE +TIER .*\n.*up +1 .*\n.*up +1 .*\n.*standby +2 /,
  );
});

test("a drained gateway is no usable one of its tier, and does not stand by", () => {
  const { record, status } = open(1, 2, 3);
  record({ type: "drained", gateway: GATEWAYS[2]!, drained: true, since: 0 });
  record({ type: "tier", tier: 1, before: undefined, ...REPORT }, observed([route([hop(1), hop(2)])]));
  const { verdict, tiers, gateways } = status();
  expect(verdict).toBe("healthy");
  expect(gateways[2]).toMatchObject({ standby: false, drained: {} });
  expect(tiers?.all[1]).toEqual({ tier: 2, usable: 0, total: 1 });
});

test("traffic on a worse tier is reported, with when it returns", () => {
  const { record, status, clock } = open(1, 3);
  record({ type: "tier", tier: 2, before: 1, ...REPORT }, observed([route([hop(3)])]));
  record({ type: "failback", from: 2, to: { tier: 1, waitMs: 300_000 }, ...REPORT });
  clock.now += 60_000;
  expect(status()).toMatchObject({
    verdict: "degraded",
    why: "2 of 3 gateways are up; traffic uses tier 2, returns to tier 1 in 4m",
    tiers: { inUse: [2], failback: { tier: 1, remainingSeconds: 240 } },
  });
  record({ type: "failback", from: 2, to: undefined, ...REPORT });
  expect(status().tiers?.failback).toBeNull();
});

test("tiers that join are all named, but for those without a usable gateway", () => {
  const { record, status } = open(1, 3);
  record({ type: "tier", tier: 2, before: 1, ...REPORT, shortage: "join" }, observed([route([hop(1), hop(3)])]));
  expect(status()).toMatchObject({ why: "2 of 3 gateways are up; traffic uses tiers 1, 2", tiers: { inUse: [1, 2] } });
  record(turned(1, "down"));
  expect(status().tiers?.inUse).toEqual([2]);
});

test("a pool of one tier has nothing of tiers in its status, and weights only where they differ", () => {
  const { status } = setUp({}, false);
  expect(status()).not.toHaveProperty("tiers");
  expect(status().gateways[0]).not.toHaveProperty("tier");
  expect(status().gateways[0]).not.toHaveProperty("weight");
  expect(status().gateways[0]).not.toHaveProperty("standby");
});

test("a plan says which gateways stand by", () => {
  const gateway = {
    address: "10.0.0.3",
    healthy: true,
    detail: "status 200",
    leftOut: null,
    active: false,
    standby: true,
  };
  const plan: ServicePlan = {
    ...{ running: false, gateways: [gateway], ddns: null },
    kernel: { commands: [], cleaning: [], obstacles: [] },
  };
  const text = planText(plan, 180, { width: 80, colour: false });
  expect(text).toContain("  10.0.0.3 stands by: its tier is not in use\n");
});
