import { expect, test } from "bun:test";

import { carrierLoss } from "../../../src/routing/carrier-loss.ts";

const link = (name: string, carrier: boolean) => ({ name, up: true, carrier, addresses: [] });
const observed = {
  links: [link("lan0", true), link("wan1", false), link("wan2", false)],
  devices: new Map([
    ["a", "lan0"],
    ["b", "wan1"],
    ["c", "wan2"],
    ["d", "tun0"], // has no address of its own, so it is not among the links
  ]),
};

test.each([
  ["a gateway behind an interface without a carrier is left out", ["a", "b"], ["b"]],
  ["several gateways behind interfaces without a carrier are all left out", ["a", "b", "c"], ["b", "c"]],
  ["a gateway whose interface has no address is not left out", ["b", "d"], ["b"]],
  ["a gateway whose interface is unknown is not left out", ["b", "x"], ["b"]],
  ["no gateway is left out when no interface has a carrier", ["b", "c"], []],
  ["a single gateway is not left out", ["b"], []],
  ["no gateway is left out of an empty list", [], []],
] as const)("%s", (_, gateways, expected) => {
  expect(carrierLoss(gateways, observed).map(({ gateway }) => gateway)).toEqual([...expected]);
});

test("the fault of a gateway that is left out names its interface", () => {
  expect(carrierLoss(["a", "b"], observed)).toEqual([
    { gateway: "b", fault: { code: "no-carrier", detail: "its interface wan1 has no carrier" } },
  ]);
});

test("in IPv6 gateways are left out also when no interface has a carrier, since no nexthop object can be made", () => {
  expect(carrierLoss(["b", "c"], observed, 6).map(({ gateway }) => gateway)).toEqual(["b", "c"]);
});
