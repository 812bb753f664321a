import { expect, test } from "bun:test";

import { exitText, reasonOf } from "../../../src/status/phrases.ts";
import { addressOf, setUp } from "./model.fixture.ts";

const CHECKED = { "exit-check": "https://ip.example.com/" };
const [A, B] = [addressOf(1), addressOf(2)];

test("a gateway has its exit address, whether it leaks, and the gateways with which it shares it", () => {
  const { gateway, record } = setUp(CHECKED);
  expect(gateway(1).exit).toEqual({ address: null, leaking: false, sharedWith: [], why: null });
  record(
    { type: "exit-changed", gateway: A, from: undefined, to: "5.0.0.1" },
    { type: "exit-changed", gateway: B, from: undefined, to: "5.0.0.1" },
    { type: "exit-shared", address: "5.0.0.1", gateways: [A, B] },
  );
  expect(gateway(1).exit).toMatchObject({ address: "5.0.0.1", sharedWith: [B] });
  expect(exitText(gateway(1).exit)).toBe("5.0.0.1 (shared with 1 more)");
  record({ type: "exit-shared", address: "5.0.0.1", gateways: [] });
  expect(exitText(gateway(1).exit)).toBe("5.0.0.1");
});

test("a leak comes before every other reason", () => {
  const { gateway, record } = setUp(CHECKED);
  record(
    { type: "exit-changed", gateway: A, from: undefined, to: "5.0.0.9" },
    { type: "gateway-leaks", gateway: A, address: "5.0.0.9", leaking: true },
  );
  expect(reasonOf(gateway(1))).toEqual({
    text: "leaking: its exit address 5.0.0.9 is that of this router itself",
    ageSeconds: null,
  });
});

test("a failed question shows its reason beside the last address", () => {
  const { gateway, record } = setUp(CHECKED);
  record(
    { type: "exit-changed", gateway: A, from: undefined, to: "5.0.0.1" },
    { type: "exit", gateway: A, result: { kind: "failure", code: "timeout", detail: "timeout after 2s", seconds: 2 } },
  );
  expect(gateway(1).exit).toMatchObject({ address: "5.0.0.1", why: "timeout after 2s" });
});

test("without -exit-check a gateway has no exit", () => {
  expect(setUp().gateway(1)).not.toHaveProperty("exit");
});
