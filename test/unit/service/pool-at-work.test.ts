import { expect, test } from "bun:test";

import type { Family } from "../../../src/net/address.ts";
import type { Standing } from "../../../src/routing/standing.ts";
import { PoolAtWork } from "../../../src/service/pool-at-work.ts";
import { ALL_DIVERTED } from "../../fixtures/diversions.ts";
import { describeStanding } from "../../../src/status/standing.ts";

const member = (number: number) => ({
  ...{ gateway: `10.0.0.${number}`, address6: `fd00::${number}` },
  ...{ weight: 1, tier: 1 },
});
const POOL = { name: "vpn", members: [member(1), member(2), { gateway: "fd00::3", weight: 1, tier: 1 }] };

/** A loop whose last gateway is this one. */
function loop(family: Family, gateways: readonly string[], last?: string, standing: Standing = { ok: true }) {
  const isLast = (gateway: string): boolean => gateway === last;
  return { family, gateways, active: gateways.slice(0, 1), standing, isLast, settled: async () => standing };
}

const TROUBLE: Standing = { ok: false, code: "trouble", error: { code: "ip", detail: "ip hangs" } };

test("a gateway is the last one of a pool where it is that of any family, by any of its addresses", () => {
  const [ipv4, ipv6] = [loop(4, ["10.0.0.1", "10.0.0.2"]), loop(6, ["fd00::1", "fd00::2", "fd00::3"], "fd00::2")];
  const pool = new PoolAtWork(POOL, [ipv4, ipv6]);
  expect(["10.0.0.1", "10.0.0.2", "fd00::2", "fd00::3", "10.0.0.9"].map((one) => pool.isLast(one))).toEqual([
    ...[false, true, true, false, false],
  ]);
  expect(pool.active).toEqual(["10.0.0.1", "fd00::1"]);
  expect(pool.addressesOf("fd00::2")).toEqual(["10.0.0.2", "fd00::2"]);
});

test("a pool is right where both families are, and else says which one is not", async () => {
  const at = (...loops: Parameters<typeof loop>[]) =>
    new PoolAtWork(
      POOL,
      loops.map((one) => loop(...one)),
    );
  expect(at([4, []], [6, []]).standing).toEqual({ ok: true });
  const wrong = at([4, []], [6, [], undefined, TROUBLE]);
  expect(describeStanding(wrong.standing)).toEqual({ ok: false, why: "IPv6: ip hangs" });
  expect(await wrong.settled(0)).toEqual({ ...TROUBLE, family: 6 });
  expect(describeStanding(at([4, [], undefined, TROUBLE], [6, [], undefined, TROUBLE]).standing).why).toBe(
    "IPv4: ip hangs",
  );
  expect(describeStanding(at([6, [], undefined, TROUBLE]).standing).why).toBe("ip hangs");
});

test("a pool can use what the family with the fewest usable gateways can, and says where another program has the packets", () => {
  const ipv4 = { ...loop(4, ["10.0.0.1", "10.0.0.2"]), usable: 2 };
  const ipv6 = { ...loop(6, ["fd00::1", "fd00::2", "fd00::3"]), usable: 3 };
  expect(new PoolAtWork(POOL, [ipv4, ipv6]).use).toEqual({ name: "vpn", gateways: 2, usable: 2, least: 1, family: 4 });
  expect(new PoolAtWork({ ...POOL, usableMin: 2 }, [ipv6]).use).toEqual({
    name: "vpn",
    gateways: 3,
    usable: 3,
    least: 2,
  });
  expect(new PoolAtWork(POOL, [ipv4, { ...ipv6, isStarting: true }]).use).toMatchObject({ isStarting: true });
  expect(new PoolAtWork(POOL, [{ ...ipv4, usable: 0, diversion: ALL_DIVERTED }]).use).toMatchObject({
    ...{ usable: 0, diversion: ALL_DIVERTED },
  });
  expect(new PoolAtWork(POOL, [loop(4, [])]).use).toMatchObject({ usable: 0 });
});
