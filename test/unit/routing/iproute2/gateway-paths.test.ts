import { describe, expect, test } from "bun:test";

import { parseCidr } from "../../../../src/net/cidr.ts";
import type { Link } from "../../../../src/net/link.ts";
import { judgeRoutes, outsideNetworks, parsePaths } from "../../../../src/routing/iproute2/gateway-paths.ts";

const TABLE = 180;
const answer = (fields: object): string => JSON.stringify([{ dst: "10.0.0.11", dev: "v0", flags: [], ...fields }]);
const faultOf = (...answers: string[]) => parsePaths(["10.0.0.11"], answers, [TABLE]).unusable[0]?.fault;

describe("a gateway", () => {
  test("on the link has no fault, and its interface", () => {
    expect(faultOf(answer({ type: "1" }))).toBeUndefined();
    expect([...parsePaths(["10.0.0.11"], [answer({ type: "1" })], [TABLE]).devices]).toEqual([["10.0.0.11", "v0"]]);
  });

  test.each([
    ["own-address", "of this machine", answer({ type: "2", dev: "lo", table: "255" })],
    ["not-unicast", "broadcast", answer({ type: "3", table: "255" })],
    ["not-connected", "10.0.0.99", answer({ type: "1", gateway: "10.0.0.99" })],
  ])("has the fault %s and no interface when its route is %s", (code, part, text) => {
    expect(faultOf(text)).toEqual({ code, detail: expect.stringContaining(part) } as ReturnType<typeof faultOf>);
    expect(parsePaths(["10.0.0.11"], [text], [TABLE]).devices.size).toBe(0);
  });

  test("has the fault no-route without an answer", () => {
    expect(faultOf()?.code).toBe("no-route");
    expect(faultOf(JSON.stringify([{ dst: "10.0.0.12", dev: "v0" }]))?.code).toBe("no-route");
  });

  test("has the fault blocked where its look-up was rejected", () => {
    const blocked = parsePaths(["10.0.0.11", "10.0.0.12"], [], [TABLE], ["10.0.0.12"]).unusable;
    expect(blocked.map(({ fault }) => fault.code)).toEqual(["no-route", "blocked"]);
  });

  test("has neither fault nor interface by an answer from our own table", () => {
    const own = answer({ type: "1", gateway: "10.0.0.12", table: String(TABLE) });
    expect(faultOf(own)).toBeUndefined();
    expect(parsePaths(["10.0.0.11"], [own], [TABLE]).devices.size).toBe(0);
  });
});

/** An interface with an address in each of these networks. */
const link = (name: string, ...networks: string[]): Link => ({
  ...{ name, up: true, carrier: true },
  addresses: networks.map((network) => ({ address: network.replace(/\/.*/, ""), network: parseCidr(network)! })),
});

describe("of overlapping networks", () => {
  const links = [link("wide", "10.0.0.1/16"), link("narrow", "10.0.0.2/24")];

  test("the narrowest one tells the interface of a gateway", () => {
    expect(outsideNetworks(new Map([["10.0.0.11", "narrow"]]), links)).toEqual([]);
    expect(outsideNetworks(new Map([["10.0.0.11", "wide"]]), links)).toEqual(["10.0.0.11"]);
  });
});

describe("a gateway that is not reached over an interface in whose network it is", () => {
  const isDirect = (dst: string, ...links: Link[]): boolean =>
    judgeRoutes(["10.0.0.11"], [JSON.stringify([{ dst, dev: "v1" }])], links).unusable.length === 0;

  test("is direct by a host route, also where its network is on another interface", () => {
    expect(isDirect("10.0.0.11")).toBe(true);
    expect(isDirect("10.0.0.11", link("v0", "10.0.0.1/24"))).toBe(true);
  });

  test("is direct by a route to a network of at most /17 that no interface has an address in", () => {
    const others = link("v0", "10.1.0.1/24");
    expect(["10.0.0.0/17", "10.0.0.0/16", "0.0.0.0/1", "default"].map((dst) => isDirect(dst, others))).toEqual([
      ...[true, false, false, false],
    ]);
  });

  test("is direct by the route of its own network, whose interface was renamed between the two readings", () => {
    expect(isDirect("10.0.0.0/24", link("v1", "10.0.0.1/24"))).toBe(true);
  });

  test("is not direct by a route to a network while its own network is on another interface", () => {
    expect(isDirect("10.0.0.8/29", link("v0", "10.0.0.1/24"))).toBe(false);
  });

  test("uses the interface of the route that was judged, since an address may be back after the gateway was looked up", () => {
    const answer = JSON.stringify([{ dst: "10.0.0.0/24", dev: "v1" }]);
    const expected = { unusable: [], devices: new Map([["10.0.0.11", "v1"]]) };
    expect(judgeRoutes(["10.0.0.11"], [answer], [])).toEqual(expected);
    expect(judgeRoutes(["10.0.0.11"], [answer], [link("v1", "10.0.0.1/24")])).toEqual(expected);
  });
});
