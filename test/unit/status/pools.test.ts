import { describe, expect, test } from "bun:test";

import { Check } from "typebox/schema";

import type { TierReport } from "../../../src/pool/events.ts";
import { Status } from "../../../src/status/schema.ts";
import { observed, route, setUp } from "./model.fixture.ts";
import { FILE, LTE, NORWAY, setUpPools, SWEDEN, up } from "./pools.fixture.ts";

const REPORT: TierReport = { least: 1, shortage: "replace", counts: [] };
const hop = (gateway: string, weight = 1) => ({ gateway, weight, device: "gw0" });
const ruleTo = (table: number, preference: number) =>
  ({ family: 4, kind: "lookup", protocol: 173, table, preference }) as const;

/** The pools of the file at work, all gateways up. */
function atWork(file = FILE) {
  const opened = setUpPools(file);
  const { record, recordIn } = opened;
  record(up(SWEDEN), up(NORWAY), up(LTE));
  recordIn("vpn", { type: "tier", tier: 1, before: undefined, ...REPORT });
  recordIn("vpn", observed([route([hop(SWEDEN, 2), hop(NORWAY)])], [ruleTo(180, 10888)]));
  recordIn("rest", observed([route([hop(NORWAY)], { table: 181 })], [ruleTo(181, 10896)]));
  return opened;
}

describe("the pools of a status", () => {
  test("are there where pools have names only", () => {
    expect(setUp().status()).not.toHaveProperty("pools");
    expect(
      setUp({}, true, "vpn")
        .status()
        .pools!.map(({ name }) => name),
    ).toEqual(["vpn"]);
  });

  test("fit the schema", () => {
    expect(Check(Status, setUpPools().status())).toBe(true);
    expect(Check(Status, atWork().status())).toBe(true);
  });

  test("say who uses which, where packets go, and what is excluded", () => {
    const [vpn, rest] = setUpPools().status().pools!;
    expect(vpn).toMatchObject({
      name: "vpn",
      selectors: { from: ["10.78.0.0/24"], in: [], mark: null },
      destinations: ["0.0.0.0/0"],
      excluded: { networks: [], more: 0, reserved: true },
      routing: { table: 180, preference: 10888, whenNoGateways: "unreachable" },
    });
    expect(rest).toMatchObject({
      selectors: { from: [], in: [], mark: null },
      excluded: { networks: ["198.51.100.0/24"], more: 0, reserved: true },
      routing: { table: 181, preference: 10896, whenNoGateways: "fall-through" },
    });
    const marked = FILE.replace('from = ["10.78.0.0/24"]', 'in = ["br-iot"]\nmark = "0x10/0xff"');
    expect(setUpPools(marked).pool("vpn").selectors).toEqual({ from: [], in: ["br-iot"], mark: "0x10/0xff" });
  });

  test("name the first of many excluded networks, and count the others", () => {
    const networks = Array.from({ length: 60 }, (_, index) => `198.51.${index}.0/24`);
    const file = FILE.replace('["198.51.100.0/24"]', JSON.stringify(networks));
    const { excluded } = setUpPools(file).pool("rest");
    expect(excluded).toMatchObject({ networks: networks.slice(0, 50), more: 10 });
  });

  test("have their members with weight, tier, share and whether they are usable", () => {
    const { members } = atWork().pool("vpn");
    expect(members.map(({ gateway, name, weight, tier }) => [gateway, name, weight, tier])).toEqual([
      [SWEDEN, "sweden", 2, 1],
      [NORWAY, "norway", 1, 1],
      [LTE, "lte", 1, 2],
    ]);
    expect(
      members.map(({ usable, standby, carriesTraffic, share }) => [usable, standby, carriesTraffic, share]),
    ).toEqual([
      [true, false, true, 0.6667],
      [true, false, true, 0.3333],
      [true, true, false, 0],
    ]);
    expect(atWork().pool("rest").members).toMatchObject([{ gateway: NORWAY, standby: false, share: 1 }]);
  });

  test("say which tier is in use where there are several, and how many members are usable", () => {
    const { record, pool } = atWork();
    expect(pool("vpn")).toMatchObject({ usable: 3, tiers: { inUse: [1] } });
    expect(pool("rest")).not.toHaveProperty("tiers");
    record(up(NORWAY, "down"));
    expect([pool("vpn").usable, pool("rest").usable]).toEqual([2, 0]);
  });

  test("have a verdict each", () => {
    const { record, recordIn, status } = atWork();
    record(up(NORWAY, "down"));
    recordIn("vpn", observed([route([hop(SWEDEN)])], [ruleTo(180, 10888)]));
    recordIn("rest", observed([], [ruleTo(181, 10896)]));
    expect(status().pools!.map(({ verdict, why }) => [verdict, why])).toEqual([
      ["degraded", "2 of 3 gateways are up"],
      ["down", "no gateway carries traffic"],
    ]);
    expect(status()).toMatchObject({
      verdict: "down",
      why: "pool rest: no gateway carries traffic; pool vpn: 2 of 3 gateways are up",
    });
  });

  test("have the quorum that each asks for, and whether it is missed", () => {
    const { recordIn, pool } = atWork(FILE.replace('name = "rest"', 'name = "rest"\nmin-healthy = 1'));
    expect(pool("vpn").quorum).toBeNull();
    expect(pool("rest").quorum).toEqual({ least: 1, policy: "keep", missed: false });
    const shortage = { least: 1, policy: "keep", healthy: 0, total: 1 } as const;
    recordIn("rest", { type: "selection", held: [], kept: [NORWAY], shortage });
    expect(pool("rest").quorum).toMatchObject({ missed: true });
    expect(pool("rest").members[0]!.kept).toBe(true);
  });

  test("show a drained member in each of them", () => {
    const { record, pool } = atWork();
    record({ type: "drained", gateway: NORWAY, drained: true, since: 0 });
    expect(pool("vpn").members.map(({ drained, usable }) => [drained, usable])).toEqual([
      [false, true],
      [true, false],
      [false, true],
    ]);
    expect(pool("rest").members[0]).toMatchObject({ drained: true, usable: false });
  });

  test("have what one of them alone makes of a gateway", () => {
    const { recordIn, pool } = atWork();
    recordIn("rest", { type: "held", gateway: NORWAY, waitMs: 20_000, losses: 2 });
    expect(pool("rest").members[0]).toMatchObject({ usable: false, held: { losses: 2 } });
    expect(pool("vpn").members[1]).toMatchObject({ usable: true, held: null });
  });
});

