import { describe, expect, test } from "bun:test";

import { KEY_DECLINED } from "../../fakes/dynu-faults.ts";
import { type Bench, GATEWAYS, openBench } from "./ddns.fixture.ts";

const MINUTE = 60_000;
const [A, B, C] = GATEWAYS;

let bench: Bench;
const addresses = (): string[] => bench.dynu.addresses();

describe("a provider that is down", () => {
  test("gets requests after waits that double, whatever gateways do, and the correct records within one wait", async () => {
    bench = openBench({ random: () => 0.999 });
    bench.dynu.fail({ kind: "http", status: 503 }, { times: Infinity });
    for (let minute = 0; minute < 60; minute += 1) {
      bench.ddns.setActive(minute % 2 === 0 ? [A] : [A, B]);
      await bench.pass(MINUTE, 1000);
    }
    const waits = bench.of("ddns-trouble").map(({ waitMs }) => waitMs);
    expect(waits.slice(0, 5).map((wait) => Math.round(wait / 1000))).toEqual([1, 2, 4, 8, 16]);
    expect(Math.max(...waits)).toBeLessThanOrEqual(5 * MINUTE);
    expect(bench.dynu.requests.length).toBeLessThan(25);

    bench.dynu.heal();
    const passed = await bench.passUntil(() => addresses().join() === "1.0.0.1,1.0.0.2", 5 * MINUTE);
    expect(passed).toBeLessThanOrEqual(5 * MINUTE);
  });

  test("gets no request sooner because a gateway changes during the wait", async () => {
    bench = openBench({ random: () => 0.999 });
    bench.ddns.setActive([]);
    bench.dynu.fail({ kind: "http", status: 503 }, { times: 4 });
    await bench.passUntil(() => bench.of("ddns-trouble").length === 4, MINUTE);
    bench.dynu.fail({ kind: "slow", ms: 5000 }, { call: "getroot" });
    bench.dynu.fail({ kind: "http", status: 503 }, { call: "list" });
    await bench.passUntil(() => bench.dynu.requests.length === 5, MINUTE);
    bench.ddns.setActive([A]);
    await bench.passUntil(() => bench.of("ddns-trouble").length === 5, MINUTE);
    await bench.pass(12_000);
    expect(bench.dynu.requests).toHaveLength(7);
  });

  test("is tried again after the shortest wait when an update succeeded in between", async () => {
    bench = openBench({ random: () => 0.999 });
    bench.ddns.setActive([]);
    bench.dynu.fail({ kind: "http", status: 503 }, { times: 5 });
    await bench.pass(2 * MINUTE);
    await bench.activate(A);
    bench.dynu.fail({ kind: "http", status: 503 });
    await bench.activate(A, B);
    expect(bench.of("ddns-trouble").at(-1)!.waitMs).toBeLessThanOrEqual(2000);
  });
});

describe("a wrong key", () => {
  test("is reported at the start, and tried again only after 15 to 60 minutes", async () => {
    bench = openBench({ flags: { "ddns-password": "wrong", "ddns-when-no-gateways": "keep" } });
    bench.ddns.setActive([]);
    await bench.pass(100);
    for (let minute = 0; minute < 14; minute += 1) await bench.activate(...(minute % 2 === 0 ? [A] : [A, B]));
    await bench.pass(13 * MINUTE, 1000);
    expect(bench.calls).toEqual(["getroot 401"]);
    const [trouble] = bench.of("ddns-trouble");
    expect(trouble).toMatchObject({ kind: "access", remedy: expect.stringContaining("-ddns-password") });
    expect(trouble!.waitMs).toBeWithin(15 * MINUTE, 60 * MINUTE + 1);
    expect(bench.of("ddns-update")).toEqual([]);
  });
});

