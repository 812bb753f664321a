import { describe, expect, test } from "bun:test";

import { cidrs } from "../routing/plan.fixture.ts";
import { type Bench, GATEWAYS, openBench } from "./ddns.fixture.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const [A, B] = GATEWAYS;

let bench: Bench;
const addresses = (): string[] => bench.dynu.addresses();

/** Until they are healed, requests to the provider end with this code before they are sent. */
const cutOff = (code: string): void => bench.dynu.fail({ kind: "unconnected", code }, { times: Infinity });

/** A back-off of more than four minutes, with the provider reachable again. */
async function backOffFar(): Promise<void> {
  await bench.passUntil(() => (bench.of("ddns-trouble").at(-1)?.waitMs ?? 0) > 4 * MINUTE, 60 * MINUTE);
  bench.dynu.heal();
  await bench.pass(5 * SECOND);
}

describe("a provider that cannot be reached without a gateway", () => {
  test.each([
    ["prohibit", "EACCES"],
    ["unreachable", "ENETUNREACH"],
    ["blackhole", "EINVAL"],
    ["unreachable", "EAI_AGAIN"],
  ])(
    "because of -when-no-gateways %s (%s) is reported with the kill switch, and the records stay",
    async (mode, code) => {
      bench = openBench({ flags: { "when-no-gateways": mode } });
      await bench.activate(A, B);
      cutOff(code);
      await bench.activate();
      const [trouble] = bench.of("ddns-trouble");
      expect(trouble!.detail).not.toContain("connection refused");
      expect(trouble!.remedy).toStartWith(
        `no gateway is active, and the kill switch (-when-no-gateways ${mode}) rejects`,
      );
      expect(trouble!.remedy).toContain("-exclude-cidr");
      expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
    },
  );

  test.each([
    ["while a gateway is active", { "when-no-gateways": "prohibit" }, [A], "EACCES"],
    ["without a kill switch", {}, [], "EACCES"],
  ] as const)("is reported without one %s", async (_, flags, active, code) => {
    bench = openBench({ flags });
    await bench.activate(A, B);
    cutOff(code);
    await bench.activate(...active);
    expect(bench.of("ddns-trouble")[0]).toMatchObject({ code: "blocked", remedy: undefined });
  });

  test.each([
    [{ from: cidrs("10.78.0.0/24") }, false],
    [{ in: ["lan0"] }, false],
    [{ in: ["lan0", "lo"] }, true],
    [{ mark: { value: 0x10, mask: 0xff } }, false],
  ] as const)(
    "is reported with the kill switch only if packets to it use the pool (%o: %p)",
    async (selectors, isNamed) => {
      bench = openBench({ flags: { "when-no-gateways": "prohibit" }, selectors });
      await bench.activate(A, B);
      cutOff("EACCES");
      await bench.activate();
      expect(bench.of("ddns-trouble")[0]!.remedy !== undefined).toBe(isNamed);
    },
  );

  test("is reported with the sources of the pool where this machine has one of them", async () => {
    bench = openBench({ flags: { "when-no-gateways": "prohibit" }, selectors: { from: cidrs("10.78.0.0/24") } });
    bench.ddns.setAddresses(["192.0.2.1", "10.78.0.1"]);
    await bench.activate(A, B);
    cutOff("EACCES");
    await bench.activate();
    expect(bench.of("ddns-trouble")[0]!.remedy).toContain("rejects packets from 10.78.0.0/24; exclude");
  });

  test("but answers with a failure is reported without the kill switch", async () => {
    bench = openBench({ flags: { "when-no-gateways": "prohibit" } });
    await bench.activate(A);
    bench.dynu.fail({ kind: "http", status: 503 });
    await bench.activate();
    expect(bench.of("ddns-trouble")[0]).toMatchObject({ code: undefined, remedy: undefined });
  });
});

describe("a gateway that returns", () => {
  test("ends the back-off after a provider that could not be reached, at once", async () => {
    bench = openBench({ flags: { "when-no-gateways": "prohibit" }, random: () => 0.999 });
    await bench.activate(A, B);
    cutOff("EACCES");
    await bench.activate();
    await backOffFar();
    bench.ddns.setActive([B]);
    await bench.pass(200);
    expect(addresses()).toEqual(["1.0.0.2"]);
  });

  test("ends it within two seconds, also where no other records follow", async () => {
    bench = openBench({ flags: { "ddns-when-no-gateways": "keep" }, random: () => 0.999 });
    await bench.activate(A);
    cutOff("EHOSTUNREACH");
    await bench.activate(A, B);
    await bench.activate(A);
    await backOffFar();
    bench.services.set(B, 500);
    const before = bench.calls.length;
    bench.ddns.setActive([A, B]);
    await bench.pass(2100);
    expect(bench.calls.length).toBeGreaterThan(before);
  });

  test("during a request that fails for lack of a connection has another one follow after two seconds", async () => {
    bench = openBench({ random: () => 0.999 });
    await bench.activate(A, B);
    cutOff("EACCES");
    await bench.activate();
    await bench.passUntil(() => (bench.of("ddns-trouble").at(-1)?.waitMs ?? 0) > MINUTE, 60 * MINUTE);
    bench.dynu.heal();
    bench.dynu.fail({ kind: "hang" });
    await bench.passUntil(() => bench.dynu.requests.at(-1)!.answer === "hang", 10 * MINUTE, 100);
    bench.ddns.setActive([B]);
    await bench.passUntil(() => bench.of("ddns-trouble").at(-1)!.code === "timeout", MINUTE, 100);
    await bench.pass(2100);
    expect(addresses()).toEqual(["1.0.0.2"]);
  });

  test("does not end the back-off of a provider that answers with failures, nor a wait that it asked for", async () => {
    bench = openBench({ random: () => 0.999 });
    await bench.activate(A);
    bench.dynu.fail({ kind: "http", status: 503 }, { times: Infinity });
    await bench.activate();
    await backOffFar();
    const before = bench.calls.length;
    await bench.activate(A);
    await bench.activate(A, B);
    expect(bench.calls).toHaveLength(before);
  });
});

test("a gateway that leaves does not end the back-off after a provider that could not be reached", async () => {
  bench = openBench({ random: () => 0.999 });
  await bench.activate(A, B);
  cutOff("EHOSTUNREACH");
  await bench.activate(A);
  await backOffFar();
  const before = bench.calls.length;
  await bench.activate();
  await bench.pass(5 * SECOND);
  expect(bench.calls).toHaveLength(before);
});
