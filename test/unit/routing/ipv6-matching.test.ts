import { describe, expect, test } from "bun:test";

import { parseCidr } from "../../../src/net/cidr.ts";
import { classify } from "../../../src/routing/classify.ts";
import { parsePolicyRules } from "../../../src/routing/iproute2/policy-rules.ts";
import { lookUpRules, type Packet } from "../../../src/routing/rule-lookup.ts";
import { isSelected, matchesAll, mayMatch } from "../../../src/routing/selector-match.ts";
import { isForOwn } from "../../../src/routing/selectors.ts";

const cidrs = (...texts: string[]) => texts.map((text) => parseCidr(text, [4, 6])!);
const packet = (to: string, from?: string): Packet => {
  return { to, from, iif: "lan0", protocol: 6, sport: undefined, dport: undefined, uid: 0 };
};

test("a rule of IPv6 matches by its networks, and a single address has no length", () => {
  const rules = parsePolicyRules(
    '[{"priority":1,"src":"fd00:5::","srclen":64,"table":"7"},{"priority":2,"src":"all","dst":"2001:db8::1","action":"7"},' +
      '{"priority":3,"src":"all","dst":"8000::","dstlen":1,"action":"8"}]',
  );
  const outcomes = (...given: Parameters<typeof packet>) =>
    lookUpRules(rules, [], packet(...given)).map(({ outcome }) => outcome);
  expect(outcomes("2001:db8::1", "fd00:5::9")).toEqual(["empty", "reject"]);
  expect(outcomes("2001:db8::2", "fd00:6::9")).toEqual(["no-match", "no-match", "no-match"]);
  expect(outcomes("fd00::1")).toEqual(["no-match", "no-match", "reject"]);
});

describe("selectors of IPv6", () => {
  const selectors = { from: cidrs("fd00:5::/64"), in: [] };

  test("select packets by their source", () => {
    expect(["fd00:5::9", "fd00:6::9", undefined].map((from) => isSelected(packet("2001::1", from), selectors))).toEqual(
      [true, false, false],
    );
  });

  test("are compared with rules of other programs", () => {
    const rule = (src: string, srclen?: number) => ({ priority: 1, src, ...(srclen && { srclen }), table: "7" });
    expect(
      [rule("fd00:5::1"), rule("fd00::", 16), rule("fd00:6::", 64)].map((one) => mayMatch(one, selectors)),
    ).toEqual([true, true, false]);
    expect([rule("fd00:5::1"), rule("fd00::", 16)].map((one) => matchesAll(one, selectors))).toEqual([false, true]);
  });

  test("may match packets of this machine by an address of it", () => {
    expect(["fd00:5::1", "10.0.0.1", "fe80::1"].map((own) => isForOwn(selectors, own))).toEqual([true, false, false]);
  });
});

test("destinations of both families are told apart", () => {
  const destinations = {
    managed: cidrs("0.0.0.0/0", "::/0"),
    excluded: cidrs("2001:db8:5::/48"),
    reserved: cidrs("10.0.0.0/8", "fc00::/7"),
    gateways: cidrs("fd00:77::a/128"),
  };
  const kindOf = (address: string) => classify(address, destinations, cidrs("fd00:77::/64")).kind;
  expect(
    ["2001::1", "2001:db8:5::1", "fd00::1", "fd00:77::a", "fd00:77::b", "10.0.0.1", "1.1.1.1"].map(kindOf),
  ).toEqual(["managed", "excluded", "reserved", "gateways", "connected", "reserved", "managed"]);
});
