import { expect, test } from "bun:test";

import type { Family } from "../../../src/net/address.ts";
import { trackText, worthOf } from "../../../src/status/track-text.ts";
import { type PoolUse, useOf, usableReport } from "../../../src/status/usable.ts";

const family = (one: Family, usable: number, total = 5) => ({ family: one, usable, total });
const pool = (name: string | undefined, usable: number, least = 1): PoolUse =>
  useOf({ name, least, gateways: 5 }, [family(4, usable)]);
const STARTING: PoolUse = { ...pool(undefined, 4), isStarting: true };

test("of two families the one with fewer usable gateways decides, and is named where they differ", () => {
  const both = { name: "vpn", least: 1, gateways: 7 };
  const worse = useOf(both, [family(4, 3), family(6, 0, 2)]);
  expect(worse).toEqual({ name: "vpn", least: 1, family: 6, usable: 0, gateways: 2 });
  expect(usableReport([worse])).toEqual({ ok: false, why: "pool vpn: no gateway is usable in IPv6" });
  expect(useOf(both, [family(4, 3), family(6, 3)])).not.toHaveProperty("family");
});

test("a pool is usable with as many gateways as it needs itself, and not before its first round is over", () => {
  expect(usableReport([pool(undefined, 2, 3)])).toEqual({ ok: false, why: "2 of 5 gateways are usable, fewer than 3" });
  expect(usableReport([pool(undefined, 3, 3)]).ok).toBe(true);
  expect(usableReport([STARTING])).toEqual({ ok: false, why: "the first round of probes is not complete" });
});

test("a router is worth what its pool with the fewest usable gateways has, and nothing where one has too few", () => {
  expect(worthOf([pool("a", 5), pool("b", 2)])).toBe(2);
  expect(worthOf([pool("a", 5), pool("b", 2, 3)])).toBe(0);
  expect(worthOf([pool("a", 5), STARTING])).toBe(0);
  expect(worthOf([])).toBe(0);
});

test("a track file holds a number, or a line of assignments for each pool", () => {
  const pools = [pool("home", 4, 2), pool("guest-1.x", 0)];
  expect(trackText(pools, "number")).toBe("0\n");
  expect(trackText(pools.slice(0, 1), "number")).toBe("4\n");
  expect(trackText(pools, "shell")).toBe(
    "pool=home usable=4 total=5 least=2 state=usable\npool=guest-1.x usable=0 total=5 least=1 state=unusable\n",
  );
  expect(trackText([pool(undefined, 4)], "shell")).toBe("usable=4 total=5 least=1 state=usable\n");
});

test("a track file says that nothing is usable before the first round and after a stop", () => {
  expect(trackText([STARTING], "number")).toBe("0\n");
  expect(trackText([STARTING], "shell")).toBe("usable=0 total=5 least=1 state=starting\n");
  expect(trackText([pool(undefined, 4)], "number", "stopped")).toBe("0\n");
  expect(trackText([pool(undefined, 4)], "shell", "stopped")).toBe("usable=0 total=5 least=1 state=stopped\n");
  expect(trackText([STARTING], "shell", "stopped")).toBe("usable=0 total=5 least=1 state=stopped\n");
});
