import { expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { createDrafts } from "../../../src/hooks/hooks.ts";
import { twoPools } from "../../fixtures/two-pools.ts";

const RANGE = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.2" };

/** Both gateways of two pools that share them. */
const turned = (gateway: string, status: "up" | "down", up: number, before: "unknown" | "up" | "down" = "up") => {
  const counts = { up, down: 2 - up, total: 2 };
  const pools = ["vpn", "lte"].map((pool) => ({ pool, ...counts }));
  return {
    type: "gateway",
    gateway,
    before,
    status,
    detail: "timeout after 1s",
    ...counts,
    pools,
  } satisfies ServiceEvent;
};

test("a gateway of several pools is reported once, and for each pool that all its gateways are down", () => {
  const drafts = createDrafts(twoPools(RANGE).pools);
  for (const gateway of ["10.0.0.1", "10.0.0.2"]) drafts(turned(gateway, "up", 2, "unknown"));
  expect(drafts(turned("10.0.0.1", "down", 1)).map(({ event, message }) => [event, message])).toEqual([
    ["gateway-down", "gateway 10.0.0.1 is down: timeout after 1s; 1 of 2 are up"],
  ]);
  expect(drafts(turned("10.0.0.2", "down", 0)).map(({ event, message, pool }) => [event, pool, message])).toEqual([
    ["gateway-down", undefined, "gateway 10.0.0.2 is down: timeout after 1s; 0 of 2 are up"],
    ["all-down", "vpn", "pool vpn: all gateways are down (2)"],
    ["all-down", "lte", "pool lte: all gateways are down (2)"],
  ]);
  expect(drafts(turned("10.0.0.2", "up", 1, "down")).map(({ event, pool }) => [event, pool])).toEqual([
    ["gateway-up", undefined],
    ["any-up", "vpn"],
    ["any-up", "lte"],
  ]);
});

test("what happens to the routes of a pool is reported with its name", () => {
  const drafts = createDrafts(twoPools(RANGE).pools);
  const rule = { kind: "lookup", family: 4, preference: 10896, table: 181 } as const;
  const [draft] = drafts({ type: "repaired", entries: [{ object: "rule", rule }], pool: "lte" });
  expect(draft).toMatchObject({
    event: "drift-repaired",
    pool: "lte",
    message: expect.stringMatching(/^pool lte: rule/),
  });
});

test("a drained gateway of several pools is reported once", () => {
  const drafts = createDrafts(twoPools(RANGE).pools);
  const made = drafts({ type: "drained", gateway: "10.0.0.1", drained: true, since: 1 });
  expect(made.map(({ event, pool }) => [event, pool])).toEqual([["gateway-drained", undefined]]);
});
