import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import type { Config, PoolConfig } from "../../../src/config/model.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { compareSelectors, includes, isSameSelection } from "../../../src/config/pool-order.ts";
import { assignPlaces, type Place, type PlaceWish } from "../../../src/config/pool-places.ts";
import { poolProblems } from "../../../src/config/pool-problems.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import { ALL_PACKETS, type Selectors } from "../../../src/routing/selectors.ts";
import { failureText } from "../../../src/text/failure.ts";

const FIRST: Place = { table: 180, preference: 10888 };

/** Selectors from words such as `10.78.0.0/24`, `lan` and `0x10/0xff`. */
function selectors(text: string): Selectors {
  const words = text.split(" ").filter(Boolean);
  const mark = words.find((word) => word.startsWith("0x"));
  const [value, mask] = (mark ?? "").split("/").map(Number);
  return {
    from: words.flatMap((word) => parseCidr(word) ?? []),
    in: words.filter((word) => /^[a-z]/.test(word)),
    ...(mark !== undefined && { mark: { value: value!, mask: mask! } }),
  };
}

const wishes = (...texts: string[]): PlaceWish[] =>
  texts.map((text, index) => ({ name: `p${index}`, selectors: selectors(text) }));

describe("pools are asked in the order", () => {
  test.each<[string, string[]]>([
    ["of the file where none is more specific", ["10.1.0.0/24", "10.2.0.0/24", "lan", "iot"]],
    ["of their sources, the fewest first", ["10.0.0.0/24", "10.0.0.0/23", "10.0.0.0/8", "lan"]],
    ["of several sources together", ["10.0.0.0/25 10.0.1.0/25", "10.0.0.0/24 10.0.1.0/24"]],
    ["of their interfaces, the fewest first", ["lan", "lan iot", ""]],
    ["of the bits of their marks", ["0x10/0xff", "0x10/0xf0", ""]],
    ["and all packets come last", ["10.0.0.0/8 lan", "10.0.0.0/8", "lan", ""]],
  ])("%s", (_, order) => {
    const sorted = [...order].reverse().sort((a, b) => compareSelectors(selectors(a), selectors(b)));
    const ranks = order.map((text) =>
      order.findIndex((one) => compareSelectors(selectors(one), selectors(text)) === 0),
    );
    expect(sorted.map((text) => ranks[order.indexOf(text)]!)).toEqual(ranks);
  });

  const some = fc.record({
    from: fc.subarray(["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.2.0.0/16"].map((text) => parseCidr(text)!)),
    in: fc.subarray(["lan", "iot"]),
  });

  test("that leaves no pool behind one which has all its packets", () => {
    fc.assert(
      fc.property(some, some, (one, other) => {
        if (includes(one, other) && !includes(other, one)) expect(compareSelectors(other, one)).toBeLessThan(0);
        expect(isSameSelection(one, other)).toBe(includes(one, other) && includes(other, one));
      }),
    );
  });
});

describe("the places of pools", () => {
  test("follow each other: tables in the order of the file, preferences in that of the look-up", () => {
    expect(assignPlaces(wishes("", "10.0.0.0/8", "10.1.0.0/16"), FIRST)).toEqual([
      { table: 180, preference: 10904 },
      { table: 181, preference: 10896 },
      { table: 182, preference: 10888 },
    ]);
  });

  test("are those of its keys where a pool has them, and the others keep their order around it", () => {
    const [lan, all] = wishes("lan", "");
    expect(assignPlaces([{ ...lan!, table: 7, preference: 20000 }, all!], FIRST)).toEqual([
      { table: 7, preference: 20000 },
      { table: 181, preference: 20008 },
    ]);
    expect(assignPlaces([lan!, { ...all!, preference: 10000 }], FIRST)).toEqual([
      { table: 180, preference: 9992 },
      { table: 181, preference: 10000 },
    ]);
  });

  test("stay while pools run and others are added or removed", () => {
    const [lan, wide, all] = wishes("lan", "10.0.0.0/8", "");
    const places = assignPlaces([lan!, wide!, all!], FIRST);
    const running = new Map([lan!, wide!, all!].map(({ name }, index) => [name!, places[index]!]));
    const extra = { name: "new", selectors: selectors("10.1.0.0/16") };
    const later = assignPlaces([extra, lan!, all!, wide!], FIRST, running);
    expect([later[1], later[2], later[3]]).toEqual([places[0]!, places[2]!, places[1]!]);
    expect(later[0]!.table).toBe(183);
    expect(later[0]!.preference).toBeLessThan(places[1]!.preference);
    expect(assignPlaces([all!], FIRST, running)).toEqual([places[2]!]);
  });

  test("are given anew where there is no room between those that run", () => {
    const [lan, all] = wishes("10.1.0.0/16", "");
    const running = new Map([
      ["p0", { table: 180, preference: 10888 }],
      ["p1", { table: 181, preference: 10892 }],
    ]);
    const between = { name: "new", selectors: selectors("10.0.0.0/8") };
    expect(assignPlaces([lan!, between, all!], FIRST, running).map(({ preference }) => preference)).toEqual([
      10888, 10896, 10904,
    ]);
  });
});

