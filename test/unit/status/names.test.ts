import { expect, test } from "bun:test";

import { Check } from "typebox/schema";

import { Gateway } from "../../../src/status/schema.ts";
import { setUp } from "./model.fixture.ts";

test("the status has the names of gateways, after their addresses, and none where there is none", () => {
  const { gateways } = setUp({ gateway: "sweden=10.0.0.2 lte=192.168.9.1,tier=2 172.20.0.1" }).status();
  expect(gateways.map(({ address, name }) => [address, name])).toEqual([
    ["10.0.0.1", undefined],
    ["10.0.0.2", "sweden"],
    ["10.0.0.3", undefined],
    ["192.168.9.1", "lte"],
    ["172.20.0.1", undefined],
  ]);
  expect(gateways[0]).not.toHaveProperty("name");
  expect(Object.keys(gateways[1]!).slice(0, 3)).toEqual(["address", "name", "state"]);
  for (const gateway of gateways) expect(Check(Gateway, gateway)).toBe(true);
});
