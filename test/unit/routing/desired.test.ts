import { describe, expect, test } from "bun:test";

import { type Cidr, formatCidr, parseCidr } from "../../../src/net/cidr.ts";
import { RESERVED_CIDRS } from "../../../src/net/reserved.ts";
import { coveredByConnected, type Destinations, desiredState } from "../../../src/routing/desired.ts";

const cidrs = (...texts: string[]): Cidr[] => texts.map((text) => parseCidr(text)!);

function routesOf(
  changes: Partial<Destinations>,
  connected: string[] = ["10.0.0.0/24"],
): { throws: string[]; ways: string[] } {
  const destinations = {
    managed: cidrs("0.0.0.0/0"),
    excluded: [],
    reserved: [],
    gateways: cidrs("10.0.0.11/32"),
    ...changes,
  };
  const nexthops = [{ gateway: "10.0.0.11", weight: 1 }];
  const { routes } = desiredState(destinations, cidrs(...connected), nexthops, { table: 180, preference: 10888 });
  const of = (type: string): string[] => routes.filter((r) => r.type === type).map((r) => formatCidr(r.destination));
  return { throws: of("throw"), ways: of("unicast") };
}

describe("desired routes", () => {
  test("the gateways and the connected networks are always excluded", () => {
    expect(routesOf({})).toEqual({ throws: ["10.0.0.11/32", "10.0.0.0/24"], ways: ["0.0.0.0/0"] });
  });

  test("exclusions of the user and reserved ranges are thrown", () => {
    const { throws } = routesOf({ excluded: cidrs("9.9.9.9/32"), reserved: RESERVED_CIDRS });
    expect(throws).toEqual(expect.arrayContaining(["9.9.9.9/32", "10.0.0.0/8", "224.0.0.0/3"]));
  });

  test("an exclusion given twice is one route", () => {
    expect(routesOf({ excluded: cidrs("9.9.9.9/32", "9.9.9.9/32", "10.0.0.0/24") }).throws).toEqual([
      "9.9.9.9/32",
      "10.0.0.0/24",
      "10.0.0.11/32",
    ]);
  });

  test("exclusions outside of all managed destinations are not needed", () => {
    expect(routesOf({ managed: cidrs("1.0.0.0/8"), reserved: RESERVED_CIDRS })).toEqual({
      throws: [],
      ways: ["1.0.0.0/8"],
    });
  });

  test("nor are those that only surround one", () => {
    expect(routesOf({ managed: cidrs("172.20.0.0/16", "225.0.0.0/8"), reserved: RESERVED_CIDRS }).throws).toEqual([]);
  });

  test("a managed destination that an exclusion covers is left out", () => {
    expect(routesOf({ managed: cidrs("1.2.0.0/16", "2.0.0.0/8"), excluded: cidrs("1.0.0.0/8") }).ways).toEqual([
      "2.0.0.0/8",
    ]);
    expect(routesOf({ managed: cidrs("1.0.0.0/8", "2.0.0.0/8"), excluded: cidrs("1.0.0.0/8") }).ways).toEqual([
      "2.0.0.0/8",
    ]);
  });

  test("a managed destination inside a reserved range was named on purpose", () => {
    expect(routesOf({ managed: cidrs("10.0.0.0/8"), reserved: RESERVED_CIDRS })).toEqual({
      throws: ["10.0.0.11/32", "10.0.0.0/24"],
      ways: ["10.0.0.0/8"],
    });
    expect(routesOf({ managed: cidrs("172.20.0.0/16"), reserved: RESERVED_CIDRS }).ways).toEqual(["172.20.0.0/16"]);
  });

  test("a network of this machine wins over a managed destination inside it", () => {
    expect(routesOf({ managed: cidrs("10.0.0.128/25", "8.0.0.0/8") }).ways).toEqual(["8.0.0.0/8"]);
    const covered = coveredByConnected(
      { managed: cidrs("10.0.0.128/25", "8.0.0.0/8"), excluded: [], reserved: [], gateways: [] },
      cidrs("10.0.0.0/24"),
    );
    expect(covered).toEqual([{ destination: cidrs("10.0.0.128/25")[0]!, by: cidrs("10.0.0.0/24")[0]! }]);
  });

  test("without nexthops the exclusions stay and the managed routes go", () => {
    const { routes, rules } = desiredState(
      { managed: cidrs("0.0.0.0/0"), excluded: cidrs("9.0.0.0/8"), reserved: [], gateways: [] },
      [],
      [],
      { table: 7, preference: 8 },
    );
    expect(routes.map(({ type }) => type)).toEqual(["throw"]);
    expect(rules).toEqual([{ kind: "lookup", family: 4, preference: 8, table: 7 }]);
  });
});
