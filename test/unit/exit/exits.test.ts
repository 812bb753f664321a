import { expect, test } from "bun:test";

import { Exits } from "../../../src/exit/exits.ts";

const [A, B, C] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"] as const;
const OWN = "5.0.0.9";

const leak = (gateway: string, address: string, leaking: boolean) => {
  return { type: "gateway-leaks", gateway, address, leaking } as const;
};
const changed = (gateway: string, from: string | undefined, to: string) => {
  return { type: "exit-changed", gateway, from, to } as const;
};

test("a gateway leaks while its exit address is that of this router, whichever is known first", () => {
  const exits = new Exits([A, B]);
  expect(exits.setExit(A, OWN)).toEqual([changed(A, undefined, OWN)]);
  expect(exits.setOwn(OWN)).toEqual([leak(A, OWN, true)]);
  expect(exits.setExit(B, OWN)).toEqual([changed(B, undefined, OWN), leak(B, OWN, true)]);
  expect([exits.leakOf(A), exits.leakOf(B)]).toEqual([OWN, OWN]);
  expect(exits.setExit(A, "5.0.0.1")).toEqual([changed(A, OWN, "5.0.0.1"), leak(A, "5.0.0.1", false)]);
  expect(exits.leakOf(A)).toBeUndefined();
});

test("a leak is reported once, however often it is found", () => {
  const exits = new Exits([A]);
  exits.setOwn(OWN);
  exits.setExit(A, OWN);
  expect([...exits.setExit(A, OWN), ...exits.setOwn(OWN)]).toEqual([]);
});

test("a gateway that leaks does so until it is asked again, also when this router gets another address", () => {
  const exits = new Exits([A]);
  exits.setOwn(OWN);
  exits.setExit(A, OWN);
  expect(exits.setOwn("5.0.0.10")).toEqual([]);
  expect([exits.leakOf(A), exits.setExit(A, "5.0.0.10")]).toEqual([OWN, [changed(A, OWN, "5.0.0.10")]]);
  exits.setOwn(OWN);
  expect(exits.setExit(A, "5.0.0.10")).toEqual([leak(A, "5.0.0.10", false)]);
});

test("gateways with one exit address are reported once, with each change of them, and at the end", () => {
  const exits = new Exits([A, B, C]);
  exits.setExit(A, "5.0.0.1");
  const shared = (...gateways: string[]) => ({ type: "exit-shared", address: "5.0.0.1", gateways }) as const;
  expect(exits.setExit(B, "5.0.0.1")).toContainEqual(shared(A, B));
  expect(exits.setExit(C, "5.0.0.1")).toContainEqual(shared(A, B, C));
  expect(exits.setOwn(OWN)).toEqual([]);
  expect(exits.setExit(A, "5.0.0.7")).toContainEqual(shared(B, C));
  expect(exits.setExit(B, "5.0.0.8")).toContainEqual(shared());
});

test("gateways that leak are not said to share an exit as well", () => {
  const exits = new Exits([A, B]);
  exits.setOwn(OWN);
  expect([...exits.setExit(A, OWN), ...exits.setExit(B, OWN)].map(({ type }) => type)).not.toContain("exit-shared");
});
