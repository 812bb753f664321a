import { describe, expect, test } from "bun:test";

import { type FoundLookup, placesFound } from "../../../src/config/places-found.ts";
import type { PlaceWish } from "../../../src/config/pool-places.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import { ALL_PACKETS, ruleSelectors } from "../../../src/routing/selectors.ts";

const FIRST = { table: 180, preference: 10888 };

/** A pool for these sources; for all packets without one. */
function pool(name: string, ...from: readonly string[]): PlaceWish {
  return { name, selectors: { ...ALL_PACKETS, from: from.map((one) => parseCidr(one)!) } };
}

const tiny = pool("tiny", "10.78.0.9/32");
const vpn = pool("vpn", "10.78.0.0/24", "10.79.0.0/24");
const rest = pool("rest");

/** The rules that a run with these pools leaves. */
function left(pools: readonly PlaceWish[], lookups: readonly FoundLookup[] = [], first = FIRST): FoundLookup[] {
  const places = placesFound(lookups)(pools, first);
  return pools.flatMap(({ selectors }, index) =>
    ruleSelectors(selectors).map((selector) => ({ ...places[index]!, ...(selector && { selector }) })),
  );
}

const placed = (pools: readonly PlaceWish[], lookups: readonly FoundLookup[], first = FIRST): string[] =>
  placesFound(lookups)(pools, first).map(({ table, preference }) => `${table} ${preference}`);

describe("a pool whose rules are in the kernel keeps its place when", () => {
  test.each([
    ["nothing has changed", [vpn, rest], ["180 10888", "181 10896"]],
    ["the file has them in another order", [rest, vpn], ["181 10896", "180 10888"]],
    ["one that is asked first is added at the start", [tiny, vpn, rest], ["182 10880", "180 10888", "181 10896"]],
    ["one that is asked first is added at the end", [vpn, rest, tiny], ["180 10888", "181 10896", "182 10880"]],
    ["another one is removed", [rest], ["181 10896"]],
    ["it has another name", [{ ...vpn, name: "tunnel" }, rest], ["180 10888", "181 10896"]],
  ])("%s", (_, pools, places) => {
    expect(placed(pools, left([vpn, rest]))).toEqual(places);
  });

  test("the next start finds one that was added before the first place", () => {
    const added = left([tiny, vpn, rest], left([vpn, rest]));
    expect(placed([tiny, vpn, rest], added)).toEqual(["182 10880", "180 10888", "181 10896"]);
  });
});

test.each([
  ["its selectors have changed", left([pool("vpn", "10.78.0.0/24"), rest].slice(0, 1))],
  ["the rules are those of an instance far away", left([vpn, rest], [], { table: 900, preference: 20_000 })],
  ["the first table is a higher one by now", left([vpn, rest], [], { table: 100, preference: 10888 })],
])("a pool is placed anew where %s", (_, lookups) => {
  expect(placed([vpn, rest], lookups)).toEqual(["180 10888", "181 10896"]);
});

test("the keys of a pool win over its place in the kernel", () => {
  const moved = { ...vpn, table: 500, preference: 10880 };
  expect(placed([moved, rest], left([vpn, rest]))).toEqual(["500 10880", "181 10896"]);
});
