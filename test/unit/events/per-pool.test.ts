import { expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { perPool } from "../../../src/events/per-pool.ts";

const machine: ServiceEvent = { type: "ip-run", ok: true };
const settled: ServiceEvent = { type: "settled" };

test("each pool with a name has its own, and events of no pool have none", () => {
  const find = perPool([{ name: "vpn" }, { name: "lte" }], ({ name }) => ({ name }));
  const vpn = find({ ...settled, pool: "vpn" });
  expect(vpn).toEqual({ name: "vpn" });
  expect(find({ ...settled, pool: "vpn" })).toBe(vpn!); // made once
  expect(find({ ...settled, pool: "lte" })).toEqual({ name: "lte" });
  expect([find({ ...settled, pool: "other" }), find(settled), find(machine)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("the one pool without a name has all events", () => {
  const find = perPool([{}], () => "pool");
  expect([find(settled), find(machine)]).toEqual(["pool", "pool"]);
});
