import { describe, expect, test } from "bun:test";

import { formatCidr } from "../../../../src/net/cidr.ts";
import { parseRoutes } from "../../../../src/routing/iproute2/routes.ts";

// Texts as iproute2 6.1 prints them on Linux 6.18.
const MULTIPATH =
  '[{"type":"1","dst":"default","protocol":"173","scope":"0","flags":[],"nexthops":[{"gateway":"10.0.0.11","dev":"v0","weight":1,"flags":[]},{"gateway":"10.0.0.12","dev":"v0","weight":3,"flags":["linkdown"]}]}]';
const SINGLE =
  '[{"type":"1","dst":"9.9.9.9","gateway":"10.0.0.11","dev":"v0","protocol":"173","scope":"0","flags":[]}]';
const THROW = '[{"type":"9","dst":"10.0.0.0/24","protocol":"173","scope":"0","flags":[]}]';
const GUARD = '[{"type":"7","dst":"default","protocol":"173","scope":"0","metric":4294967295,"flags":[]}]';

describe("routes", () => {
  test("have the nexthops of a multipath route with their weights", () => {
    const [route] = parseRoutes(MULTIPATH);
    expect(route).toMatchObject({ type: "unicast", protocol: 173, metric: 0 });
    expect(route!.nexthops).toEqual([
      { gateway: "10.0.0.11", weight: 1, device: "v0" },
      { gateway: "10.0.0.12", weight: 3, device: "v0" },
    ]);
  });

  test("have a single nexthop, which ip prints at the top level", () => {
    const [route] = parseRoutes(SINGLE);
    expect(formatCidr(route!.destination)).toBe("9.9.9.9/32");
    expect(route!.nexthops).toEqual([{ gateway: "10.0.0.11", weight: 1, device: "v0" }]);
  });

  test("have types without nexthops, and metrics", () => {
    expect(parseRoutes(THROW)[0]).toMatchObject({ type: "throw", nexthops: [] });
    expect(parseRoutes(GUARD)[0]).toMatchObject({ type: "unreachable", metric: 4294967295 });
  });

  test("have types by name, as older releases print them", () => {
    expect(parseRoutes('[{"type":"throw","dst":"10.0.0.0/24","protocol":"173"}]')[0]!.type).toBe("throw");
    expect(parseRoutes('[{"dst":"default","gateway":"10.0.0.1","protocol":"4"}]')[0]!.type).toBe("unicast");
  });

  test.each(["", "[]", "[{}]", "[{},{}]"])("are none in an empty table, printed as %p", (text) => {
    expect(parseRoutes(text)).toEqual([]);
  });

  test("are left out with a type of service, which is another key than ours", () => {
    expect(parseRoutes('[{"type":"1","dst":"default","tos":"0x10","gateway":"10.0.0.1","protocol":"4"}]')).toEqual([]);
  });

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
  ])("are unreadable where iproute2 would never print them so: %s", (text) => {
    expect(() => parseRoutes(text)).toThrow("unexpected output of ip: expected ");
  });

  test("may have protocols, tables and gateways that are not known here", () => {
    expect(parseRoutes('[{"dst":"default","protocol":"kernel","dev":"v0"}]')[0]).toMatchObject({ protocol: 0 });
    expect(parseRoutes('[{"dst":"default","table":"vrf-1","dev":"v0"}]')).toEqual([]);
    expect(
      parseRoutes('[{"dst":"default","via":{"family":"inet6","host":"fe80::1"},"dev":"v0"}]')[0]!.nexthops,
    ).toEqual([{ gateway: "", weight: 1, device: "v0" }]);
  });
});