describe("a key that has worked", () => {
  test.each(["list", "add"] as const)(
    "and is declined once, for the call %s, is tried again after seconds",
    async (call) => {
      bench = openBench();
      await bench.activate(A);
      bench.dynu.fail(KEY_DECLINED, { call });
      await bench.activate(A, B);
      expect(bench.of("ddns-trouble")).toMatchObject([
        { kind: "passing", detail: expect.stringContaining("401"), remedy: expect.stringContaining("worked before") },
      ]);
      await bench.pass(10_000);
      expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
      expect(bench.of("ddns-trouble")).toHaveLength(1);
    },
  );

  test("and is declined on is tried three more times, then after 15 to 60 minutes, once each time", async () => {
    bench = openBench({ random: () => 0.999 });
    await bench.activate(A);
    bench.dynu.fail(KEY_DECLINED, { times: Infinity });
    const before = bench.calls.length;
    await bench.activate(A, B);
    await bench.pass(MINUTE, 1000);
    expect(bench.of("ddns-trouble").map(({ kind }) => kind)).toEqual(["passing", "passing", "passing", "access"]);
    expect(bench.calls.length - before).toBe(4);
    expect(bench.of("ddns-trouble").at(-1)!.waitMs).toBeWithin(15 * MINUTE, 60 * MINUTE + 1);
    await bench.pass(61 * MINUTE, 10_000);
    expect(
      bench
        .of("ddns-trouble")
        .slice(4)
        .map(({ kind }) => kind),
    ).toEqual(["access"]);
  });

  test("only for reading is not trusted to write, which it may lack the right to: it is tried again after 15 minutes", async () => {
    bench = openBench();
    bench.dynu.fail(KEY_DECLINED, { call: "add", times: Infinity });
    await bench.activate(A);
    await bench.pass(14 * MINUTE, 1000);
    expect(bench.writes).toEqual(["add"]);
  });

  test("works again after it was exchanged and put back, and is trusted anew", async () => {
    bench = openBench();
    await bench.activate(A);
    bench.dynu.fail(KEY_DECLINED, { times: 5 });
    await bench.activate(A, B);
    await bench.pass(130 * MINUTE, 10_000);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
    bench.dynu.fail(KEY_DECLINED);
    await bench.activate(B);
    expect(bench.of("ddns-trouble").at(-1)).toMatchObject({ kind: "passing" });
  });
});

describe("other desired records", () => {
  test("during a wait that they cannot end are reported, with the rest of the wait", async () => {
    bench = openBench({ flags: { "ddns-password": "wrong" }, random: () => 0 });
    await bench.activate(A);
    await bench.pass(5 * MINUTE, 1000);
    await bench.activate(A, B);
    bench.services.set(A, "1.0.0.99");
    await bench.pass(MINUTE, 1000);
    const reported = bench.of("ddns-desired");
    expect(reported.map((event) => event.addresses)).toEqual([
      ["1.0.0.1"],
      ["1.0.0.1", "1.0.0.2"],
      ["1.0.0.99", "1.0.0.2"],
    ]);
    expect(reported[0]!.delayMs).toBe(0);
    expect(reported[1]!.delayMs).toBeWithin(9 * MINUTE, 10 * MINUTE + 1);
    expect(reported[2]!.delayMs).toBeWithin(8 * MINUTE, reported[1]!.delayMs);
    expect(bench.calls).toEqual(["getroot 401"]);
  });

  test("are reported as none while every active gateway's address is unknown, and surplus records are removed", async () => {
    bench = openBench();
    await bench.activate(A, B);
    bench.services.set(C, 401);
    await bench.activate(C);
    expect(bench.of("ddns-desired").map((event) => event.addresses)).toEqual([["1.0.0.1", "1.0.0.2"], undefined]);
    expect(addresses()).toHaveLength(1);
    await bench.activate();
    expect(bench.of("ddns-desired").at(-1)).toMatchObject({ addresses: [] });
    expect(addresses()).toEqual([]);
  });

  test("are reported as none while the records should stay as they are", async () => {
    bench = openBench({ flags: { "ddns-when-no-gateways": "keep" } });
    await bench.activate(A);
    await bench.activate();
    expect(bench.of("ddns-desired").map((event) => event.addresses)).toEqual([["1.0.0.1"], undefined]);
  });
});

