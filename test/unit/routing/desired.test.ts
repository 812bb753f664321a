import { describe, expect, test } from "bun:test";

import { formatCidr } from "../../../src/net/cidr.ts";
import { RESERVED_CIDRS } from "../../../src/net/reserved.ts";
import { coveredByConnected, type Destinations, desiredState } from "../../../src/routing/desired.ts";
import { cidrs, destinations, hops, TABLE_REF } from "./plan.fixture.ts";

/** The destinations of the desired routes by their type. */
function routesOf(changes: Partial<Destinations>): { throws: string[]; unicasts: string[] } {
  const { routes } = desiredState(destinations(changes), cidrs("10.0.0.0/24"), hops("10.0.0.11"), TABLE_REF);
  const of = (type: string): string[] => routes.filter((r) => r.type === type).map((r) => formatCidr(r.destination));
  return { throws: of("throw"), unicasts: of("unicast") };
}

describe("desired routes", () => {
  test("exclude the gateways and the connected networks", () => {
    expect(routesOf({})).toEqual({ throws: ["10.0.0.11/32", "10.0.0.0/24"], unicasts: ["0.0.0.0/0"] });
  });

  test("exclude the configured exclusions and the reserved ranges", () => {
    const { throws } = routesOf({ excluded: cidrs("9.9.9.9/32"), reserved: RESERVED_CIDRS });
    expect(throws).toEqual(expect.arrayContaining(["9.9.9.9/32", "10.0.0.0/8", "224.0.0.0/3"]));
  });

  test("include one route for an exclusion that is given several times", () => {
    expect(routesOf({ excluded: cidrs("9.9.9.9/32", "9.9.9.9/32", "10.0.0.0/24") }).throws).toEqual([
      "9.9.9.9/32",
      "10.0.0.0/24",
      "10.0.0.11/32",
    ]);
  });

  test("omit exclusions outside all managed destinations", () => {
    expect(routesOf({ managed: cidrs("1.0.0.0/8"), reserved: RESERVED_CIDRS })).toEqual({
      throws: [],
      unicasts: ["1.0.0.0/8"],
    });
  });

  test("omit exclusions that only surround managed destinations", () => {
    expect(routesOf({ managed: cidrs("172.20.0.0/16", "225.0.0.0/8"), reserved: RESERVED_CIDRS }).throws).toEqual([]);
  });

  test("omit a managed destination that an exclusion covers", () => {
    expect(routesOf({ managed: cidrs("1.2.0.0/16", "2.0.0.0/8"), excluded: cidrs("1.0.0.0/8") }).unicasts).toEqual([
      "2.0.0.0/8",
    ]);
    expect(routesOf({ managed: cidrs("1.0.0.0/8", "2.0.0.0/8"), excluded: cidrs("1.0.0.0/8") }).unicasts).toEqual([
      "2.0.0.0/8",
    ]);
  });

  test("include a managed destination inside a reserved range, which was configured on purpose", () => {
    expect(routesOf({ managed: cidrs("10.0.0.0/8"), reserved: RESERVED_CIDRS })).toEqual({
      throws: ["10.0.0.11/32", "10.0.0.0/24"],
      unicasts: ["10.0.0.0/8"],
    });
    expect(routesOf({ managed: cidrs("172.20.0.0/16"), reserved: RESERVED_CIDRS }).unicasts).toEqual(["172.20.0.0/16"]);
  });

  test("omit a managed destination inside a connected network, and the two are reported", () => {
    expect(routesOf({ managed: cidrs("10.0.0.128/25", "8.0.0.0/8") }).unicasts).toEqual(["8.0.0.0/8"]);
    const given = destinations({ managed: cidrs("10.0.0.128/25", "8.0.0.0/8"), gateways: [] });
    const [destination, by] = cidrs("10.0.0.128/25", "10.0.0.0/24");
    expect(coveredByConnected(given, [by!])).toEqual([{ destination: destination!, by: by! }]);
  });

  test("without nexthops include the exclusions and no managed route", () => {
    const given = destinations({ excluded: cidrs("9.0.0.0/8"), gateways: [] });
    const { routes, rules } = desiredState(given, [], [], { table: 7, preference: 8 });
    expect(routes.map(({ type }) => type)).toEqual(["throw"]);
    expect(rules).toEqual([{ kind: "lookup", family: 4, preference: 8, table: 7 }]);
  });
});
