import { describe, expect, test } from "bun:test";

import { acrossPools, fine, type Finding, ofPool, warning } from "../../../src/diagnose/finding.ts";
import { findingsText } from "../../../src/diagnose/format-findings.ts";
import { checkPools, checkSelectors, checkWeights, type GatewayStates } from "../../../src/diagnose/pool-findings.ts";
import { configOf } from "../config/file/file.fixture.ts";
import { LTE, NORWAY, poolsConfig, poolText, SWEDEN } from "./pools.fixture.ts";

/** Level, pools and message of each finding. */
const linesOf = (findings: readonly Finding[]): string[] =>
  findings.map(({ level, message, pools = [] }) => [level, ...pools, message].join(" "));

const statesOf = (up: readonly string[], changes: Partial<GatewayStates> = {}): GatewayStates => ({
  ...{ up: new Set(up), unusable: new Set(), drained: new Set() },
  ...changes,
});

describe("the gateways of each pool", () => {
  test.each<[string, readonly string[], string[]]>([
    [
      "all up",
      [SWEDEN, NORWAY, LTE],
      [
        "ok vpn 3 of 3 gateways usable; for packets from 10.78.0.0/24",
        "ok rest 1 of 1 gateways usable; for all packets",
      ],
    ],
    [
      "without those of the first tier",
      [LTE],
      [
        "warning vpn 1 of 3 gateways usable: tier 2 carries traffic, since tier 1 has 0 of 2 usable gateways",
        "error rest 0 of 1 gateways usable: packets fall through to the normal routing tables",
      ],
    ],
    [
      "all down",
      [],
      [
        "error vpn 0 of 3 gateways usable: packets are rejected (unreachable)",
        "error rest 0 of 1 gateways usable: packets fall through to the normal routing tables",
      ],
    ],
  ])("%s", (_, up, lines) => {
    expect(linesOf(checkPools(poolsConfig(), statesOf(up)))).toEqual(lines);
  });

  test("count without those that cannot be nexthops, and without drained ones", () => {
    const unusable = new Set([NORWAY]);
    const [vpn, rest] = checkPools(poolsConfig(), statesOf([SWEDEN, NORWAY, LTE], { unusable }));
    expect(linesOf([vpn!, rest!])).toEqual([
      "ok vpn 2 of 3 gateways usable; for packets from 10.78.0.0/24",
      "error rest 0 of 1 gateways usable: packets fall through to the normal routing tables",
    ]);
    expect(rest!.remedy).toBe("see the findings about norway (10.77.0.11)");
    const drained = new Set([NORWAY]);
    const [, alone] = checkPools(poolsConfig(), statesOf([SWEDEN, NORWAY, LTE], { drained }));
    expect(alone).toMatchObject({
      message: "0 of 1 gateways usable, 1 drained: packets fall through to the normal routing tables",
      remedy: "undrain norway (10.77.0.11)",
    });
  });

  test("are a warning below min-healthy, and not judged where the pool has no name", () => {
    const config = poolsConfig("", (text) => text.replace('name = "vpn"', "$&\nmin-healthy = 3"));
    expect(linesOf(checkPools(config, statesOf([SWEDEN, NORWAY])))[0]).toBe(
      "warning vpn 2 of 3 gateways usable, fewer than min-healthy 3",
    );
    const unnamed = configOf('[[gateway]]\nstart-ip = "10.77.0.10"\nend-ip = "10.77.0.12"\n');
    expect(checkPools(unnamed, statesOf([]))).toEqual([]);
  });
});

