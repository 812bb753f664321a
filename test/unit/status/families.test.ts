import { describe, expect, test } from "bun:test";

import { Check } from "typebox/schema";

import { usabilityText } from "../../../src/status/membership.ts";
import type { Family } from "../../../src/net/address.ts";
import type { Standing } from "../../../src/routing/standing.ts";
import { type Report, Status } from "../../../src/status/schema.ts";
import { reportOf } from "../../../src/status/standing.ts";
import { BOTH_FAMILIES, inBothFamilies, LTE, NORWAY, observed4, observed6, SWEDEN } from "./families.fixture.ts";
import { configOf } from "../config/file/file.fixture.ts";
import { setUp } from "./model.fixture.ts";
import { FILE, partsOf, setUpFlags, setUpPools, up } from "./pools.fixture.ts";

describe("a gateway with addresses of both families", () => {
  test("is there by each of them, side by side, each of which names the other", () => {
    const { gateways } = inBothFamilies().status();
    expect(gateways.map(({ address, otherAddress, name }) => [address, otherAddress, name])).toEqual([
      [SWEDEN[0], SWEDEN[1], "sweden"],
      [SWEDEN[1], SWEDEN[0], "sweden"],
      [NORWAY[0], NORWAY[1], "norway"],
      [NORWAY[1], NORWAY[0], "norway"],
      [LTE, undefined, "lte"],
    ]);
  });

  test("has the health and the traffic of each family for itself", () => {
    const { record, recordIn, gateway } = inBothFamilies();
    record(up(SWEDEN[1], "down"));
    recordIn("vpn", observed6(NORWAY[1]));
    expect(gateway(SWEDEN[0])).toMatchObject({ state: "up", carriesTraffic: true, share: 0.3333 });
    expect(gateway(SWEDEN[1])).toMatchObject({ state: "down", carriesTraffic: false, share: 0 });
    expect(gateway(NORWAY[1])).toMatchObject({ state: "up", carriesTraffic: true, share: 1 });
  });

  test("is drained in both, and counted once", () => {
    const { record, recordIn, gateway, status } = inBothFamilies();
    record({ type: "drained", gateway: SWEDEN[0], drained: true, since: undefined });
    recordIn("vpn", observed4(NORWAY[0], LTE), observed6(NORWAY[1]));
    expect(SWEDEN.map((one) => gateway(one).drained?.by)).toEqual(["configuration", "configuration"]);
    expect(status().why).toBe("all gateways of pool vpn are up; 1 drained");
    record({ type: "drained", gateway: SWEDEN[0], drained: false });
    expect(SWEDEN.map((one) => gateway(one).drained)).toEqual([undefined, undefined]);
  });

  test("is known by the address that stays when a reload takes the other one away", () => {
    const { model, config, status, gateway } = inBothFamilies();
    const alone = configOf(BOTH_FAMILIES.replace('["10.77.0.10", "fd00:77::10"]', '"10.77.0.10"'));
    model.reload(partsOf(alone));
    expect(status().gateways.map(({ address }) => address)).toEqual([SWEDEN[0], ...NORWAY, LTE]);
    expect(gateway(SWEDEN[0]).state).toBe("up");
    expect(gateway(SWEDEN[0])).not.toHaveProperty("otherAddress");
    model.reload(partsOf(config));
    expect(gateway(SWEDEN[1])).toMatchObject({ state: "unknown", otherAddress: SWEDEN[0] });
  });
});

