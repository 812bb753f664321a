import { describe, expect, test } from "bun:test";

import { type Bench, GATEWAYS, openBench, REQUIRED } from "./ddns.fixture.ts";

const MINUTE = 60_000;
const [A, B, C] = GATEWAYS;

let bench: Bench;
const addresses = (): string[] => bench.dynu.addresses();

describe("a provider that asks to wait (Retry-After)", () => {
  const busy = (seconds: number, status = 429) =>
    ({ kind: "http", status, headers: { "retry-after": String(seconds) } }) as const;
  const declining = (seconds: number) => {
    const body = JSON.stringify({ statusCode: 505, type: "Validation Exception", message: "No." });
    return { ...busy(seconds, 505), body, contentType: "application/json" };
  };

  test.each([429, 503])("with status %d gets no request before that, whatever happens meanwhile", async (status) => {
    bench = openBench({ flags: { "ddns-require-ip-address": REQUIRED }, random: () => 0 });
    bench.hold(true);
    await bench.activate(A);
    bench.dynu.fail(busy(600, status));
    await bench.activate(A, B);
    expect(bench.of("ddns-trouble")).toMatchObject([{ kind: "passing", waitMs: 600_000 }]);
    const before = bench.calls.length;
    for (let minute = 0; minute < 9; minute += 1) {
      await bench.activate(...(minute % 2 === 0 ? [] : [A, B]));
      bench.hold(false);
      bench.hold(true);
      await bench.pass(MINUTE - 3000, 1000);
    }
    expect(bench.calls).toHaveLength(before);
    await bench.activate(A, B);
    await bench.pass(2 * MINUTE, 1000);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
  });

  test("is obeyed for every failure, and between two changes", async () => {
    bench = openBench({ random: () => 0 });
    bench.dynu.fail(declining(7200), { call: "add" });
    await bench.activate(A, B);
    await bench.pass(119 * MINUTE, 10_000);
    expect(bench.writes).toEqual(["add"]);
    await bench.pass(2 * MINUTE, 1000);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
  });

  test("after it declined a change delays other desired records for that time alone", async () => {
    bench = openBench();
    await bench.activate(A);
    bench.dynu.fail(declining(60), { call: "add" });
    await bench.activate(A, B);
    await bench.activate(C);
    expect(bench.of("ddns-desired").at(-1)).toMatchObject({ addresses: ["1.0.0.3"] });
    expect(bench.of("ddns-desired").at(-1)!.delayMs).toBeWithin(55_000, 60_001);
    await bench.pass(50_000, 1000);
    expect(addresses()).toEqual(["1.0.0.1"]);
    await bench.pass(10_000, 1000);
    expect(addresses()).toEqual(["1.0.0.3"]);
  });

  test("does not shorten the usual waits", async () => {
    bench = openBench({ random: () => 0.999 });
    bench.dynu.fail(busy(0), { times: 4 });
    await bench.activate(A);
    await bench.pass(MINUTE, 1000);
    expect(bench.of("ddns-trouble").map(({ waitMs }) => Math.round(waitMs / 1000))).toEqual([2, 2, 4, 8]);
  });
});
