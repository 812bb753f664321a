import { expect, test } from "bun:test";

import { age, latencyText, percent, reasonOf } from "../../../src/status/phrases.ts";
import { failed, GATEWAYS, healthy, setUp, turned } from "./model.fixture.ts";

test.each([
  [0.4, "0s"],
  [59.9, "59s"],
  [60, "1m 0s"],
  [3599, "59m 59s"],
  [3600, "1h 0m"],
  [90_000, "1d 1h"],
  [1e7, "115d 17h"],
])("%d seconds are written %p", (seconds, text) => {
  expect(age(seconds)).toBe(text);
});

test.each([
  [null, "-"],
  [0.000_123_4, "0.123 ms"],
  [0.003_123, "3.12 ms"],
  [0.9994, "999 ms"],
  [0.9996, "1.00 s"],
  [1.234, "1.23 s"],
])("a latency of %p seconds is written %p", (seconds, text) => {
  expect(latencyText(seconds)).toBe(text);
});

test("a share is written in percent", () => {
  expect([0, 1 / 3, 1].map(percent)).toEqual(["0.0 %", "33.3 %", "100.0 %"]);
});

test("the reason of a gateway in use is why its public address is not known, rather than an old failure", () => {
  const { record, gateway, clock } = setUp();
  record(failed(1, "timeout after 1s"), healthy(1, 0.1), turned(1, "up"));
  clock.now = 60_000;
  expect(reasonOf(gateway(1)).text).toBe("timeout after 1s");
  const result = { kind: "failure", seconds: 0.1, code: "no-address", detail: "the answer has no address" } as const;
  record({ type: "public-ip-state", gateway: GATEWAYS[0], state: "unknown" });
  record({ type: "public-ip", gateway: GATEWAYS[0], result });
  expect(reasonOf(gateway(1))).toEqual({ text: "public address: the answer has no address", ageSeconds: null });
  record(turned(1, "down"));
  expect(reasonOf(gateway(1))).toEqual({ text: "timeout after 1s", ageSeconds: null });
});
