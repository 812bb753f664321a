import { describe, expect, test } from "bun:test";

import { formatCidr, parseCidr } from "../../../../src/net/cidr.ts";
import {
  parseAddresses,
  parseConnected,
  parseLinks,
  parseUnusable,
  parseRoutes,
  parseRules,
} from "../../../../src/routing/iproute2/observed.ts";

// Texts as iproute2 6.1 prints them on Linux 6.18.
const MULTIPATH =
  '[{"type":"1","dst":"default","protocol":"173","scope":"0","flags":[],"nexthops":[{"gateway":"10.0.0.11","dev":"v0","weight":1,"flags":[]},{"gateway":"10.0.0.12","dev":"v0","weight":3,"flags":["linkdown"]}]}]';
const SINGLE =
  '[{"type":"1","dst":"9.9.9.9","gateway":"10.0.0.11","dev":"v0","protocol":"173","scope":"0","flags":[]}]';
const THROW = '[{"type":"9","dst":"10.0.0.0/24","protocol":"173","scope":"0","flags":[]}]';
const GUARD = '[{"type":"7","dst":"default","protocol":"173","scope":"0","metric":4294967295,"flags":[]}]';

describe("routes", () => {
  test("multipath, with weights", () => {
    const [route] = parseRoutes(MULTIPATH);
    expect(route).toMatchObject({ type: "unicast", protocol: 173, metric: 0 });
    expect(route!.nexthops).toEqual([
      { gateway: "10.0.0.11", weight: 1, device: "v0" },
      { gateway: "10.0.0.12", weight: 3, device: "v0" },
    ]);
  });

  test("a single nexthop, which stands at the top level", () => {
    const [route] = parseRoutes(SINGLE);
    expect(formatCidr(route!.destination)).toBe("9.9.9.9/32");
    expect(route!.nexthops).toEqual([{ gateway: "10.0.0.11", weight: 1, device: "v0" }]);
  });

  test("types without nexthops, and metrics", () => {
    expect(parseRoutes(THROW)[0]).toMatchObject({ type: "throw", nexthops: [] });
    expect(parseRoutes(GUARD)[0]).toMatchObject({ type: "unreachable", metric: 4294967295 });
  });

  test("types by name, as older releases print them", () => {
    expect(parseRoutes('[{"type":"throw","dst":"10.0.0.0/24","protocol":"173"}]')[0]!.type).toBe("throw");
    expect(parseRoutes('[{"dst":"default","gateway":"10.0.0.1","protocol":"4"}]')[0]!.type).toBe("unicast");
  });

  test.each(["", "[]", "[{}]", "[{},{}]"])("an empty table, printed as %p", (text) => {
    expect(parseRoutes(text)).toEqual([]);
  });

  test("a route with a TOS has another key and is not ours to see", () => {
    expect(parseRoutes('[{"type":"1","dst":"default","tos":"0x10","gateway":"10.0.0.1","protocol":"4"}]')).toEqual([]);
  });
});