describe("beside the pools, a status", () => {
  test("has each gateway once, used as by the first pool that has it", () => {
    const only = FILE.replace(
      'members = [{ gateway = "norway" }]',
      'members = [{ gateway = "norway" }, { gateway = "far" }]',
    );
    const spare =
      '[[gateway]]\nname = "far"\naddress = "10.77.0.13"\n[[gateway]]\nname = "spare"\naddress = "10.77.0.14"\n';
    const { gateway, record, recordIn, status } = atWork(only.replace("[[pool]]", `${spare}[[pool]]`));
    record(up("10.77.0.13"));
    recordIn("rest", observed([route([hop(NORWAY), hop("10.77.0.13", 3)], { table: 181 })], [ruleTo(181, 10896)]));
    expect(status().gateways.map(({ name }) => name)).toEqual(["sweden", "norway", "lte", "far", "spare"]);
    expect(gateway(NORWAY)).toMatchObject({ share: 0.3333, weight: 1, tier: 1 });
    expect(gateway("10.77.0.13")).toMatchObject({ share: 0.75, carriesTraffic: true });
    expect(gateway("10.77.0.13")).not.toHaveProperty("tier");
    expect(gateway("10.77.0.14")).toMatchObject({ state: "unknown", carriesTraffic: false, share: 0, held: null });
    expect(Check(Status, status())).toBe(true);
  });

  test("has the routes, tiers and DNS name of the first pool", () => {
    const { routing, tiers, ddns, pools } = atWork().status();
    expect({ routing, tiers, ddns }).toEqual({
      routing: pools![0]!.routing,
      tiers: pools![0]!.tiers!,
      ddns: pools![0]!.ddns,
    });
  });

  test("names some of many pools that are not healthy, and counts the others", () => {
    const { status } = setUp({}, false, ...["a", "b", "c", "d", "e"]);
    const part = "no gateway carries traffic";
    expect(status().why).toBe(`pool a: ${part}; pool b: ${part}; pool c: ${part}; and 2 more of 5 pools`);
  });
});
