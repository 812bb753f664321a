import { afterEach, describe, expect, test } from "bun:test";

import { Bench, type BenchOptions, GATEWAYS, REQUIRED } from "./ddns-bench.ts";

const MINUTE = 60_000;
const [A, B, C] = GATEWAYS;

let bench: Bench;
afterEach(() => bench.close());

function open(options: BenchOptions = {}, old: readonly string[] = []): Bench {
  bench = new Bench(options);
  for (const content of old) bench.dynu.put({ content });
  return bench;
}

async function activate(...gateways: string[]): Promise<void> {
  bench.ddns.setActive(gateways);
  await bench.pass(3000);
}

const addresses = (): string[] => bench.dynu.addresses();

describe("a provider that is down", () => {
  test("is asked ever more seldom, whatever gateways do, and has the right records within one wait", async () => {
    open({ random: () => 0.999 });
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

  test("is not asked sooner because a gateway changes while it fails", async () => {
    open({ random: () => 0.999 });
    bench.ddns.setActive([]);
    bench.dynu.fail({ kind: "http", status: 503 }, { times: 4 });
    await bench.passUntil(() => bench.of("ddns-trouble").length === 4, MINUTE);
    bench.dynu.fail({ kind: "slow", ms: 5000 }, { call: "getroot" });
    bench.dynu.fail({ kind: "http", status: 503 }, { call: "list" });
    await bench.passUntil(() => bench.dynu.requests.length === 5, MINUTE);
    bench.ddns.setActive([A]);
    await bench.passUntil(() => bench.of("ddns-trouble").length === 5, MINUTE);
    await bench.pass(12_000);
    expect(bench.dynu.requests).toHaveLength(6);
  });

  test("starts from the shortest wait again after a success", async () => {
    open({ random: () => 0.999 });
    bench.ddns.setActive([]);
    bench.dynu.fail({ kind: "http", status: 503 }, { times: 5 });
    await bench.pass(2 * MINUTE);
    await activate(A);
    bench.dynu.fail({ kind: "http", status: 503 });
    await activate(A, B);
    expect(bench.of("ddns-trouble").at(-1)!.waitMs).toBeLessThanOrEqual(2000);
  });
});

describe("a wrong key", () => {
  test("is told at start, and asked again after 15 to 60 minutes only", async () => {
    open({ flags: { "ddns-password": "wrong", "ddns-when-no-gateways": "keep" } });
    bench.ddns.setActive([]);
    await bench.pass(100);
    for (let minute = 0; minute < 14; minute += 1) await activate(...(minute % 2 === 0 ? [A] : [A, B]));
    await bench.pass(13 * MINUTE, 1000);
    expect(bench.calls).toEqual(["getroot 401"]);
    const [trouble] = bench.of("ddns-trouble");
    expect(trouble).toMatchObject({ kind: "access", message: expect.stringContaining("-ddns-password") });
    expect(trouble!.waitMs).toBeWithin(15 * MINUTE, 60 * MINUTE + 1);
    expect(bench.of("ddns-update")).toEqual([]);
  });
});

describe("a full account", () => {
  test("gets the part that fits, and the rest as soon as there is room", async () => {
    open({ quota: 2 });
    await activate(...GATEWAYS);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
    expect(bench.of("ddns-trouble")).toMatchObject([
      { kind: "quota", message: expect.stringContaining("not published: 1.0.0.3, 1.0.0.4") },
    ]);
    expect(bench.writes).toEqual(["add", "add", "add"]);
    await activate(B, C);
    expect(addresses()).toEqual(["1.0.0.2", "1.0.0.3"]);
    expect(bench.of("ddns-verified").at(-1)).toMatchObject({ addresses: ["1.0.0.2", "1.0.0.3"] });
  });

  test("does not keep the surplus from going", async () => {
    open({ quota: 1 }, ["8.0.0.1"]);
    bench.dynu.fail(
      { kind: "body", statusCode: 505, type: "Validation Exception", message: "No." },
      { call: "change" },
    );
    await activate(A, B);
    expect(bench.of("ddns-trouble").at(-1)).toMatchObject({ kind: "refused" });
    expect(addresses()).toEqual(["1.0.0.2"]);
  });
});

describe("a full account whose records are of unknown origin", () => {
  test("gets the known addresses all the same, and keeps one record for each unknown gateway", async () => {
    open({ quota: 4 }, ["8.0.0.1", "8.0.0.2", "8.0.0.3", "8.0.0.4"]);
    bench.services.set(GATEWAYS[3], 401);
    await activate(...GATEWAYS);
    expect(addresses().slice(0, 3)).toEqual(["1.0.0.1", "1.0.0.2", "1.0.0.3"]);
    expect(addresses()).toHaveLength(4);
    expect(bench.of("ddns-trouble")).toEqual([]);
    expect(bench.of("ddns-verified").at(-1)).toMatchObject({ addresses: addresses(), spared: [addresses()[3]] });
  });
});

describe("a record without an address", () => {
  test("is used for the next one", async () => {
    open();
    const { id } = bench.dynu.put({ content: "" });
    await activate(A);
    expect(bench.dynu.records()).toMatchObject([{ id, content: "1.0.0.1", state: true }]);
  });
});

describe("a refusal", () => {
  const refusal = { kind: "body", statusCode: 501, type: "Argument Exception", message: "No." } as const;

  test("of one address does not keep the others from being published", async () => {
    open();
    bench.dynu.fail(refusal, { call: "add" });
    await activate(A, B, C);
    expect(addresses()).toEqual(["1.0.0.2", "1.0.0.3"]);
    expect(bench.of("ddns-trouble")).toMatchObject([
      { kind: "refused", message: expect.stringContaining("not published: 1.0.0.1") },
    ]);
  });

  test("of a removal leaves the rest right and is not repeated at once", async () => {
    open({}, ["8.0.0.1", "8.0.0.2", "8.0.0.3"]);
    bench.dynu.fail(refusal, { call: "remove", times: Infinity });
    await activate(A);
    await bench.pass(5000);
    expect(bench.writes).toEqual(["change", "remove", "remove"]);
    expect(addresses()).toHaveLength(3);
    expect(addresses()).toContain("1.0.0.1");
  });

  test("of a mend keeps the record", async () => {
    open();
    bench.dynu.put({ content: "1.0.0.1", ttl: 999 });
    bench.dynu.fail(refusal, { call: "change", times: Infinity });
    await activate(A);
    expect(addresses()).toEqual(["1.0.0.1"]);
    expect(bench.writes).toEqual(["change"]);
  });

  test("because the record is there already is none", async () => {
    open();
    bench.dynu.fail({ kind: "cut", when: "after" }, { call: "add" });
    bench.dynu.fail({ kind: "garbage", body: `{"statusCode":200,"dnsRecords":[]}` }, { call: "list" });
    bench.ddns.setActive([A]);
    await bench.pass(20_000);
    expect(addresses()).toEqual(["1.0.0.1"]);
    expect(bench.of("ddns-trouble").every(({ kind }) => kind === "passing")).toBe(true);
  });
});

describe("on duty only", () => {
  const flags = { "ddns-require-ip-address": REQUIRED };

  test("nothing is written without the address, but the records are read", async () => {
    open({ flags }, ["8.0.0.1"]);
    bench.ddns.setAddresses([]);
    await activate(A, B);
    expect(bench.calls).toEqual(["getroot 200", "list 200"]);
    expect(bench.of("ddns-skipped").map(({ reason }) => reason)).toContain("required_ip_not_found");
    expect(addresses()).toEqual(["8.0.0.1"]);
  });

  test("the update starts the moment the address appears, even during a backoff", async () => {
    open({ flags, random: () => 0.999 });
    bench.dynu.fail({ kind: "http", status: 500 }, { times: 12 });
    bench.ddns.setAddresses([]);
    await activate(A);
    await bench.pass(30 * MINUTE, 1000);
    bench.dynu.heal();
    bench.dynu.fail({ kind: "http", status: 500 });
    await bench.passUntil(() => bench.of("ddns-trouble").at(-1)!.waitMs > 4 * MINUTE, 60 * MINUTE).catch(() => {});
    bench.held = [REQUIRED];
    bench.ddns.setAddresses(bench.held);
    bench.dynu.heal();
    await bench.pass(100);
    expect(addresses()).toEqual(["1.0.0.1"]);
  });

  test("what is heard is checked anew just before the first write", async () => {
    open({ flags });
    bench.ddns.setAddresses([REQUIRED]); // and gone again, which nobody has told yet
    await activate(A);
    expect(bench.writes).toEqual([]);
    expect(bench.of("ddns-skipped").map(({ reason }) => reason)).toContain("required_ip_not_found");
  });

  test("an update stops where the address is lost", async () => {
    open({ flags });
    bench.held = [REQUIRED];
    bench.ddns.setAddresses(bench.held);
    bench.dynu.fail({ kind: "slow", ms: 1000 }, { call: "add", times: 3 });
    bench.ddns.setActive([A, B, C]);
    await bench.passUntil(() => bench.writes.length === 1, 5000, 100);
    bench.ddns.setAddresses([]);
    await bench.pass(10_000);
    expect(bench.writes).toEqual(["add"]);
  });

  test("it is lost and regained between two looks: the update follows at once", async () => {
    open({ flags }, ["8.0.0.1"]);
    bench.held = [REQUIRED];
    bench.ddns.setAddresses(bench.held);
    await activate(A);
    bench.held = [];
    bench.services.set(A, "1.0.0.9");
    await bench.passUntil(() => bench.of("ddns-skipped").length > 0, 2 * MINUTE, 100);
    bench.held = [REQUIRED];
    bench.ddns.setAddresses(bench.held);
    await bench.pass(100);
    expect(addresses()).toEqual(["1.0.0.9"]);
  });

  test("a take-over does not wait for a request that hangs", async () => {
    open({ flags }, ["8.0.0.1"]);
    bench.ddns.setAddresses([]);
    await activate(A);
    bench.dynu.fail({ kind: "hang" }, { call: "list" });
    await bench.passUntil(() => bench.dynu.requests.at(-1)!.answer === "hang", 30 * MINUTE);
    bench.held = [REQUIRED];
    bench.ddns.setAddresses(bench.held);
    await bench.pass(100);
    expect(addresses()).toEqual(["1.0.0.1"]);
    expect(bench.of("ddns-trouble")).toEqual([]);
  });

  test("a take-over reads the records anew, even when the address was away for a moment only", async () => {
    open({ flags });
    bench.held = [REQUIRED];
    bench.ddns.setAddresses(bench.held);
    bench.dynu.fail({ kind: "slow", ms: 1000 }, { call: "add" });
    bench.ddns.setActive([A, B]);
    await bench.passUntil(() => bench.writes.length === 1, 5000, 100);
    const before = bench.calls.length;
    bench.ddns.setAddresses([]);
    bench.ddns.setAddresses(bench.held);
    await bench.pass(5000);
    expect(bench.dynu.requests.slice(before).map(({ call }) => call)).toEqual(["list", "add", "list"]);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
  });

  test("nothing is sent when the address appears after a stop", async () => {
    open({ flags }, ["8.0.0.1"]);
    bench.ddns.setAddresses([]);
    await activate(A);
    const before = bench.calls.length;
    bench.ddns.stop();
    bench.held = [REQUIRED];
    bench.ddns.setAddresses(bench.held);
    await bench.pass(5000);
    expect(bench.calls.slice(before)).toEqual([]);
  });

  test("gaining it while records are read leads to an update", async () => {
    open({ flags });
    bench.dynu.fail({ kind: "slow", ms: 3000 }, { call: "list" });
    await activate(A);
    bench.held = [REQUIRED];
    bench.ddns.setAddresses(bench.held);
    await bench.pass(1000);
    expect(addresses()).toEqual(["1.0.0.1"]);
  });

  test("duty is told when it changes, and only then", async () => {
    open({ flags });
    for (const held of [[], [REQUIRED], [REQUIRED, "10.0.0.1"], [], []]) bench.ddns.setAddresses(held);
    expect(bench.of("ddns-duty").map(({ held }) => held)).toEqual([false, true, false]);
  });
});

describe("look-ups that fail", () => {
  test("from the start remove nothing", async () => {
    open({}, ["8.0.0.1", "8.0.0.2"]);
    for (const gateway of GATEWAYS) bench.services.set(gateway, "");
    await activate(A, B);
    await bench.pass(60 * MINUTE, 10_000);
    expect(bench.writes).toEqual([]);
  });

  test("after a success keep the address asserted for 15 minutes, and the record after that", async () => {
    open();
    await activate(A, B);
    bench.services.set(A, 500);
    await bench.pass(14 * MINUTE, 10_000);
    bench.dynu.take(bench.dynu.records().find(({ content }) => content === "1.0.0.1")!.id);
    await bench.pass(16 * MINUTE, 10_000);
    const published = addresses();
    expect(published).toContain("1.0.0.2");
    bench.dynu.put({ content: "1.0.0.1" }); // somebody publishes it again: it may be right
    await bench.pass(16 * MINUTE, 10_000);
    expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
    const states = bench.of("public-ip-state").filter(({ gateway }) => gateway === A);
    expect(states.map(({ state }) => state)).toEqual(["unknown", "known", "kept", "unknown"]);
  });

  test("do not keep the record of another gateway that is gone", async () => {
    open();
    await activate(A, B);
    bench.services.set(A, 500);
    await bench.pass(MINUTE, 1000);
    await activate(A);
    expect(addresses()).toEqual(["1.0.0.1"]);
  });

  test("an address that changes while the gateway stays healthy is followed within the refresh period", async () => {
    open();
    await activate(A, B);
    bench.services.set(A, "1.0.0.99");
    await bench.pass(33_000, 1000);
    expect(addresses()).toEqual(["1.0.0.2", "1.0.0.99"]);
    expect(bench.of("public-ip-changed").at(-1)).toMatchObject({ gateway: A, from: "1.0.0.1", to: "1.0.0.99" });
  });
});
