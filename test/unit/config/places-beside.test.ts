import { describe, expect, test } from "bun:test";

import { detourBeside, placeProblemsBeside, placesBeside } from "../../../src/config/places-beside.ts";
import type { PlaceWish } from "../../../src/config/pool-places.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import { ALL_PACKETS } from "../../../src/routing/selectors.ts";

const FIRST = { table: 180, preference: 10888 };
const from = (...texts: readonly string[]) => ({ from: texts.map((text) => parseCidr(text)!), in: [] });
const LAN = from("10.78.0.0/24");
const WIDE = from("10.0.0.0/8");

const running = (name: string | undefined, selectors: PlaceWish["selectors"], table: number, preference: number) => ({
  ...(name !== undefined && { name }),
  ...{ selectors, table, preference },
});
const wish = (
  name: string | undefined,
  selectors: PlaceWish["selectors"],
  more: Partial<PlaceWish> = {},
): PlaceWish => ({
  ...(name !== undefined && { name }),
  selectors,
  ...more,
});

const VPN = running("vpn", LAN, 180, 10888);
const REST = running("rest", ALL_PACKETS, 181, 10896);

describe("beside running pools", () => {
  test("a pool that stays has its place, whatever comes and goes", () => {
    const place = placesBeside([VPN, REST]);
    expect(place([wish("rest", ALL_PACKETS)], FIRST)).toEqual([{ table: 181, preference: 10896 }]);
    expect(place([wish("new", WIDE), wish("vpn", LAN), wish("rest", ALL_PACKETS)], FIRST)).toEqual([
      { table: 182, preference: 10892 },
      { table: 180, preference: 10888 },
      { table: 181, preference: 10896 },
    ]);
  });

  test("a renamed pool gets a place of its own until the earlier one is gone", () => {
    const [renamed, rest] = placesBeside([VPN, REST])([wish("tunnels", LAN), wish("rest", ALL_PACKETS)], FIRST);
    expect(rest).toEqual({ table: 181, preference: 10896 });
    expect(renamed).toEqual({ table: 182, preference: 10880 });
  });

  test("the pool without a name that gets one, or loses it, is another pool", () => {
    const alone = running(undefined, ALL_PACKETS, 180, 10888);
    expect(placesBeside([alone])([wish(undefined, ALL_PACKETS)], FIRST)).toEqual([{ table: 180, preference: 10888 }]);
    expect(placesBeside([alone])([wish("all", ALL_PACKETS)], FIRST)).toEqual([{ table: 181, preference: 10880 }]);
  });

  test("pools whose order changes all go behind the running ones, with their tables", () => {
    const place = placesBeside([running("a", LAN, 180, 10888), running("b", WIDE, 181, 10896)]);
    expect(place([wish("a", ALL_PACKETS), wish("b", WIDE)], FIRST)).toEqual([
      { table: 180, preference: 10912 },
      { table: 181, preference: 10904 },
    ]);
  });

  test("pools whose order changes once more go back to the first places, where no pool is any more", () => {
    const place = placesBeside([running("b", WIDE, 181, 10904), running("a", ALL_PACKETS, 180, 10912)]);
    expect(place([wish("a", LAN), wish("b", WIDE)], FIRST)).toEqual([
      { table: 180, preference: 10888 },
      { table: 181, preference: 10896 },
    ]);
  });

  test("keys of a pool win", () => {
    const [vpn] = placesBeside([VPN, REST])([wish("vpn", LAN, { table: 500, preference: 9000 })], FIRST);
    expect(vpn).toEqual({ table: 500, preference: 9000 });
  });
});

describe("a detour", () => {
  test("is behind all places that pools have or want, in the order in which they are to be asked", () => {
    const swapped = [
      { ...VPN, preference: 10896 },
      { ...REST, preference: 10888 },
    ];
    const detour = detourBeside([VPN, REST], swapped);
    expect(detour.map(({ name, table, preference }) => [name, table, preference])).toEqual([
      ["vpn", 180, 10912],
      ["rest", 181, 10904],
    ]);
    expect(placeProblemsBeside([VPN, REST], detour)).toEqual([]);
    expect(placeProblemsBeside(detour, swapped)).toEqual([]);
  });

  test("leads to free tables where pools are to have those of others, never to one of the system", () => {
    const [a, b] = [running("a", LAN, 252, 10888), running("b", ALL_PACKETS, 251, 10896)];
    const detour = detourBeside(
      [a, b],
      [
        { ...a, table: 251 },
        { ...b, table: 252 },
      ],
    );
    expect(detour.map(({ table }) => table)).toEqual([256, 257]);
  });
});

describe("a place", () => {
  test("that another running pool has is a problem", () => {
    const taken = { ...VPN, name: "new" };
    expect(placeProblemsBeside([VPN, REST], [taken])).toEqual([
      "pool new: the running pool vpn has table 180 until this reload is over; choose another one, or restart the service",
    ]);
    expect(placeProblemsBeside([VPN], [{ ...VPN, name: "new", table: 9, preference: 10891 }])).toHaveLength(1);
    expect(placeProblemsBeside([VPN], [{ ...VPN, name: "new", table: 9, preference: 10892 }])).toEqual([]);
  });

  test("of the same pool, or a free one, is none", () => {
    expect(placeProblemsBeside([VPN, REST], [VPN, REST, running("new", WIDE, 182, 10880)])).toEqual([]);
  });
});
