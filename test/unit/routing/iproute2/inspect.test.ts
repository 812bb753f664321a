import { describe, expect, test } from "bun:test";

import { parseAnswer, parseNeighbours } from "../../../../src/routing/iproute2/inspect.ts";

// Texts as iproute2 6.1 prints them on Linux 6.18.
const NEIGHBOURS = `[{"dst":"10.0.0.11","dev":"v0","lladdr":"02:00:00:00:00:0b","state":["REACHABLE"]},
{"dst":"10.0.0.12","dev":"v0","state":["FAILED"]},{"dst":"10.0.0.13","dev":"v0","state":["INCOMPLETE"]},
${["STALE", "DELAY", "PROBE", "PERMANENT", "NOARP"].map(
  (state, index) => `{"dst":"10.0.0.2${index}","dev":"v0","lladdr":"02:00:00:00:00:0e","state":["${state}"]}`,
)}]`;

describe("neighbours", () => {
  test("are read with whether they answered lately, where the kernel knows it", () => {
    expect([...parseNeighbours(NEIGHBOURS)]).toEqual([
      ["10.0.0.11", true],
      ["10.0.0.12", false],
      ["10.0.0.13", false],
    ]);
  });

  test("are none in an empty list", () => {
    expect(parseNeighbours("[]").size).toBe(0);
  });

  test("of IPv6 are called as gateways are, by their interface where the address means something on that alone", () => {
    const ipv6 = [
      { dst: "fd00:77::10", dev: "lan0", lladdr: "02:00:00:00:00:01", router: null, state: ["REACHABLE"] },
      { dst: "fe80::10", dev: "lan0", state: ["FAILED"] },
    ];
    expect([...parseNeighbours(JSON.stringify(ipv6))]).toEqual([
      ["fd00:77::10", true],
      ["fe80::10%lan0", false],
    ]);
  });

  test.each(['[{"dst":5}]', '[{"dst":"10.0.0.1","state":"FAILED"}]', '[{"dst":"10.0.0.1","state":[1]}]', "{}"])(
    "are unreadable where iproute2 would not print them so: %s",
    (json) => {
      expect(() => parseNeighbours(json)).toThrow("unexpected output of ip: expected a ");
    },
  );
});

describe("the route for a packet", () => {
  test("has a gateway, an interface and a table", () => {
    const json = '[{"type":"1","dst":"8.8.8.8","gateway":"10.0.0.11","dev":"v0","table":"180","flags":[],"uid":0}]';
    const answer = {
      ok: true,
      type: "unicast",
      table: "180",
      gateway: "10.0.0.11",
      device: "v0",
      redirected: false,
    } as const;
    expect(parseAnswer(json)).toEqual(answer);
  });

  test("is one that a redirect has changed", () => {
    const json =
      '[{"dst":"8.8.8.8","gateway":"10.0.0.99","dev":"v0","table":"180","cache":["redirected"],"expires":300}]';
    expect(parseAnswer(json)).toMatchObject({ gateway: "10.0.0.99", redirected: true });
  });

  test("of IPv6 names the interface of a link-local gateway", () => {
    const fields = '"dst":"2600::1","from":"::","gateway":"fe80::a","dev":"v0","table":"180"';
    expect(parseAnswer(`[{${fields}}]`, 6)).toMatchObject({ gateway: "fe80::a%v0", device: "v0", table: "180" });
    expect(parseAnswer('[{"dst":"2600::1","gateway":"fd00::a","dev":"v0"}]', 6).gateway).toBe("fd00::a");
  });

  test.each([
    ['"type":"2","dev":"lo"', { type: "local", table: "local" }],
    ['"type":"2","dev":"lo","table":"255"', { type: "local", table: "local", device: "lo" }],
    ['"type":"unicast","dev":"v0"', { type: "unicast", table: "main", device: "v0" }],
    ['"dev":"v0","table":"254","via":{"family":"inet6","host":"fe80::1"}', { table: "main", gateway: undefined }],
  ])("is read from {%s}", (fields, answer) => {
    expect(parseAnswer(`[{"dst":"10.0.0.1",${fields}}]`)).toMatchObject(answer);
  });

  test.each(["[5]", '[{"dev":{}}]', '[{"gateway":1}]', "garbage"])("is unreadable in %s", (json) => {
    expect(() => parseAnswer(json)).toThrow("unexpected output of ip: expected ");
  });
});
