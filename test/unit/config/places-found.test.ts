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

describe("a pool of both families keeps its place", () => {
  const both: PlaceWish = {
    ...vpn,
    selectors: { ...ALL_PACKETS, from: [...vpn.selectors.from, parseCidr("fd00:5::/64", [6])!] },
  };
  const [place, other] = [
    { table: 185, preference: 10904 },
    { table: 186, preference: 10912 },
  ];
  const ipv4 = vpn.selectors.from.map((from): FoundLookup => ({ ...place, family: 4, selector: { from } }));
  const ipv6: FoundLookup = { ...place, family: 6, selector: { from: both.selectors.from.at(-1)! } };
  const elsewhere: FoundLookup = { ...other, family: 6, selector: { from: parseCidr("fd00:6::/64", [6])! } };

  test.each([
    ["where its rules of both are left", [...ipv4, ipv6], "185 10904"],
    ["where it routed IPv4 alone until then", ipv4, "185 10904"],
    ["where it routed IPv6 alone until then", [ipv6], "185 10904"],
    ["unless its sources of IPv6 are others by now", [...ipv4, { ...elsewhere, ...place }], "180 10888"],
    ["unless one of its sources is gone", [ipv4[0]!, ipv6], "180 10888"],
    ["which other rules do not change", [elsewhere, ...ipv4, ipv6], "185 10904"],
  ])("%s", (_, lookups, found) => {
    expect(placed([both, rest], lookups)[0]).toBe(found);
  });

  test("if it is for all packets", () => {
    const rules = ([4, 6] as const).map((family): FoundLookup => ({ ...place, family }));
    expect(placed([rest], rules)).toEqual(["185 10904"]);
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
