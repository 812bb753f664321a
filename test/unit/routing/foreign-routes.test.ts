import { describe, expect, test } from "bun:test";

import { formatCidr, parseCidr } from "../../../src/net/cidr.ts";
import { foreignRoutes } from "../../../src/routing/foreign-routes.ts";
import { type ObservedRoute, PROTOCOL } from "../../../src/routing/types.ts";
import { routeTo, wantedRoutes } from "../diagnose/kernel-facts.fixture.ts";

const TABLE = 180;
const WANTED = wantedRoutes();
const OURS: readonly ObservedRoute[] = WANTED.map((route) => ({ ...route, protocol: PROTOCOL }));
const WITHOUT_GATEWAYS = OURS.filter(({ type }) => type !== "unicast");
const NINE = parseCidr("9.0.0.0/8")!;
const REJECT = routeTo("0.0.0.0/0", TABLE, { type: "unreachable", metric: 4294967295, protocol: PROTOCOL });

/** Destination, extent and networks of each route that diverts packets. */
const found = (routes: readonly ObservedRoute[], wanted = WANTED): string[] =>
  foreignRoutes(routes, wanted).map(({ route, extent, networks }) => {
    return `${formatCidr(route.destination)} ${extent} ${networks.map(formatCidr).join()}`;
  });

describe("a route of another program in our table diverts packets", () => {
  test.each([
    ["with gateways", OURS],
    ["without", WITHOUT_GATEWAYS],
    ["that are rejected", [...WITHOUT_GATEWAYS, REJECT]],
  ])("to a narrower network than ours, %s", (_, ours) => {
    expect(found([...ours, routeTo("8.0.0.0/7", TABLE)])).toEqual(["8.0.0.0/7 some 8.0.0.0/7"]);
  });

  test("with a higher metric than ours only while ours is missing, before the one that rejects", () => {
    const spare = routeTo("0.0.0.0/0", TABLE, { metric: 500 });
    expect(found([...OURS, spare])).toEqual([]);
    expect(found([...WITHOUT_GATEWAYS, spare, REJECT])).toEqual(["0.0.0.0/0 all 0.0.0.0/0"]);
  });

  test("to a wider network than ours only while ours is missing", () => {
    const wanted = WANTED.map((route) => (route.type === "unicast" ? { ...route, destination: NINE } : route));
    const ours = wanted.map((route) => ({ ...route, protocol: PROTOCOL }));
    const wide = routeTo("0.0.0.0/0", TABLE);
    expect(found([...ours, wide], wanted)).toEqual([]);
    expect(found([wide], wanted)).toEqual(["0.0.0.0/0 all 9.0.0.0/8"]);
  });

  test("of everything together with others", () => {
    const halves = [routeTo("0.0.0.0/1", TABLE), routeTo("128.0.0.0/1", TABLE)];
    expect(found([...OURS, ...halves])).toEqual(["0.0.0.0/1 all 0.0.0.0/1", "128.0.0.0/1 all 128.0.0.0/1"]);
  });

  test.each([
    ["in the place of ours, which is a conflict", routeTo("0.0.0.0/0", TABLE)],
    ["to an excluded network", routeTo("10.1.0.0/16", TABLE)],
    ["that is ours", routeTo("8.0.0.0/7", TABLE, { protocol: PROTOCOL })],
  ])("not %s", (_, route) => {
    expect(found([...WITHOUT_GATEWAYS, route])).toEqual([]);
  });
});
