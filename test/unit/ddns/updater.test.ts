import { describe, expect, test } from "bun:test";

import { type Bench, GATEWAYS, openBench, REQUIRED } from "./ddns.fixture.ts";

const MINUTE = 60_000;
const [A, B, C] = GATEWAYS;

let bench: Bench;
const addresses = (): string[] => bench.dynu.addresses();

describe("at start", () => {
  test("nothing is sent before the routes are set", async () => {
    bench = openBench({ old: ["8.8.8.8"] });
    await bench.pass(20 * MINUTE, 10_000);
    expect(bench.calls).toEqual([]);
  });

  test("the records are read even if none may be written", async () => {
    bench = openBench({ flags: { "ddns-when-no-gateways": "keep" }, old: ["8.8.8.8"] });
    bench.ddns.setActive([]);
    await bench.pass(20 * MINUTE, 10_000);
    expect(new Set(bench.calls)).toEqual(new Set(["getroot 200", "domains 200", "list 200"]));
    expect(addresses()).toEqual(["8.8.8.8"]);
  });

  test("an update that began when writes were allowed is not joined by a second one", async () => {
    bench = openBench({ flags: { "ddns-require-ip-address": REQUIRED } });
    bench.dynu.fail({ kind: "slow", ms: 5000 }, { call: "list", times: 1 });
    bench.hold(true);
    await bench.pass(1000);
    await bench.activate(A, B, C);
    expect(bench.dynu.requests.filter(({ call }) => call === "list")).toHaveLength(1); // which is under way
    await bench.pass(10_000);
    expect(bench.writes).toEqual(["add", "add", "add"]);
  });

  test("a name that is a whole domain is reported with the reason", async () => {
    bench = openBench({ node: "" });
    bench.ddns.setActive([]);
    await bench.pass(1000);
    const [trouble] = bench.of("ddns-trouble");
    expect(trouble).toMatchObject({ kind: "access" });
    expect(trouble!.detail).toContain("example.net is a whole domain");
  });
});

describe("an update", () => {
  test("waits for the first look-ups of all new gateways, so that a full account is changed in place", async () => {
    bench = openBench({ quota: 4, old: ["8.0.0.1", "8.0.0.2", "8.0.0.3", "8.0.0.4"] });
    await bench.activate(...GATEWAYS);
    expect(bench.writes).toEqual(["change", "change", "change", "change"]);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2", "1.0.0.3", "1.0.0.4"]);
  });

  test("waits no longer than two seconds for a look-up", async () => {
    bench = openBench({ flags: { timeout: "10s", "check-period": "10s" } });
    bench.services.set(B, "hang");
    bench.ddns.setActive([A, B]);
    await bench.pass(1900);
    expect(addresses()).toEqual([]);
    await bench.pass(200);
    expect(addresses()).toEqual(["1.0.0.1"]);
  });

  test("uses the newest desired records for each change", async () => {
    bench = openBench();
    await bench.activate(A);
    bench.dynu.fail({ kind: "slow", ms: 5000 }, { call: "list" });
    bench.ddns.setActive([A, B]);
    await bench.pass(1000);
    bench.ddns.setActive([A, C]);
    await bench.pass(5000);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.3"]);
    expect(bench.dynu.moments.some(({ records }) => bench.dynu.addresses(records).includes("1.0.0.2"))).toBe(false);
  });

  test("is followed by another one when gateways change while it reads the records back", async () => {
    bench = openBench();
    const arrived = bench.dynu.next("add");
    bench.ddns.setActive([A]);
    await bench.passUntil(() => bench.dynu.requests.some(({ call }) => call === "add"), 5000, 100);
    await arrived;
    await bench.pass(3000);
    bench.dynu.fail({ kind: "slow", ms: 1 }, { call: "list" });
    bench.dynu.fail({ kind: "slow", ms: 3000 }, { call: "list" });
    bench.ddns.setActive([A, B]);
    await bench.pass(1000);
    bench.ddns.setActive([A, B, C]);
    await bench.pass(6000);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2", "1.0.0.3"]);
    expect(bench.of("ddns-trouble")).toEqual([]);
  });

  test("starts at least two seconds after the start of the one before", async () => {
    bench = openBench();
    await bench.activate(A);
    const starts = (): number[] => bench.dynu.requests.filter(({ call }) => call === "list").map(({ at }) => at);
    const before = starts().length;
    for (let flap = 0; flap < 40; flap += 1) {
      bench.ddns.setActive(flap % 2 === 0 ? [A, B] : [A]);
      await bench.pass(100);
    }
    // In four seconds at most three updates, each with a list before and one after.
    expect(starts().length - before).toBeLessThanOrEqual(6);
    await bench.pass(3000);
    expect(addresses()).toEqual(["1.0.0.1"]);
  });

  test("goes on after 15 seconds when a request hangs", async () => {
    bench = openBench();
    await bench.activate(A, B);
    bench.dynu.fail({ kind: "hang" }, { call: "list" });
    bench.ddns.setActive([A]);
    await bench.pass(18_000);
    expect(addresses()).toEqual(["1.0.0.1"]);
  });

  test("that takes longer than -ddns-timeout is aborted and tried again", async () => {
    bench = openBench({ flags: { "ddns-timeout": "5s" } });
    bench.dynu.fail({ kind: "hang" }, { call: "add" });
    bench.ddns.setActive([A]);
    await bench.pass(5500);
    expect(bench.of("ddns-trouble")).toMatchObject([
      { kind: "passing", detail: expect.stringContaining("timeout after 5s") },
    ]);
    await bench.pass(2500);
    expect(addresses()).toEqual(["1.0.0.1"]);
  });

  test("is verified only after the records were read back", async () => {
    bench = openBench({ old: ["8.0.0.1"] });
    bench.dynu.fail({ kind: "garbage", body: `{"statusCode":200,"id":1}` }, { call: "change" });
    bench.ddns.setActive([A]);
    await bench.pass(1000);
    expect(bench.of("ddns-verified")).toEqual([]);
    expect(bench.of("ddns-update")).toMatchObject([{ error: expect.stringContaining("read back") }]);
    await bench.pass(5000);
    expect(bench.of("ddns-verified")).toMatchObject([{ addresses: ["1.0.0.1"] }]);
    expect(addresses()).toEqual(["1.0.0.1"]);
  });

  test("whose connection was cut after the record had been added does not add it twice", async () => {
    bench = openBench();
    bench.dynu.fail({ kind: "cut", when: "after" }, { call: "add" });
    await bench.activate(A);
    await bench.pass(5000);
    expect(bench.writes).toEqual(["add"]);
    expect(bench.of("ddns-verified")).toMatchObject([{ addresses: ["1.0.0.1"] }]);
  });

  test("without a difference counts as skipped, and as verified", async () => {
    bench = openBench({ old: ["1.0.0.1"] });
    await bench.activate(A);
    expect(bench.of("ddns-skipped")).toMatchObject([{ reason: "no_change" }]);
    expect(bench.of("ddns-update")).toEqual([]);
    expect(bench.of("ddns-verified")).toMatchObject([{ addresses: ["1.0.0.1"] }]);
  });
});