function problemsOf(changes: readonly Partial<PoolConfig>[], flags: Readonly<Record<string, string>> = {}): string[] {
  const range = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.2" };
  const parsed = parseConfig({ ...range, ...flags }, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  const [pool] = parsed.config.pools;
  const pools = changes.map((one, index) => ({
    ...pool,
    ...{ name: ["vpn", "rest", "more"][index]!, table: 180 + index, preference: 10888 + 8 * index },
    ...one,
  })) as [PoolConfig, ...PoolConfig[]];
  return poolProblems({ ...parsed.config, pools } satisfies Config).map(failureText);
}

const LAN = { selectors: selectors("10.78.0.0/24") };
const ALL = { selectors: ALL_PACKETS };

describe("pools beside each other", () => {
  test("have no problem where each has its place", () => {
    expect(problemsOf([LAN, ALL])).toEqual([]);
  });

  test.each<[string, Partial<PoolConfig>[], string]>([
    [
      "the same packets",
      [LAN, LAN],
      "pools vpn and rest are for the same packets, so the second one is never used; give one of them other selectors (from, in, mark)",
    ],
    ["one table", [LAN, { ...ALL, table: 180 }], "pools vpn and rest both have table 180; give one of them another"],
    [
      "overlapping preferences",
      [
        { ...LAN, whenNoGateways: "unreachable" },
        { ...ALL, preference: 10891 },
      ],
      "pools vpn and rest overlap: the first has the preferences 10888 to 10891, the second the preference 10891; leave 4 or more between them",
    ],
    [
      "an order in which one is never used",
      [LAN, { ...ALL, preference: 10000 }],
      "pool vpn (preference 10888) comes after pool rest (preference 10000), which has all its packets; lower the preference of vpn",
    ],
    [
      "a table of the system",
      [{ ...LAN, table: 254 }, ALL],
      "pool vpn: the kernel uses table 254 itself; choose another",
    ],
    [
      "the last preferences",
      [LAN, { ...ALL, preference: 32764, whenNoGateways: "prohibit" }],
      "pool rest: it needs the preferences 32764 to 32767, and 32765 is the last; lower it",
    ],
    [
      "a mark like those of probes",
      [{ selectors: selectors("0xad000001/0xffffffff") }, ALL],
      "pool vpn: 0xad000001 is a mark that probes may have; choose another, or add a mask",
    ],
  ])("cannot have %s", (_, pools, problem) => {
    expect(problemsOf(pools)).toEqual([problem]);
  });

  test("cannot have places among those for probes", () => {
    expect(
      problemsOf(
        [
          { ...LAN, table: 18002 },
          { ...ALL, preference: 103 },
        ],
        { through: "icmp:1.1.1.1" },
      ),
    ).toEqual([
      "pool vpn: table 18002 is one of those for probes; choose another",
      "pool rest: preference 103 does not come after the rules for probes, which end at 103; raise it",
      "pool vpn (preference 10888) comes after pool rest (preference 103), which has all its packets; lower the preference of vpn",
    ]);
  });
});
