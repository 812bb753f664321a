import { describe, expect, test } from "bun:test";

import { parseCidr } from "../../../../src/net/cidr.ts";
import { rulesAmong } from "../../../../src/routing/iproute2/rules.ts";
import { parsePolicyRules } from "../../../../src/routing/iproute2/policy-rules.ts";
const parseRules = (json: string) => rulesAmong(parsePolicyRules(json));

describe("rules", () => {
  const parse = (fields: string): unknown =>
    parseRules(`[{"priority":10888,"src":"all",${fields},"protocol":"173"}]`)[0];

  test("are read in each kind that we make", () => {
    const common = { family: 4 as const, preference: 10888, protocol: 173 };
    expect(parse('"table":"180"')).toEqual({ ...common, kind: "lookup", table: 180 });
    expect(parse('"nop":null')).toEqual({ ...common, kind: "nop" });
    const to = parseCidr("10.0.0.0/8");
    expect(parse('"dst":"10.0.0.0","dstlen":8,"goto":10891')).toEqual({ ...common, kind: "goto", to, target: 10891 });
    expect(parse('"dst":"10.0.0.0","dstlen":8,"action":"7"')).toEqual({
      ...common,
      kind: "reject",
      to,
      how: "unreachable",
    });
  });

  test.each([
    [
      "of the installed release",
      '"fwmark":"0xad000001","fwmask":"0xff0000ff"',
      '"fwmark":"0xad000000","fwmask":"0xff000000"',
      "7",
    ],
    [
      "of releases that name actions",
      '"fwmark":"0xad000001","fwmask":"0xff0000ff"',
      '"fwmark":"0xad000000","fwmask":"0xff000000"',
      "unreachable",
    ],
    [
      "of releases that print marks in decimal",
      '"fwmark":"2902458369","fwmask":"4278190335"',
      '"fwmark":"2902458368","fwmask":"4278190080"',
      "7",
    ],
  ])("for probes are read from the output %s", (_, mark, masked, action) => {
    const common = { family: 4 as const, preference: 10888, protocol: 173 };
    const wide = { mark: 0xad000000, mask: 0xff000000 };
    const own = { mark: 0xad000001, mask: 0xff0000ff };
    expect(parse(`${mark},"table":"18001"`)).toEqual({ ...common, kind: "mark", ...own, table: 18001 });
    const unmarked = { ...common, kind: "unmarked", ...wide, target: 102 };
    expect(parse(`"not":null,${masked},"goto":102`)).toEqual(unmarked);
    expect(parse(`"not":null,${masked},"goto":102,"unresolved":null`)).toEqual(unmarked);
    expect(parse(`${masked},"action":"${action}"`)).toEqual({ ...common, kind: "stray", ...wide });
  });

  test("for some packets are read with their selectors, also where an interface does not exist", () => {
    const read = (fields: string): unknown =>
      parseRules(`[{"priority":10888,${fields},"protocol":"173"}]`).map(({ kind, ...rule }) => [
        kind,
        "selector" in rule ? rule.selector : undefined,
      ])[0];
    const from = parseCidr("10.78.0.0/24");
    const mark = { value: 0x10, mask: 0xff };
    const source = '"src":"10.78.0.0","srclen":24';
    expect(read(`${source},"table":"180"`)).toEqual(["lookup", { from }]);
    expect(read('"src":"all","iif":"v0","iif_detached":null,"table":"180"')).toEqual(["lookup", { in: "v0" }]);
    expect(read(`${source},"fwmark":"0x10","fwmask":"0xff","iif":"v0","table":"180"`)).toEqual([
      "lookup",
      { from, in: "v0", mark },
    ]);
    expect(read('"src":"all","fwmark":"0x10","table":"180"')).toEqual([
      "lookup",
      { mark: { value: 0x10, mask: 0xffffffff } },
    ]);
    expect(read(`${source},"dst":"0.0.0.0","dstlen":1,"fwmark":"0x10","fwmask":"0xff","action":"7"`)).toEqual([
      "reject",
      { from, mark },
    ]);
    expect(read('"src":"all","fwmark":"0xad000001","iif":"v0","table":"18001"')).toMatchObject([
      "lookup",
      { in: "v0" },
    ]);
  });

  test("for answers to probes are read, and no others with a source and a destination that look up a table", () => {
    const read = (fields: string): unknown =>
      parseRules(`[{"priority":103,"src":"10.0.0.1","dst":"1.1.1.1",${fields},"protocol":"173"}]`)[0];
    const [from, to] = [parseCidr("10.0.0.1/32"), parseCidr("1.1.1.1/32")];
    const answer = { kind: "answer", family: 4, preference: 103, protocol: 173, from, to, table: 18255 };
    expect(read('"iif":"lo","table":"18255"')).toEqual(answer);
    const others = ['"table":"18255"', '"iif":"v0","table":"18255"', '"iif":"lo","nop":null'];
    expect([...others, '"not":null,"iif":"lo","table":"18255"'].map(read)).toEqual(Array(4).fill(undefined));
  });

  test("are read for a single address, which has no length", () => {
    expect(parse('"dst":"9.9.9.9","action":"blackhole"')).toMatchObject({
      to: parseCidr("9.9.9.9/32"),
      how: "blackhole",
    });
  });

  test("are read although their goto leads to no rule now", () => {
    expect(parse('"dst":"9.9.9.9","goto":10891,"unresolved":null')).toMatchObject({ kind: "goto", target: 10891 });
  });

  test.each([
    '"not":null,"table":"180"',
    '"table":"180","suppress_prefixlen":0',
    '"dst":"10.0.0.0","dstlen":8,"table":"180"',
    '"iif":"v0","nop":null',
    '"dst":"10.0.0.0","dstlen":8,"nop":null',
    '"action":"7"',
    '"goto":10891',
    '"not":null,"dst":"10.0.0.0","dstlen":8,"action":"7"',
    '"dst":"10.0.0.0","dstlen":8,"fwmark":"0x1","goto":10891',
    '"dst":"10.0.0.0","dstlen":8,"l3mdev":null',
    '"not":null,"fwmark":"0xca6c","table":"51820"', // wg-quick
    '"fwmark":"0xad000001","table":"18001","suppress_prefixlen":0',
    '"fwmark":"0x100","fwmask":"0x3f00","goto":102',
    '"not":null,"dst":"10.0.0.0","dstlen":8,"fwmark":"0xad000000","fwmask":"0xff000000","goto":102',
    '"fwmark":"0x1","action":"7"',
    '"not":null,"fwmark":"0xad000000","fwmask":"0xff000000","action":"7"',
    '"fwmark":"0xad000000","fwmask":"0xff000000","action":"6"', // blackhole
    '"fwmark":"0xad000000","fwmask":"0xff000000","nop":null',
  ])("are left out when they are of another kind: %s", (fields) => {
    expect(parse(fields)).toBeUndefined();
  });

  test("are unreadable where iproute2 would never print them so", () => {
    expect(() => parseRules('[{"priority":"1","table":"180"}]')).toThrow("unexpected output of ip: expected a number");
  });
});
