import { expect, test } from "bun:test";

import { carrierLoss } from "../../../src/routing/carrier-loss.ts";

const link = (name: string, carrier: boolean) => ({ name, up: true, carrier, addresses: [] });
const seen = {
  links: [link("lan0", true), link("wan1", false), link("wan2", false)],
  devices: new Map([
    ["a", "lan0"],
    ["b", "wan1"],
    ["c", "wan2"],
    ["d", "tun0"], // has no address of its own, so it is not in the list
  ]),
};

test.each([
  ["a gateway behind a link without a carrier is cut off", ["a", "b"], ["b"]],
  ["and so is each of several", ["a", "b", "c"], ["b", "c"]],
  ["one whose link is unknown is not", ["b", "d"], ["b"]],
  ["one whose way is unknown is not", ["b", "x"], ["b"]],
  ["where all are, none counts as such", ["b", "c"], []],
  ["a single one neither", ["b"], []],
  ["nor nobody", [], []],
] as const)("%s", (_, gateways, expected) => {
  expect(carrierLoss(gateways, seen).map(({ gateway }) => gateway)).toEqual([...expected]);
});

test("the reason names the interface", () => {
  expect(carrierLoss(["a", "b"], seen)).toEqual([
    { gateway: "b", fault: { code: "no-carrier", detail: "its interface wan1 has no carrier" } },
  ]);
});
