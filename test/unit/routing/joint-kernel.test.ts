import { describe, expect, test } from "bun:test";

import { parseCidr } from "../../../src/net/cidr.ts";
import type { Applied } from "../../../src/routing/kernel.ts";
import { jointKernel } from "../../../src/routing/joint-kernel.ts";
import type { Change, Rule } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";

const lookup = (preference: number, table: number): Change => {
  return { op: "add-rule", rule: { kind: "lookup", family: 4, preference, table } satisfies Rule };
};
const route = (table: number, gateway: string): Change => ({
  op: "replace-route",
  route: {
    ...{ family: 4, table, type: "unicast", destination: parseCidr("0.0.0.0/0")!, metric: 0 },
    nexthops: [{ gateway, weight: 1 }],
  },
  fresh: true,
});

/** A kernel that notes each run, and the same for several pools. */
function setUp() {
  const kernel = new FakeKernel();
  const runs: string[] = [];
  const counted: Pick<FakeKernel, "observeAll" | "apply" | "visitRoutes"> = {
    visitRoutes(table, visit, family) {
      runs.push(`visit ${table}${family === 6 ? " of IPv6" : ""}`);
      return kernel.visitRoutes(table, visit, family);
    },
    observeAll(readings: Parameters<FakeKernel["observeAll"]>[0]) {
      runs.push(`read ${readings.map(({ table }) => table).join(" ")}`);
      return kernel.observeAll(readings);
    },
    apply(changes: readonly Change[]) {
      runs.push(`apply ${changes.length}`);
      return kernel.apply(changes);
    },
  };
  return { kernel, runs, joint: jointKernel(counted as never) };
}

describe("pools that ask in one turn", () => {
  test("share one reading, of which each gets its own part", async () => {
    const { kernel, runs, joint } = setUp();
    await kernel.apply([route(180, "10.0.0.11"), route(181, "10.0.0.12")]);
    const [one, other] = await Promise.all([joint.observe(180, ["10.0.0.11"]), joint.observe(181, ["10.0.0.12"])]);
    expect(runs).toEqual(["read 180 181"]);
    expect(one.routes.map(({ table }) => table)).toEqual([180]);
    expect([...other.devices.keys()]).toEqual(["10.0.0.12"]);
  });

  test("share one reading of a table", async () => {
    const { kernel, joint, runs } = setUp();
    await kernel.apply([route(180, "10.0.0.11"), route(181, "10.0.0.12")]);
    const seen: string[] = [];
    const visits = [180, 180, 181].map((table, index) =>
      joint.visitRoutes(table, () => seen.push(`${index} ${table}`)),
    );
    await Promise.all(visits);
    expect(seen.sort()).toEqual(["0 180", "1 180", "2 181"]);
    expect(runs).toEqual(["visit 180", "visit 181"]);
  });

  test("have a reading of each family", async () => {
    const { joint, runs } = setUp();
    await Promise.all([joint.visitRoutes(180, () => {}), joint.visitRoutes(180, () => {}, 6)]);
    expect(runs).toEqual(["visit 180", "visit 180 of IPv6"]);
  });

  test("make their changes in one run, in the order in which they asked", async () => {
    const { kernel, runs, joint } = setUp();
    const parts = [[lookup(10888, 180)], [lookup(10896, 181), lookup(10904, 182)]];
    expect(await Promise.all(parts.map((part) => joint.apply(part)))).toEqual([{ ok: true }, { ok: true }]);
    expect(runs).toEqual(["apply 3"]);
    expect(kernel.commands.map((command) => command.split(" ")[3])).toEqual(["10888", "10896", "10904"]);
  });

  test("do not wait for each other's rejected changes: those of all others are made", async () => {
    const { kernel, runs, joint } = setUp();
    const bad = route(181, "172.16.0.1");
    const parts = [[lookup(10888, 180)], [lookup(10896, 181), bad, lookup(1, 1)], [lookup(10904, 182)]];
    const results = await Promise.all(parts.map((part) => joint.apply(part)));
    expect(results.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(results[1]).toMatchObject({ failed: bad, error: { code: "nexthop" } });
    expect(runs).toEqual(["apply 5", "apply 1"]);
    expect(kernel.rules.map(({ preference }) => preference)).toEqual([10888, 10896, 10904]);
  });
});

test("a pool that asks while a reading is under way gets one that begins later", async () => {
  const { kernel, runs, joint } = setUp();
  const first = joint.observe(180, []);
  let second: ReturnType<typeof joint.observe> | undefined;
  kernel.beforeObserve = () => {
    kernel.beforeObserve = () => {};
    second = joint.observe(181, []);
    void joint.observe(182, []);
  };
  await first;
  await second;
  expect(runs).toEqual(["read 180", "read 181 182"]);
});

test("an error of ip reaches every pool that asked, and the next request is carried out again", async () => {
  const { kernel, joint } = setUp();
  kernel.failures.push(new Error("ip hangs"));
  const asked = await Promise.allSettled([joint.observe(180, []), joint.observe(181, [])]);
  expect(asked.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect((await joint.observe(180, [])).routes).toEqual([]);
});

describe("two families", () => {
  const lookup6: Change = { op: "add-rule", rule: { kind: "lookup", family: 6, preference: 10888, table: 180 } };

  test("are read each for itself: what fails in one reaches the other not", async () => {
    const { kernel, joint, runs } = setUp();
    const observeAll = kernel.observeAll.bind(kernel);
    kernel.observeAll = (readings) => {
      const isIpv6 = readings.some(({ family }) => family === 6);
      return isIpv6 ? Promise.reject(new Error("ip hangs")) : observeAll(readings);
    };
    const readings = [joint.observe(180, []), joint.observe(180, [], undefined, 6), joint.observe(181, [])];
    expect((await Promise.allSettled(readings)).map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(runs).toEqual(["read 180 181", "read 180"]);
  });

  test("are changed by one run", async () => {
    const { joint, runs } = setUp();
    await Promise.all([joint.apply([lookup(10888, 180)]), joint.apply([lookup6])]);
    expect(runs).toEqual(["apply 2"]);
  });

  test.each([
    ["throws", () => Promise.reject(new Error("ip hangs"))],
    [
      "does not name the change",
      async () => ({ ok: false, failed: undefined, error: { code: "ip", detail: "ip hangs" } }),
    ],
  ] as [string, () => Promise<Applied>][])("are changed each for itself where a run %s", async (_, fail) => {
    const { kernel, joint, runs } = setUp();
    const apply = kernel.apply.bind(kernel);
    kernel.apply = (changes) => (changes.includes(lookup6) ? fail() : apply(changes));
    const parts = [[lookup(10888, 180)], [lookup6], [lookup(10896, 181)]];
    const results = await Promise.all(parts.map((part) => joint.apply(part)));
    const failed = { ok: false, failed: undefined, error: { code: "ip", detail: "ip hangs" } };
    expect(results).toEqual([{ ok: true }, failed, { ok: true }] as Applied[]);
    expect(runs).toEqual(["apply 3", "apply 2", "apply 1"]);
    expect(kernel.rules.map(({ preference }) => preference)).toEqual([10888, 10896]);
  });
});
