import { describe, expect, test } from "bun:test";

import { gatewayBadge, needsAttention, poolBadge } from "../../../../src/http/page/badges.ts";
import { selectGateways, totalsOf } from "../../../../src/http/page/gateways.ts";
import { shownGateways, useText } from "../../../../src/http/page/pools.ts";
import { addressOf, statusOf, type Service } from "../../../page/synthetic.ts";

/** Two pools that share the second gateway; the third one stands by. */
const TWO: Service = {
  gateways: 4,
  pools: [
    { name: "vpn", members: [1, 2, 3], weights: [2, 1, 1], tier2: [3] },
    { name: "rest", members: [2] },
  ],
};

const shown = (more: Partial<Service> = {}) => shownGateways(statusOf({ ...TWO, ...more }));

describe("a gateway that pools share", () => {
  test("has a use for each of them", () => {
    expect(shown().map(({ uses }) => uses!.map(useText))).toEqual([
      ["66.7 % of vpn"],
      ["33.3 % of vpn", "100.0 % of rest"],
      ["stands by in vpn"],
      [],
    ]);
    expect(shown({ down: [2] })[1]!.uses!.map(useText)).toEqual(["0 % of vpn", "0 % of rest"]);
  });

  test("has the state of its greatest problem, else that of the pool where it carries traffic", () => {
    const status = statusOf({ ...TWO, pools: [{ name: "lte", members: [1, 2], tier2: [2] }, ...TWO.pools!] });
    expect(shownGateways(status).map((one) => gatewayBadge(one).text)).toEqual([
      "up",
      "up",
      "up, stands by",
      "up, in no pool",
    ]);
    status.pools![2]!.members[0]!.held = { losses: 2, remainingSeconds: 9 };
    expect(gatewayBadge(shownGateways(status)[1]!)).toEqual({ tone: "doubtful", text: "up, in flap hold" });
  });

  test("is in use where any pool uses it, and its share is the greatest", () => {
    expect(totalsOf(shown())).toMatchObject({ all: 4, up: 4, inUse: 2, attention: 0 });
    expect(shown().map(({ share }) => Number(share.toFixed(2)))).toEqual([0.67, 1, 0, 0]);
  });

  test("is no problem where no pool has it, unless it is down", () => {
    expect(needsAttention(shown()[3]!)).toBe(false);
    expect(gatewayBadge(shown({ down: [4] })[3]!)).toEqual({ tone: "bad", text: "down" });
    expect(gatewayBadge(shown({ drained: [4] })[3]!)).toEqual({ tone: "quiet", text: "drained" });
  });

  test("is found by the names of its pools", () => {
    const found = selectGateways(shown(), { order: "address", only: "all", text: "rest" });
    expect(found.map(({ address }) => address)).toEqual([addressOf(2)]);
  });

  test("has a public address where any of its pools looks it up", () => {
    const status = statusOf({ ...TWO, ddns: "well" });
    status.pools![0]!.members[1]!.publicAddress = null;
    const known = status.pools![1]!.members[0]!.publicAddress!;
    expect(known.address).not.toBeNull();
    expect(shownGateways(status)[1]!.publicAddress).toEqual(known);
  });
});

test("without pools with names, gateways are shown as the status has them", () => {
  const status = statusOf({ gateways: 2 });
  expect(shownGateways(status)).toBe(status.gateways);
});

test.each([
  ["healthy", "good"],
  ["degraded", "doubtful"],
  ["down", "bad"],
  ["on fire", "doubtful"], // of a newer service
] as const)("the verdict %s of a pool is %s", (verdict, tone) => {
  expect(poolBadge({ verdict: verdict as "healthy" })).toEqual({ tone, text: verdict });
});
