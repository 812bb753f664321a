import { expect, test } from "bun:test";

import { sharesOf } from "../../../src/routing/shares.ts";

test("the shares of a route add up by gateway, in the order of their first nexthop", () => {
  const nexthops = [
    { gateway: "10.77.0.11", device: "gw0", weight: 1 },
    { gateway: "10.77.0.12", device: "gw0", weight: 1 },
    { gateway: "10.77.0.11", device: "gw0", weight: 2 },
  ];
  expect(sharesOf(nexthops)).toEqual([
    { gateway: "10.77.0.11", device: "gw0", share: 0.75 },
    { gateway: "10.77.0.12", device: "gw0", share: 0.25 },
  ]);
});