describe("selectors", () => {
  const ALL = new Set(["lan0", "br-iot"]);

  test("of the file are as they should be", () => {
    expect(linesOf(checkSelectors(poolsConfig(), ALL))).toEqual([
      "ok each pool has packets of its own, and the most specific one is asked first",
    ]);
  });

  test("name interfaces that do not exist", () => {
    const config = poolsConfig(poolText("iot", 'in = ["br-iot", "br-tv", "br-x"]'));
    expect(linesOf(checkSelectors(config, ALL))[0]).toBe(
      "warning iot interfaces br-tv, br-x of in do not exist, so no packet comes in there",
    );
  });

  test("of pools that together have all packets of a later one", () => {
    const halves = `${poolText("low", 'from = ["10.78.0.0/25"]')}${poolText("high", 'from = ["10.78.0.128/25"]\nwhen-no-gateways = "prohibit"')}`;
    expect(linesOf(checkSelectors(poolsConfig(halves), ALL))).toEqual([
      "warning vpn has the packets of pools low, high, which are asked first, and no others: it is used only while they have no gateway",
    ]);
    const guarded = halves.replace('["10.78.0.0/25"]', '$&\nwhen-no-gateways = "blackhole"');
    expect(linesOf(checkSelectors(poolsConfig(guarded), ALL))[0]).toEndWith("it is never used");
    const narrow = halves.replace('["10.78.0.0/25"]', '$&\nroutes = ["9.0.0.0/8"]');
    expect(linesOf(checkSelectors(poolsConfig(narrow), ALL))[0]).toStartWith("ok each pool");
    const others = halves.replace('["10.78.0.0/25"]', '$&\nin = ["br-iot"]');
    expect(linesOf(checkSelectors(poolsConfig(others), ALL))[0]).toStartWith("ok each pool");
  });

  test("that share packets are named, as a warning where a kill switch does not hold for those", () => {
    const iot = poolText("iot", 'in = ["br-iot"]');
    const common = "packets that pool vpn selects as well use that one, which is asked first";
    expect(linesOf(checkSelectors(poolsConfig(iot), ALL))).toEqual([`ok iot ${common}`]);
    const both = poolText("iot", 'in = ["br-iot"]\nwhen-no-gateways = "unreachable"');
    expect(linesOf(checkSelectors(poolsConfig(both), ALL))).toEqual([`ok iot ${common}`]);
    const open = poolsConfig(both, (text) => text.replace('"unreachable"', '"fall-through"'));
    const [finding] = checkSelectors(open, ALL);
    expect(linesOf([finding!])).toEqual([`warning iot ${common}; the kill switch of this pool does not hold for them`]);
    expect(finding!.remedy).toBe(
      "if this pool should have them, give it a preference below 10888, or selectors of its own",
    );
  });
});

describe("weights", () => {
  const config = (...weights: readonly number[]) => {
    const members = ["sweden", "norway", "lte"].map(
      (gateway, index) => `{ gateway = "${gateway}", weight = ${weights[index]} }`,
    );
    return poolsConfig("", (text) => text.replace(/members = .*lte.*/, `members = [${members.join(", ")}]`));
  };

  test.each([
    [2, 1, 1],
    [100, 1, 1],
    [100, 50, 10],
  ])("%d, %d and %d can be shown", (one, two, three) => {
    expect(checkWeights(config(one!, two!, three!))).toEqual([]);
  });

  test("that need more cells than the ring has are a warning", () => {
    expect(linesOf(checkWeights(config(100, 99, 1)))).toEqual([
      "warning vpn the ring has too few cells for these weights: lte (10.77.0.12) gets 0.6 % instead of 0.5 %",
    ]);
  });
});

describe("findings about several pools", () => {
  const free = fine("table 180", "free");
  const taken = warning("table 181", "taken", "choose another");

  test("are said once where all pools have them, and name the pools otherwise", () => {
    const ofPools = [
      { name: "vpn", findings: [free, taken] },
      { name: "rest", findings: [free] },
      { name: "iot", findings: [free, taken] },
    ];
    expect(acrossPools(ofPools)).toEqual([free, { ...taken, pools: ["vpn", "iot"] }]);
    expect(acrossPools(ofPools.slice(0, 1), 3)).toEqual([
      { ...free, pools: ["vpn"] },
      { ...taken, pools: ["vpn"] },
    ]);
    expect(acrossPools([{ name: undefined, findings: [free, free] }])).toEqual([free, free]);
  });

  test("name the pools in the text", () => {
    const look = { width: Infinity, colour: false };
    expect(findingsText([{ ...free, pools: ["vpn"] }], look)).toContain("pool vpn: free");
    expect(findingsText([{ ...taken, pools: ["vpn", "iot"] }], look)).toContain("pools vpn, iot: taken");
  });

  test("are those of one pool, and of none, where one is asked for", () => {
    const ofVpn = { ...taken, pools: ["vpn"] };
    expect(ofPool([free, ofVpn], "vpn")).toEqual([free, ofVpn]);
    expect(ofPool([free, ofVpn], "rest")).toEqual([free]);
  });
});
