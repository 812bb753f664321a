import { describe, expect, test } from "bun:test";

import { formatCidr } from "../../../../src/net/cidr.ts";
import { parseInterfaces } from "../../../../src/routing/iproute2/addresses.ts";

const link = (...infos: object[]): string => JSON.stringify([{ ifname: "v0", flags: [], addr_info: infos }]);

describe("connected networks", () => {
  test("are those of the addresses, each once", () => {
    const text = link(
      { family: "inet", local: "10.0.0.1", prefixlen: 24 },
      { family: "inet", local: "10.0.0.7", prefixlen: 24 },
      { family: "inet6", local: "fe80::1", prefixlen: 64 },
    );
    expect(parseInterfaces(text).connected.map(formatCidr)).toEqual(["10.0.0.0/24"]);
  });

  test("have the far end of a point-to-point link", () => {
    const text = link({ family: "inet", local: "10.5.0.1", address: "10.5.0.2", prefixlen: 32 });
    expect(parseInterfaces(text).connected.map(formatCidr)).toEqual(["10.5.0.2/32"]);
  });

  test("are left out with a prefix length of 0, which would exclude everything", () => {
    expect(parseInterfaces(link({ family: "inet", local: "10.0.0.1", prefixlen: 0 })).connected).toEqual([]);
  });

  test("are none of an interface without addresses", () => {
    expect(parseInterfaces('[{"ifname":"v0"},{}]').connected).toEqual([]);
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
    expect(parseInterfaces(`[${LO},${DOWN},{},${PEER}]`).addresses).toEqual([
      "127.0.0.1",
      "10.0.0.1",
      "10.0.0.100",
      "10.5.0.1",
    ]);
  });

  test("are of IPv4 alone, whatever their prefix", () => {
    const infos = [
      { family: "inet6", local: "fe80::1", prefixlen: 64 },
      { family: "inet", local: "10.0.0.1", prefixlen: 0 },
      { family: "inet", local: "192.168.1.100", prefixlen: 32 },
    ];
    expect(parseInterfaces(link(...infos)).addresses).toEqual(["10.0.0.1", "192.168.1.100"]);
  });

  test.each(["", "[]", "[{}]", '[{"ifname":"v0"},{}]', '[{"ifname":"v0","addr_info":[]}]', '[{"addr_info":[{}]}]'])(
    "are none where there are none, printed as %p",
    (text) => {
      expect(parseInterfaces(text).addresses).toEqual([]);
    },
  );
});

describe("links", () => {
  const read = (flags: string[], ...addresses: object[]) => {
    const [link] = parseInterfaces(JSON.stringify([{ ifname: "gw0", flags, addr_info: addresses }, {}])).links;
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
    expect(parseInterfaces(text).links).toEqual([]);
  });
});

test("addresses that iproute2 would never print are unreadable, and unknown ones are left out", () => {
  expect(() => parseInterfaces('[{"addr_info":[{"family":"inet","local":"10.0.0.1","prefixlen":33}]}]')).toThrow();
  expect(() => parseInterfaces('[{"addr_info":"none"}]')).toThrow("unexpected output of ip: expected a list");
  expect(() => parseInterfaces('[{"ifname":"v0","flags":"UP"}]')).toThrow("unexpected output of ip: expected a list");
  expect(parseInterfaces('[{"addr_info":[{"family":"inet","local":"none"}]}]').addresses).toEqual([]);
});

describe("an interface with texts of other programs or of people", () => {
  /** As iproute2 prints two interfaces, with a name for the first one. */
  const list = (name: string, more = ""): string =>
    `[{"ifindex":2,"link":"${name}","ifname":"${name}","flags":["UP"]${more},"addr_info":[{"family":"inet","local":"10.0.0.1","prefixlen":24}]},` +
    '{"ifindex":3,"ifname":"v1","flags":["UP"],"addr_info":[{"family":"inet","local":"10.1.0.1","prefixlen":24}]}]';

  test.each([
    ["o'gw0", "o\\'gw0"], // before 6.1
    ["o'gw0", "o'gw0"],
    ['a"\\b', 'a\\"\\\\b'],
    ["\\'", "\\\\\\'"], // before 6.1: a backslash and an apostrophe
    ['},{"ifindex":9', '},{\\"ifindex\\":9'],
  ])("is read under its name: %s", (name, printed) => {
    const { links, skipped } = parseInterfaces(list("v0", `,"altnames":["${printed}"]`));
    expect([links.map((one) => one.name), skipped]).toEqual([["v0", "v1"], []]);
    expect(parseInterfaces(list(printed)).addresses).toEqual(["10.0.0.1", "10.1.0.1"]);
    expect(parseInterfaces(list(printed)).skipped).toEqual(/[:]/.test(name) ? [{ name }] : []);
  });

  test("has addresses although its name has control characters, and is reported", () => {
    for (const printed of ["a\x01\x1fb", "a\\u0001\\u001fb"]) {
      const { connected, addresses, links, skipped } = parseInterfaces(list(printed));
      expect(connected.map(formatCidr)).toEqual(["10.0.0.0/24", "10.1.0.0/24"]);
      expect(addresses).toHaveLength(2);
      expect(links.map(({ name }) => name)).toEqual(["v1"]);
      expect(skipped).toEqual([{ name: "a\\u0001\\u001fb" }]);
    }
  });

  test.each([
    ["no JSON", ',"info":raw text', "unexpected output of ip: expected JSON"],
    ["another type", ',"addr_info":"none"', undefined],
  ])("is left out where ip prints %s about it, and reported; the others are read", (_, more, unreadable) => {
    const text = list("v0", more).replace(
      more === undefined ? "" : /("addr_info":"none"),"addr_info":\[\{[^\]]*\]/,
      "$1",
    );
    const { addresses, links, skipped } = parseInterfaces(text);
    expect(addresses).toEqual(["10.1.0.1"]);
    expect(links.map(({ name }) => name)).toEqual(["v1"]);
    expect(skipped).toEqual([{ name: "v0", unreadable: unreadable ?? "unexpected output of ip: expected a list" }]);
  });

  test("is unreadable with all others where the list is not whole", () => {
    expect(() => parseInterfaces(list("v0").slice(0, -20))).toThrow("unexpected output of ip: expected JSON");
  });
});