describe("rules", () => {
  const parse = (fields: string): unknown =>
    parseRules(`[{"priority":10888,"src":"all",${fields},"protocol":"173"}]`)[0];

  test("of each kind that we make", () => {
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

  test("of a single address, which has no length", () => {
    expect(parse('"dst":"9.9.9.9","action":"blackhole"')).toMatchObject({
      to: parseCidr("9.9.9.9/32"),
      how: "blackhole",
    });
  });

  test("whose goto leads nowhere now are seen all the same", () => {
    expect(parse('"dst":"9.9.9.9","goto":10891,"unresolved":null')).toMatchObject({ kind: "goto", target: 10891 });
  });

  test.each([
    '"srclen":16,"table":"180"',
    '"iif":"v0","table":"180"',
    '"fwmark":"0x1","table":"180"',
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
  ])("of another kind are left out: %s", (fields) => {
    expect(parse(fields)).toBeUndefined();
  });
});

describe("what iproute2 never prints", () => {
  test.each([
    "[null]",
    "[1]",
    "{}",
    '"text"',
    '[{"dst":5}]',
    '[{"dst":"default","metric":"1"}]',
    '[{"dst":"default","metric":-1}]',
    '[{"dst":"default","protocol":173}]',
    '[{"dst":"default","nexthops":{}}]',
    '[{"dst":"default","nexthops":[{"gateway":"10.0.0.1","weight":0}]}]',
    '[{"dst":"default","type":"a b"}]',
  ])("is unreadable: %s", (text) => {
    expect(() => parseRoutes(text)).toThrow();
  });

  test("among rules and addresses is unreadable as well", () => {
    expect(() => parseRules('[{"priority":"1","table":"180"}]')).toThrow();
    expect(() => parseConnected('[{"addr_info":[{"family":"inet","local":"10.0.0.1","prefixlen":33}]}]')).toThrow();
    expect(() => parseAddresses('[{"addr_info":"none"}]')).toThrow();
  });

  test("but other names, tables and addresses than are known to us may come", () => {
    expect(parseRoutes('[{"dst":"default","protocol":"kernel","dev":"v0"}]')[0]).toMatchObject({ protocol: 0 });
    expect(parseRoutes('[{"dst":"default","table":"vrf-1","dev":"v0"}]')).toEqual([]);
    expect(
      parseRoutes('[{"dst":"default","via":{"family":"inet6","host":"fe80::1"},"dev":"v0"}]')[0]!.nexthops,
    ).toEqual([{ gateway: "", weight: 1, device: "v0" }]);
    expect(parseAddresses('[{"addr_info":[{"family":"inet","local":"none"}]}]')).toEqual([]);
  });
});

const link = (...infos: object[]): string => JSON.stringify([{ ifname: "v0", flags: [], addr_info: infos }]);

describe("connected networks", () => {
  test("are those of the addresses, each once", () => {
    const text = link(
      { family: "inet", local: "10.0.0.1", prefixlen: 24 },
      { family: "inet", local: "10.0.0.7", prefixlen: 24 },
      { family: "inet6", local: "fe80::1", prefixlen: 64 },
    );
    expect(parseConnected(text).map(formatCidr)).toEqual(["10.0.0.0/24"]);
  });

  test("of a point-to-point link is the far end", () => {
    const text = link({ family: "inet", local: "10.5.0.1", address: "10.5.0.2", prefixlen: 32 });
    expect(parseConnected(text).map(formatCidr)).toEqual(["10.5.0.2/32"]);
  });

  test("with no prefix at all would exclude everything, and are left out", () => {
    expect(parseConnected(link({ family: "inet", local: "10.0.0.1", prefixlen: 0 }))).toEqual([]);
  });

  test("an interface without addresses", () => {
    expect(parseConnected('[{"ifname":"v0"},{}]')).toEqual([]);
  });
});

describe("addresses", () => {
  // As iproute2 6.1 prints them, less some fields: a link that is down with two addresses, and a point-to-point one.
  const LO =
    '{"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"operstate":"UNKNOWN","address":"00:00:00:00:00:00","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"254","label":"lo"}]}';
  const DOWN =
    '{"ifname":"v0","flags":["BROADCAST","MULTICAST","M-DOWN"],"operstate":"DOWN","addr_info":[{"family":"inet","local":"10.0.0.1","prefixlen":24,"broadcast":"10.0.0.255","scope":"0","label":"v0"},{"family":"inet","local":"10.0.0.100","prefixlen":24,"scope":"0","secondary":true,"label":"v0"}]}';
  const PEER =
    '{"ifname":"v1","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"operstate":"UP","addr_info":[{"family":"inet","local":"10.5.0.1","address":"10.5.0.2","prefixlen":32,"scope":"0","label":"v1"}]}';

  test("are those of all interfaces, the second ones too, and of a point-to-point link our own end", () => {
    expect(parseAddresses(`[${LO},${DOWN},{},${PEER}]`)).toEqual(["127.0.0.1", "10.0.0.1", "10.0.0.100", "10.5.0.1"]);
  });

  test("are of IPv4 alone, whatever their prefix", () => {
    const infos = [
      { family: "inet6", local: "fe80::1", prefixlen: 64 },
      { family: "inet", local: "10.0.0.1", prefixlen: 0 },
      { family: "inet", local: "192.168.1.100", prefixlen: 32 },
    ];
    expect(parseAddresses(link(...infos))).toEqual(["10.0.0.1", "192.168.1.100"]);
  });

  test.each(["", "[]", "[{}]", '[{"ifname":"v0"},{}]', '[{"ifname":"v0","addr_info":[]}]', '[{"addr_info":[{}]}]'])(
    "are none where there are none, printed as %p",
    (text) => {
      expect(parseAddresses(text)).toEqual([]);
    },
  );
});

describe("links", () => {
  const read = (flags: string[], ...addresses: object[]) => {
    const [link] = parseLinks(JSON.stringify([{ ifname: "gw0", flags, addr_info: addresses }, {}]));
    return { ...link!, addresses: link!.addresses.map(({ address, network }) => `${address} ${formatCidr(network)}`) };
  };
  const inet = (local: string, prefixlen: number, more: object = {}) => ({ family: "inet", local, prefixlen, ...more });

  test.each([
    [["BROADCAST", "MULTICAST", "UP", "LOWER_UP"], true, true],
    [["NO-CARRIER", "BROADCAST", "MULTICAST", "UP", "M-DOWN"], true, false], // the other end of a veth pair is down
    [["BROADCAST", "MULTICAST", "M-DOWN"], false, false],
    [["POINTOPOINT", "NOARP", "UP", "LOWER_UP"], true, true], // a tunnel, whose operstate is UNKNOWN
  ])("with the flags %p are up: %p, with a carrier: %p", (flags, up, carrier) => {
    expect(read(flags)).toEqual({ name: "gw0", up, carrier, addresses: [] });
  });

  test("have addresses with their networks, at a point-to-point link that of the other end", () => {
    const all = [
      inet("10.0.0.1", 24),
      { family: "inet6", local: "fe80::1" },
      inet("10.5.0.1", 32, { address: "10.6.0.1" }),
    ];
    expect(read(["UP"], ...all).addresses).toEqual(["10.0.0.1 10.0.0.0/24", "10.5.0.1 10.6.0.1/32"]);
  });

  test.each(["", "[]", "[{}]"])("are none where there are none, printed as %p", (text) => {
    expect(parseLinks(text)).toEqual([]);
  });
});

describe("refusals", () => {
  const answer = (fields: object): string => JSON.stringify([{ dst: "10.0.0.11", dev: "v0", flags: [], ...fields }]);
  const why = (...answers: string[]): string | undefined => parseUnusable(["10.0.0.11"], answers, 180)[0]?.fault.detail;

  test("a gateway on the link is fine", () => {
    expect(why(answer({ type: "1" }))).toBeUndefined();
  });

  test.each([
    ["of this machine", answer({ type: "2", dev: "lo", table: "255" })],
    ["broadcast", answer({ type: "3", table: "255" })],
    ["10.0.0.99", answer({ type: "1", gateway: "10.0.0.99" })],
  ])("an address that is %s is refused", (part, text) => {
    expect(why(text)).toContain(part);
  });

  test("no answer means no way", () => {
    expect(why()).toContain("no interface");
    expect(why(JSON.stringify([{ dst: "10.0.0.12", dev: "v0" }]))).toContain("no interface");
  });

  test("an answer out of our own table says nothing about the gateway", () => {
    expect(why(answer({ type: "1", gateway: "10.0.0.12", table: "180" }))).toBeUndefined();
  });
});