describe("a pool that routes both families", () => {
  test("fits the schema, with the routes of each", () => {
    const { status, pool } = inBothFamilies();
    expect(Check(Status, status())).toBe(true);
    const { families, routing } = pool("vpn");
    expect(families!.map(({ family, usable, total }) => [family, usable, total])).toEqual([
      ["ipv4", 3, 3],
      ["ipv6", 2, 2],
    ]);
    expect(families!.map((one) => one.routing.routes.map(({ destination }) => destination))).toEqual([
      ["0.0.0.0/0"],
      ["::/0"],
    ]);
    expect(routing).toEqual(families![0]!.routing);
  });

  test("has each member by both addresses, and says how many are usable in each family", () => {
    const { pool, record } = inBothFamilies();
    expect(pool("vpn").members.map(({ gateway }) => gateway)).toEqual([
      SWEDEN[0],
      NORWAY[0],
      LTE,
      SWEDEN[1],
      NORWAY[1],
    ]);
    expect(usabilityText(pool("vpn"))).toBe("IPv4: 3 of 3 usable; IPv6: 2 of 2 usable");
    record(up(LTE, "down"));
    expect(usabilityText(pool("vpn"))).toBe("IPv4: 2 of 3 usable; IPv6: 2 of 2 usable");
  });

  test("is healthy when both are", () => {
    expect(inBothFamilies().pool("vpn")).toMatchObject({
      verdict: "healthy",
      why: "IPv4: all 3 gateways are up; IPv6: all 2 gateways are up",
    });
  });

  test("is degraded and names the family when one of them is down", () => {
    const { recordIn, record, pool, status } = inBothFamilies();
    record(up(SWEDEN[1], "down"), up(NORWAY[1], "down"));
    recordIn("vpn", observed6());
    const why = "IPv6: no gateway carries traffic, and packets are rejected (-when-no-gateways unreachable)";
    expect(pool("vpn")).toMatchObject({ verdict: "degraded", why });
    expect(pool("vpn").families!.map(({ verdict }) => verdict)).toEqual(["healthy", "down"]);
    expect(status()).toMatchObject({ verdict: "degraded", why: `pool vpn: ${why}` });
  });

  test("is down when both are, and says once what is so in both", () => {
    const { recordIn, pool } = inBothFamilies();
    recordIn("vpn", observed4(), observed6());
    expect(pool("vpn")).toMatchObject({
      verdict: "down",
      why: "IPv4 and IPv6: no gateway carries traffic, and packets are rejected (-when-no-gateways unreachable)",
    });
  });

  test("names the family whose entries are not right in the kernel", () => {
    const { config, status } = inBothFamilies();
    const wrong = { ok: false, code: "fight" } as const;
    const families = new Map<Family, Standing>([
      [4, { ok: true }],
      [6, wrong],
    ]);
    const report = reportOf({ ...wrong, family: 6 }, families);
    const [pool] = status(config.pools.map(() => report)).pools!;
    expect(pool!.why).toBe("IPv6: another program keeps undoing entries of this service");
    expect(pool!.families!.map((one) => one.routing.standing.ok)).toEqual([true, false]);
  });

  test("counts a shortage, tiers and members that cannot be nexthops in each family for itself", () => {
    const { recordIn, pool } = inBothFamilies(`${BOTH_FAMILIES}min-healthy = 2\n`);
    const shortage = { least: 2, policy: "keep", healthy: 1, total: 2 } as const;
    const fault = { code: "no-carrier", detail: "gw0 has no carrier" } as never;
    recordIn("vpn", { type: "selection", family: 6, held: [], kept: [], shortage });
    recordIn("vpn", { type: "unusable", family: 6, gateways: [SWEDEN[1]], fault, count: 1 });
    const { families, quorum } = pool("vpn");
    expect(families!.map(({ short, usable }) => [short, usable])).toEqual([
      [false, 3],
      [true, 1],
    ]);
    expect(quorum!.missed).toBe(true);
    expect(usabilityText(pool("vpn"))).toBe("IPv4: 3 of 3 usable; IPv6: 1 of 2 usable, fewer than 2 healthy");
  });

  test("without a name shows its families at the top", () => {
    const gateway = "sweden=10.77.0.10+fd00:77::10 norway=10.77.0.11+fd00:77::11";
    const { status, record } = setUpFlags({ gateway, route: "default,default6" });
    record(...[...SWEDEN, ...NORWAY].map((one) => up(one)), observed4(SWEDEN[0], NORWAY[0]), observed6(...[NORWAY[1]]));
    expect(Check(Status, status())).toBe(true);
    expect(status().families!.map(({ family, verdict }) => [family, verdict])).toEqual([
      ["ipv4", "healthy"],
      ["ipv6", "degraded"],
    ]);
    expect(status()).toMatchObject({ verdict: "degraded", why: "IPv6: 1 up but without traffic" });
    expect(status()).not.toHaveProperty("pools");
  });
});

test("a pool of one family says nothing of families", () => {
  expect(setUp().status()).not.toHaveProperty("families");
  expect(
    setUpPools(FILE)
      .status()
      .pools!.some((pool) => "families" in pool),
  ).toBe(false);
  const gateway = "10.77.0.10+fd00:77::10";
  for (const route of ["default", "default6"]) {
    const { status } = setUpFlags({ gateway, route });
    expect(status()).not.toHaveProperty("families");
    expect(status().gateways).toHaveLength(2);
  }
});

test("a pool that only rejects IPv6 is not healthy while the kernel does not reject it", () => {
  const { status, record } = setUpFlags({
    ...{ gateway: `${SWEDEN[0]} ${NORWAY[0]}`, "when-no-gateways": "unreachable", "block-ipv6": "true" },
  });
  record(...[SWEDEN[0], NORWAY[0]].map((one) => up(one)), observed4(SWEDEN[0], NORWAY[0]));
  const standings = new Map<Family, Standing>([
    [4, { ok: true }],
    [6, { ok: false, code: "trouble", error: { code: "rejected", detail: "RTNETLINK answers: Invalid argument" } }],
  ]);
  expect(status().verdict).toBe("healthy");
  const { verdict, why } = status([reportOf({ ...standings.get(6)!, family: 6 }, standings)]);
  expect([verdict, why]).toEqual(["degraded", expect.stringContaining("IPv6: ")]);
});

test("how a pool stands in its families is said where it routes both", () => {
  const right = { ok: true, why: "the kernel holds what it should" };
  const standings: [Family, Standing][] = [
    [4, { ok: true }],
    [6, { ok: true }],
  ];
  expect(reportOf({ ok: true }, new Map(standings.slice(1)))).toEqual(right);
  const families = new Map<Family, Report>([
    [4, right],
    [6, right],
  ]);
  expect(reportOf({ ok: true }, new Map(standings))).toEqual({ ...right, families });
});
