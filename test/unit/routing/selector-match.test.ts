import { describe, expect, test } from "bun:test";

import { parseCidr } from "../../../src/net/cidr.ts";
import { precedingRules, readDiversions } from "../../../src/routing/diversions.ts";
import { parsePolicyRules } from "../../../src/routing/iproute2/policy-rules.ts";
import type { RuleJson } from "../../../src/routing/policy-rule.ts";
import { isSelected, matchesAll, mayMatch } from "../../../src/routing/selector-match.ts";
import type { Selectors } from "../../../src/routing/selectors.ts";
import { desire } from "./plan.fixture.ts";

const LAN: Selectors = { from: [parseCidr("10.78.0.0/24")!], in: [] };
const IOT: Selectors = { from: [], in: ["iot0"] };
const MARKED: Selectors = { from: [], in: [], mark: { value: 0x10, mask: 0xff } };

const rule = (fields: object): RuleJson => ({ priority: 5, src: "all", table: "7", ...fields });
const FROM = { src: "10.78.0.0", srclen: 16 };

describe("a rule of another program", () => {
  test.each<[string, object, Selectors | undefined, boolean, boolean]>([
    ["for all packets", {}, LAN, true, true],
    ["for a wider source", FROM, LAN, true, true],
    ["for a narrower source", { src: "10.78.0.5" }, LAN, true, false],
    ["for another source", { src: "10.79.0.0", srclen: 16 }, LAN, false, false],
    ["for a source", FROM, IOT, true, false],
    ["for the same interface", { iif: "iot0" }, IOT, true, true],
    ["for another interface", { iif: "lan0" }, IOT, false, false],
    ["for a part of the mark", { fwmark: "0x10", fwmask: "0xf0" }, MARKED, true, true],
    ["for more of the mark", { fwmark: "0x110", fwmask: "0xfff" }, MARKED, true, false],
    ["for another mark", { fwmark: "0x20", fwmask: "0xff" }, MARKED, false, false],
    ["for a port", { ...FROM, dport: 53 }, LAN, true, false],
    ["for all packets but those with a mark, as that of wg-quick", { not: null, fwmark: "0xca6c" }, LAN, true, true],
    ["for all packets but those without a mark", { not: null, fwmark: "0x0" }, LAN, true, false],
    [
      "for all packets but those with the pool's mark",
      { not: null, fwmark: "0x10", fwmask: "0xff" },
      MARKED,
      true,
      false,
    ],
    ["for packets without a mark", { fwmark: "0x0" }, undefined, true, true],
  ])("%s may match and matches all of a pool", (_, fields, selectors, may, all) => {
    expect([mayMatch(rule(fields), selectors), matchesAll(rule(fields), selectors)]).toEqual([may, all]);
  });
});

test("a packet is for the pool whose selectors all match it", () => {
  const packet = { to: "8.8.8.8", protocol: 6, sport: undefined, dport: undefined, uid: 0, iif: "iot0" };
  expect(isSelected({ ...packet, from: "10.78.0.2" }, LAN)).toBe(true);
  expect(isSelected({ ...packet, from: "10.79.0.2" }, LAN)).toBe(false);
  expect(isSelected({ ...packet, from: undefined }, LAN)).toBe(false); // a packet of this machine has no source yet
  expect(isSelected({ ...packet, from: "10.79.0.2" }, IOT)).toBe(true);
  expect(isSelected({ ...packet, from: "10.79.0.2" }, { ...LAN, ...IOT, from: LAN.from })).toBe(false);
  expect(isSelected({ ...packet, from: undefined, mark: 0x110 }, MARKED)).toBe(true);
  expect(isSelected({ ...packet, from: undefined }, MARKED)).toBe(false);
});

test("only a rule that may match packets of a pool comes before it, and one for all of these diverts all", async () => {
  const policies = parsePolicyRules(
    JSON.stringify([
      rule({ src: "10.79.0.0", srclen: 16 }),
      rule(FROM),
      { priority: 10888, src: "all", table: "180", protocol: "173" },
    ]),
  );
  const tableRef = { table: 180, preference: 10888, selectors: LAN };
  const preceding = precedingRules(policies, tableRef);
  expect(preceding.map(({ json }) => json.src)).toEqual(["10.78.0.0"]);
  const visit = async (
    _: number,
    each: (route: { type: string; destination: ReturnType<typeof parseCidr> & {} }) => void,
  ) => each({ type: "unicast", destination: parseCidr("0.0.0.0/0")! });
  const [diversion] = await readDiversions(preceding, desire().routes, tableRef, visit);
  expect(diversion).toMatchObject({ extent: "all" });
});
