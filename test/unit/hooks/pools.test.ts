import { expect, test } from "bun:test";

import type { PoolConfig } from "../../../src/config/model.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { createDrafts } from "../../../src/hooks/hooks.ts";
import { twoPools } from "../../fixtures/two-pools.ts";

const RANGE = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.2" };

const ALL_DOWN = "all gateways are down (2): traffic takes the next pool or the normal routing tables";

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
    ["all-down", "vpn", `pool vpn: ${ALL_DOWN}`],
    ["all-down", "lte", `pool lte: ${ALL_DOWN}`],
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

test("what happens to a gateway names the pools that have it, and what happens in a pool names that pool", () => {
  const [vpn, lte] = twoPools(RANGE).pools as [PoolConfig, PoolConfig];
  const drafts = createDrafts([vpn, { ...lte, members: lte.members.slice(1), gateways: ["10.0.0.2"] }]);
  const inVpn = (event: ReturnType<typeof turned>) => ({ ...event, pools: event.pools.slice(0, 1) });
  const leak = { type: "gateway-leaks", gateway: "10.0.0.1", address: "1.1.1.1", leaking: true } as const;
  const events: ServiceEvent[] = [
    inVpn(turned("10.0.0.1", "down", 1)),
    inVpn(turned("10.0.0.1", "up", 2, "down")),
    { type: "drained", gateway: "10.0.0.2", drained: true, since: 1 },
    { type: "drained", gateway: "10.0.0.2", drained: false },
    leak,
    { type: "repaired", entries: [], pool: "vpn" },
  ];
  expect(events.flatMap(drafts).map(({ event, pool, pools }) => [event, pool, pools])).toEqual([
    ["gateway-down", undefined, ["vpn"]],
    ["gateway-up", undefined, ["vpn"]],
    ["gateway-drained", undefined, ["vpn", "lte"]],
    ["gateway-undrained", undefined, ["vpn", "lte"]],
    ["gateway-leaks", undefined, ["vpn"]],
    ["drift-repaired", "vpn", undefined],
  ]);
});

test("the one pool without a name is named nowhere", () => {
  const { name: _, ...pool } = twoPools(RANGE).pools[0];
  const { pools: __, ...down } = turned("10.0.0.1", "down", 1);
  const [draft] = createDrafts([pool])(down);
  expect(Object.keys(draft!)).not.toContain("pool");
  expect(Object.keys(draft!)).not.toContain("pools");
});

test("a gateway that flaps makes two notifications for each hold, whatever pools have it", () => {
  const drafts = createDrafts(twoPools(RANGE).pools);
  const up = { ...turned("10.0.0.1", "up", 2, "down"), held: true } satisfies ServiceEvent;
  const down = { ...turned("10.0.0.1", "down", 1), held: true } satisfies ServiceEvent;
  const begin = { ...turned("10.0.0.1", "down", 1), flaps: { losses: 2, waitMs: 60_000 } } satisfies ServiceEvent;
  const released = ["vpn", "lte"].map((pool): ServiceEvent => {
    return { type: "released", gateway: "10.0.0.1", early: false, pool };
  });
  const within = Array.from({ length: 30 }, () => [up, down]).flat();
  const made = [begin, ...within, up, ...released, begin, ...within].flatMap(drafts);
  const first = "gateway 10.0.0.1 is down: timeout after 1s; 1 of 2 are up; it flaps: not used for 1m0s, up or down";
  expect(made.map(({ event, message, pools }) => [event, pools?.join(), message])).toEqual([
    ["gateway-down", "vpn,lte", first],
    ["gateway-up", "vpn,lte", "gateway 10.0.0.1 is up and used again: it has flapped; 2 of 2 are up"],
    ["gateway-down", "vpn,lte", first],
  ]);
});