describe("drift", () => {
  test.each([
    ["a record that another program removed", () => bench.dynu.take(bench.dynu.records()[0]!.id)],
    ["a record that another program added", () => void bench.dynu.put({ content: "9.9.9.9" })],
    [
      "a record that another program disabled",
      () => void bench.dynu.put({ ...bench.dynu.records()[0]!, state: false }),
    ],
    [
      "a time to live that another program altered",
      () => void bench.dynu.put({ ...bench.dynu.records()[0]!, ttl: 999 }),
    ],
  ])("%s is corrected after 10 to 15 minutes", async (_, meddle) => {
    bench = openBench({ random: () => 0 });
    await bench.activate(A, B);
    const lists = bench.calls.length;
    meddle();
    await bench.pass(9 * MINUTE, 10_000);
    expect(bench.calls).toHaveLength(lists);
    await bench.pass(2 * MINUTE, 10_000);
    expect(bench.dynu.records().map(({ content, state, ttl }) => [content, state, ttl])).toContainEqual([
      "1.0.0.1",
      true,
      60,
    ]);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
  });
});

describe("without active gateways", () => {
  test("the records are removed", async () => {
    bench = openBench();
    await bench.activate(A, B);
    await bench.activate();
    expect(addresses()).toEqual([]);
    await bench.activate(B);
    expect(addresses()).toEqual(["1.0.0.2"]);
  });

  test("the records stay with -ddns-when-no-gateways keep", async () => {
    bench = openBench({ flags: { "ddns-when-no-gateways": "keep" } });
    await bench.activate(A, B);
    await bench.activate();
    await bench.pass(20 * MINUTE, 10_000);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
    await bench.activate(B);
    expect(addresses()).toEqual(["1.0.0.2"]);
  });
});

describe("a stop", () => {
  test("aborts requests and leaves no timer", async () => {
    bench = openBench({ old: ["8.0.0.1"] });
    bench.dynu.fail({ kind: "hang" }, { call: "add" });
    bench.services.set(B, "hang");
    bench.ddns.setActive([A, B]);
    await bench.pass(2500);
    const [events, requests] = [bench.events.length, bench.dynu.requests.length];
    bench.ddns.stop();
    await bench.pass(90 * MINUTE, MINUTE);
    expect(bench.events).toHaveLength(events);
    expect(bench.dynu.requests).toHaveLength(requests);
    expect(addresses()).toEqual(["8.0.0.1"]);
  });
});