describe("a full account", () => {
  test("gets the addresses that fit, and others as soon as there is room", async () => {
    bench = openBench({ quota: 2 });
    await bench.activate(...GATEWAYS);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
    expect(bench.of("ddns-trouble")).toMatchObject([
      { kind: "quota", detail: expect.stringContaining("not published: 1.0.0.3, 1.0.0.4") },
    ]);
    expect(bench.writes).toEqual(["add", "add", "add"]);
    await bench.activate(B, C);
    expect(addresses()).toEqual(["1.0.0.2", "1.0.0.3"]);
    expect(bench.of("ddns-verified").at(-1)).toMatchObject({ addresses: ["1.0.0.2", "1.0.0.3"] });
  });

  test("has its surplus records removed", async () => {
    bench = openBench({ quota: 1, old: ["8.0.0.1"] });
    bench.dynu.fail(
      { kind: "body", statusCode: 505, type: "Validation Exception", message: "No." },
      { call: "change" },
    );
    await bench.activate(A, B);
    expect(bench.of("ddns-trouble").at(-1)).toMatchObject({ kind: "refused" });
    expect(addresses()).toEqual(["1.0.0.2"]);
  });
});

describe("a full account whose records are of unknown origin", () => {
  test("gets the known addresses, and retains one record for each unknown gateway", async () => {
    bench = openBench({ quota: 4, old: ["8.0.0.1", "8.0.0.2", "8.0.0.3", "8.0.0.4"] });
    bench.services.set(GATEWAYS[3], 401);
    await bench.activate(...GATEWAYS);
    expect(addresses().slice(0, 3)).toEqual(["1.0.0.1", "1.0.0.2", "1.0.0.3"]);
    expect(addresses()).toHaveLength(4);
    expect(bench.of("ddns-trouble")).toEqual([]);
    expect(bench.of("ddns-verified").at(-1)).toMatchObject({ addresses: addresses(), retained: [addresses()[3]] });
  });
});

describe("a record without an address", () => {
  test("is used for the next one", async () => {
    bench = openBench();
    const { id } = bench.dynu.put({ content: "" });
    await bench.activate(A);
    expect(bench.dynu.records()).toMatchObject([{ id, content: "1.0.0.1", state: true }]);
  });
});

describe("a change that the provider declines", () => {
  const declined = { kind: "body", statusCode: 501, type: "Argument Exception", message: "No." } as const;

  test("because of one address does not stop the others from being published", async () => {
    bench = openBench();
    bench.dynu.fail(declined, { call: "add" });
    await bench.activate(A, B, C);
    expect(addresses()).toEqual(["1.0.0.2", "1.0.0.3"]);
    expect(bench.of("ddns-trouble")).toMatchObject([
      { kind: "refused", detail: expect.stringContaining("not published: 1.0.0.1") },
    ]);
  });

  test("and that removes a record leaves the others correct and is not repeated at once", async () => {
    bench = openBench({ old: ["8.0.0.1", "8.0.0.2", "8.0.0.3"] });
    bench.dynu.fail(declined, { call: "remove", times: Infinity });
    await bench.activate(A);
    await bench.pass(5000);
    expect(bench.writes).toEqual(["change", "remove", "remove"]);
    expect(addresses()).toHaveLength(3);
    expect(addresses()).toContain("1.0.0.1");
  });

  test("and that corrects a record leaves it in place", async () => {
    bench = openBench();
    bench.dynu.put({ content: "1.0.0.1", ttl: 999 });
    bench.dynu.fail(declined, { call: "change", times: Infinity });
    await bench.activate(A);
    expect(addresses()).toEqual(["1.0.0.1"]);
    expect(bench.writes).toEqual(["change"]);
  });

  test("because the record is there already is no failure", async () => {
    bench = openBench();
    bench.dynu.fail({ kind: "cut", when: "after" }, { call: "add" });
    bench.dynu.fail({ kind: "garbage", body: `{"statusCode":200,"dnsRecords":[]}` }, { call: "list" });
    bench.ddns.setActive([A]);
    await bench.pass(20_000);
    expect(addresses()).toEqual(["1.0.0.1"]);
    expect(bench.of("ddns-trouble").every(({ kind }) => kind === "passing")).toBe(true);
  });
});
