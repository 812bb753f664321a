import { expect, test } from "bun:test";

import {
  excludedText,
  membersOf,
  packetsText,
  reasonInPool,
  usabilityText,
  usesOf,
} from "../../../src/status/membership.ts";
import { reasonOf } from "../../../src/status/phrases.ts";
import { FILE, LTE, NORWAY, setUpPools, SWEDEN, up } from "./pools.fixture.ts";

test("each gateway has the pools that use it, as they use it, and one that no pool has has none", () => {
  const spare = '[[gateway]]\nname = "spare"\naddress = "10.77.0.14"\n';
  const opened = setUpPools();
  opened.recordIn("rest", { type: "held", gateway: NORWAY, waitMs: 20_000, losses: 2 });
  const uses = usesOf(opened.status());
  expect(uses.get(NORWAY)!.map(({ pool, gateway }) => [pool, gateway.held !== null])).toEqual([
    ["vpn", false],
    ["rest", true],
  ]);
  expect(uses.get(LTE)!.map(({ gateway }) => gateway.tier)).toEqual([2]);
  const more = setUpPools(FILE.replace("[[pool]]", `${spare}[[pool]]`)).status();
  expect(usesOf(more).get("10.77.0.14")).toEqual([]);
});

test("a member of a newer service whose gateway is missing is left out", () => {
  const { gateways, pools } = setUpPools().status();
  expect(membersOf(pools![0]!, gateways.slice(1)).map(({ name }) => name)).toEqual(["norway", "lte"]);
});

test("a pool's own reason is that which the health of the gateway does not have", () => {
  const { record, recordIn, pool, status } = setUpPools();
  record(up(SWEDEN), up(NORWAY, "down"));
  const fault = { code: "no-route", detail: "no route" } as const;
  recordIn("vpn", { type: "unusable", gateways: [SWEDEN], fault, count: 1 });
  const [sweden, norway] = membersOf(pool("vpn"), status().gateways);
  expect(reasonInPool(sweden!).text).toBe("left out: no route");
  expect(reasonInPool(norway!)).toEqual({ text: "", ageSeconds: null });
  expect(reasonOf(norway!)).toEqual({ text: "", ageSeconds: null });
});

test.each([
  [{ from: [], in: [], mark: null }, "all packets"],
  [{ from: ["10.0.0.0/8", "172.16.0.1/32"], in: [], mark: null }, "packets from 10.0.0.0/8, 172.16.0.1/32"],
  [{ from: [], in: ["br-iot"], mark: "0x10/0xff" }, "packets on br-iot with mark 0x10/0xff"],
])("selectors %p are: %s", (selectors, text) => {
  expect(packetsText(selectors)).toBe(text);
});

test.each([
  [{ networks: [], more: 0, reserved: false }, ""],
  [{ networks: [], more: 0, reserved: true }, "the reserved ranges"],
  [{ networks: ["9.0.0.0/8", "8.0.0.0/8"], more: 3, reserved: false }, "9.0.0.0/8, 8.0.0.0/8, 3 more"],
  [{ networks: ["9.0.0.0/8"], more: 0, reserved: true }, "9.0.0.0/8 and the reserved ranges"],
])("exclusions %p are: %s", (excluded, text) => {
  expect(excludedText(excluded)).toBe(text);
});

test("how usable a pool is names the tiers in use and a quorum that is missed", () => {
  const pool = setUpPools().pool("vpn");
  expect(usabilityText(pool)).toBe("0 of 3 usable");
  const tiers = { inUse: [1, 2], failback: null, all: [] };
  const quorum = { least: 2, policy: "keep", missed: true } as const;
  expect(usabilityText({ ...pool, usable: 1, tiers, quorum })).toBe(
    "1 of 3 usable, tiers 1, 2 in use, fewer than 2 healthy",
  );
});
