import { describe, expect, test } from "bun:test";

import { WriteGate } from "../../../src/ddns/write-gate.ts";
import { type Bench, GATEWAYS, openBench, REQUIRED } from "./ddns.fixture.ts";

const MINUTE = 60_000;
const [A, B, C] = GATEWAYS;

let bench: Bench;
const addresses = (): string[] => bench.dynu.addresses();

test("before the addresses of this machine are known, writes are allowed only without a required one", () => {
  const allowed = (required?: string): boolean =>
    new WriteGate({ required, readAddresses: async () => [], onChange: () => {} }).allowed;
  expect([allowed(REQUIRED), allowed()]).toEqual([false, true]);
});

describe("with -ddns-require-ip-address", () => {
  const flags = { "ddns-require-ip-address": REQUIRED };

  test("records are read and not written without the address", async () => {
    bench = openBench({ flags, old: ["8.0.0.1"] });
    bench.ddns.setAddresses([]);
    await bench.activate(A, B);
    expect(bench.calls).toEqual(["getroot 200", "domains 200", "list 200"]);
    expect(bench.of("ddns-skipped").map(({ reason }) => reason)).toContain("required_ip_not_found");
    expect(addresses()).toEqual(["8.0.0.1"]);
  });

  test("an update starts the moment the address appears, even during a back-off", async () => {
    bench = openBench({ flags, random: () => 0.999 });
    bench.dynu.fail({ kind: "http", status: 500 }, { times: Infinity });
    bench.ddns.setAddresses([]);
    await bench.activate(A);
    await bench.passUntil(() => bench.of("ddns-trouble").at(-1)!.waitMs > 4 * MINUTE, 60 * MINUTE);
    bench.dynu.heal();
    bench.hold(true);
    await bench.pass(100);
    expect(addresses()).toEqual(["1.0.0.1"]);
  });

  test("the addresses are read anew just before the first write", async () => {
    bench = openBench({ flags });
    bench.ddns.setAddresses([REQUIRED]); // and lost again, which has not been observed yet
    await bench.activate(A);
    expect(bench.writes).toEqual([]);
    expect(bench.of("ddns-skipped").map(({ reason }) => reason)).toContain("required_ip_not_found");
  });

  test("an update stops where the address is lost", async () => {
    bench = openBench({ flags });
    bench.hold(true);
    bench.dynu.fail({ kind: "slow", ms: 1000 }, { call: "add", times: 3 });
    bench.ddns.setActive([A, B, C]);
    await bench.passUntil(() => bench.writes.length === 1, 5000, 100);
    bench.ddns.setAddresses([]);
    await bench.pass(10_000);
    expect(bench.writes).toEqual(["add"]);
  });

  test("an address that is lost and regained between two observations starts an update at once", async () => {
    bench = openBench({ flags, old: ["8.0.0.1"] });
    bench.hold(true);
    await bench.activate(A);
    bench.addresses = [];
    bench.services.set(A, "1.0.0.9");
    await bench.passUntil(() => bench.of("ddns-skipped").length > 0, 2 * MINUTE, 100);
    bench.hold(true);
    await bench.pass(100);
    expect(addresses()).toEqual(["1.0.0.9"]);
  });

  test("a take-over does not wait for a request that hangs", async () => {
    bench = openBench({ flags, old: ["8.0.0.1"] });
    bench.ddns.setAddresses([]);
    await bench.activate(A);
    bench.dynu.fail({ kind: "hang" }, { call: "list" });
    await bench.passUntil(() => bench.dynu.requests.at(-1)!.answer === "hang", 30 * MINUTE);
    bench.hold(true);
    await bench.pass(100);
    expect(addresses()).toEqual(["1.0.0.1"]);
    expect(bench.of("ddns-trouble")).toEqual([]);
  });

  test("a take-over reads the records anew, even when the address was missing for a moment only", async () => {
    bench = openBench({ flags });
    bench.hold(true);
    bench.dynu.fail({ kind: "slow", ms: 1000 }, { call: "add" });
    bench.ddns.setActive([A, B]);
    await bench.passUntil(() => bench.writes.length === 1, 5000, 100);
    const before = bench.calls.length;
    bench.ddns.setAddresses([]);
    bench.ddns.setAddresses(bench.addresses);
    await bench.pass(5000);
    expect(bench.dynu.requests.slice(before).map(({ call }) => call)).toEqual(["list", "add", "list"]);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
  });

  test("a take-over during an update is followed at once by another one, also when other records are desired", async () => {
    bench = openBench({ flags });
    bench.hold(true);
    await bench.activate(A);
    bench.dynu.fail({ kind: "hang" }, { call: "list" });
    bench.ddns.setActive([A, B]);
    await bench.passUntil(() => bench.dynu.requests.at(-1)!.answer === "hang", 5000, 10);
    bench.ddns.setActive([A, B, C]);
    await bench.pass(100);
    bench.hold(false);
    bench.hold(true);
    await bench.pass(100);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2", "1.0.0.3"]);
  });

  test("nothing is sent when the address appears after a stop", async () => {
    bench = openBench({ flags, old: ["8.0.0.1"] });
    bench.ddns.setAddresses([]);
    await bench.activate(A);
    const before = bench.calls.length;
    bench.ddns.stop();
    bench.hold(true);
    await bench.pass(5000);
    expect(bench.calls.slice(before)).toEqual([]);
  });

  test("an address that appears while records are read starts an update", async () => {
    bench = openBench({ flags });
    bench.dynu.fail({ kind: "slow", ms: 3000 }, { call: "list" });
    await bench.activate(A);
    bench.hold(true);
    await bench.pass(1000);
    expect(addresses()).toEqual(["1.0.0.1"]);
  });

  test("a change of the write gate is reported once", async () => {
    bench = openBench({ flags });
    for (const addresses of [[], [REQUIRED], [REQUIRED, "10.0.0.1"], [], []]) bench.ddns.setAddresses(addresses);
    expect(bench.of("ddns-write-gate").map(({ allowed }) => allowed)).toEqual([false, true, false]);
  });
});
