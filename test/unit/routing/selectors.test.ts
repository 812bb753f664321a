import { describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { desiredState, NOTHING } from "../../../src/routing/desired.ts";
import { commandOf } from "../../../src/routing/iproute2/batch.ts";
import { planChanges } from "../../../src/routing/plan.ts";
import { ALL_PACKETS, isForOwn, type Selectors, textWithoutSource } from "../../../src/routing/selectors.ts";
import type { Desired, TableRef } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { cidrs, destinations, hops, TABLE_REF } from "./plan.fixture.ts";

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

const [NEAR, WIDE] = cidrs("10.78.0.0/24", "10.78.0.0/16");
const MARK = { value: 0x10, mask: 0xff };

function desire(selectors: Selectors, reject?: "unreachable", at: TableRef = TABLE_REF): Desired {
  const tableRef = { ...at, selectors };
  return desiredState(
    destinations({ excluded: cidrs("10.0.0.0/8") }),
    cidrs("10.0.0.0/24"),
    hops("10.0.0.11"),
    tableRef,
    reject,
  );
}

async function changesFor(kernel: FakeKernel, desired: Desired, at: TableRef = TABLE_REF) {
  return planChanges(await kernel.observe(at.table, []), desired, at, new Set()).changes;
}

async function reach(kernel: FakeKernel, desired: Desired, at?: TableRef): Promise<FakeKernel> {
  expect(await kernel.apply(await changesFor(kernel, desired, at))).toEqual({ ok: true });
  return kernel;
}

async function commands(selectors: Selectors, reject?: "unreachable"): Promise<string[]> {
  const changes = await changesFor(new FakeKernel(), desire(selectors, reject));
  return changes.map((change) => commandOf(change).join(" ")).filter((command) => command.startsWith("rule"));
}

describe("the rules of a pool", () => {
  test("match all packets where it has no selectors", async () => {
    expect(await commands(ALL_PACKETS)).toEqual(["rule add pref 10888 from all lookup 180 protocol 173"]);
  });

  test("match each combination of a source and an interface, with the mark", async () => {
    expect(await commands({ from: [NEAR!, WIDE!], in: ["br-iot", "lo"], mark: MARK })).toEqual([
      "rule add pref 10888 from 10.78.0.0/24 iif br-iot fwmark 0x10/0xff lookup 180 protocol 173",
      "rule add pref 10888 from 10.78.0.0/24 iif lo fwmark 0x10/0xff lookup 180 protocol 173",
      "rule add pref 10888 from 10.78.0.0/16 iif br-iot fwmark 0x10/0xff lookup 180 protocol 173",
      "rule add pref 10888 from 10.78.0.0/16 iif lo fwmark 0x10/0xff lookup 180 protocol 173",
    ]);
  });

  test("reject only the packets that they look up", async () => {
    const rejecting = await commands({ from: [NEAR!], in: [] }, "unreachable");
    expect(rejecting).toEqual([
      "rule add pref 10891 from all nop protocol 173",
      "rule add pref 10889 from all to 10.0.0.0/8 goto 10891 protocol 173",
      "rule add pref 10888 from 10.78.0.0/24 lookup 180 protocol 173",
      "rule add pref 10890 from 10.78.0.0/24 to 0.0.0.0/1 unreachable protocol 173",
      "rule add pref 10890 from 10.78.0.0/24 to 128.0.0.0/1 unreachable protocol 173",
    ]);
  });
});

test("a kill switch rejects packets of its own pool alone, also once the table is emptied", async () => {
  const kernel = await reach(new FakeKernel(), desire({ from: [NEAR!], in: [] }, "unreachable"));
  kernel.routes = [];
  expect(kernel.lookup("8.8.8.8", 0, "10.78.0.5")).toBe("unreachable");
  expect(kernel.lookup("10.9.9.9", 0, "10.78.0.5")).toBe("main");
  expect(kernel.lookup("8.8.8.8", 0, "10.79.0.5")).toBe("main");
  expect(kernel.lookup("8.8.8.8")).toBe("main"); // no source yet
});

test("a packet that the rules of a pool exclude meets those of the next pool", async () => {
  const second = { table: 181, preference: 10896 };
  const kernel = await reach(new FakeKernel(), desire({ from: [NEAR!], in: [] }, "unreachable"));
  const all = desiredState(destinations(), [], hops("10.0.0.12"), second);
  await reach(kernel, all, second);
  expect(kernel.lookup("10.9.9.9", 0, "10.78.0.5")).toBe("10.0.0.12*1");
  expect(kernel.lookup("8.8.8.8", 0, "10.78.0.5")).toBe("10.0.0.11*1");
  expect(kernel.lookup("8.8.8.8", 0, "10.79.0.5")).toBe("10.0.0.12*1");
});

describe("a rule that stands in the place of a new one goes right before it", () => {
  const both = async (standing: Selectors, added: Selectors): Promise<string[]> => {
    const kernel = await reach(new FakeKernel(), desire(standing));
    const changes = await changesFor(kernel, desire(added));
    return changes.flatMap((change) => ("rule" in change ? change.op : []));
  };

  test.each<[string, Selectors, Selectors]>([
    ["that names no source", { from: [NEAR!], in: [] }, ALL_PACKETS],
    ["with the same interface", { from: [NEAR!], in: ["a"] }, { from: [], in: ["a"] }],
  ])("%s", async (_, standing, added) => {
    expect(await both(standing, added)).toEqual(["delete-rule", "add-rule"]);
  });

  test.each<[string, Selectors, Selectors]>([
    ["with a source", ALL_PACKETS, { from: [NEAR!], in: [] }],
    ["with another interface", { from: [NEAR!], in: ["b"] }, { from: [], in: ["a"] }],
    ["with a mark", { from: [NEAR!], in: [] }, { from: [], in: [], mark: MARK }],
  ])("but after one %s", async (_, standing, added) => {
    expect(await both(standing, added)).toEqual(["add-rule", "delete-rule"]);
  });
});

const someSelectors = fc.record({
  from: fc.subarray(cidrs("10.78.0.0/24", "10.78.0.0/16", "10.79.0.0/24")),
  in: fc.subarray(["a", "b"]),
  mark: fc.constantFrom(undefined, MARK),
});
const state = fc
  .record({ selectors: someSelectors, reject: fc.constantFrom(undefined, "unreachable" as const) })
  .map(({ selectors: { mark, ...others }, reject }) => desire({ ...others, ...(mark && { mark }) }, reject));
const anyState = fc.oneof({ weight: 8, arbitrary: state }, { weight: 1, arbitrary: fc.constant(NOTHING) });

/** What happens to packets of every kind that the selectors tell apart. */
function lookUpAll(kernel: FakeKernel): string[] {
  const sources = [undefined, "10.78.0.5", "10.78.7.5", "10.79.0.5", "192.0.2.1"];
  return sources.flatMap((from) =>
    ["lo", "a", "b"].flatMap((iif) =>
      [0, 0x10].flatMap((mark) => ["8.8.8.8", "10.9.9.9"].map((to) => kernel.lookup(to, mark, from, iif))),
    ),
  );
}

/** Whether no rule of the second state hides one of the first. */
function isSmooth(first: Desired, second: Desired): boolean {
  const selectorsOf = ({ rules }: Desired) =>
    rules.flatMap((rule) => (rule.kind === "lookup" ? { selector: rule.selector } : []));
  const places = new Set(
    selectorsOf(second).flatMap(({ selector }) => (selector?.from ? [] : textWithoutSource(selector))),
  );
  return !selectorsOf(first).some(({ selector }) => selector?.from && places.has(textWithoutSource(selector)));
}

describe("plans between random selectors", () => {
  test("reach the second state, after which nothing is left to do", async () => {
    await fc.assert(
      fc.asyncProperty(anyState, anyState, async (first, second) => {
        const kernel = await reach(await reach(new FakeKernel(), first), second);
        expect(await changesFor(kernel, second)).toEqual([]);
        expect(lookUpAll(kernel)).toEqual(lookUpAll(await reach(new FakeKernel(), second)));
      }),
      { numRuns: 300 },
    );
  });

  test("treat each packet as before or as after, at each step; where a new rule needs the place of an old one, it may pass or be rejected", async () => {
    await fc.assert(
      fc.asyncProperty(anyState, anyState, async (first, second) => {
        const kernel = await reach(new FakeKernel(), first);
        const before = lookUpAll(kernel);
        const after = lookUpAll(await reach(new FakeKernel(), second));
        const gap = isSmooth(first, second) ? [] : ["main", "unreachable"];
        for (const change of await changesFor(kernel, second)) {
          await kernel.apply([change]);
          lookUpAll(kernel).forEach((now, index) => expect([before[index], after[index], ...gap]).toContain(now));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("packets of this machine itself", () => {
  const use = (selectors: Partial<Selectors>, source?: string) => isForOwn({ ...ALL_PACKETS, ...selectors }, source);

  test("use a pool without selectors, or for all sources, before and after they have a source", () => {
    for (const from of [[], cidrs("0.0.0.0/0")])
      expect([use({ from }), use({ from }, "10.78.0.1")]).toEqual([true, true]);
  });

  test("use a pool for sources only once they have one of them", () => {
    const from = [NEAR!];
    expect([use({ from }), use({ from }, "10.78.0.1"), use({ from }, "10.78.1.1")]).toEqual([false, true, false]);
  });

  test("use a pool for interfaces only where lo is one of them", () => {
    expect([use({ in: ["eth0"] }), use({ in: ["eth0", "lo"] })]).toEqual([false, true]);
    expect(use({ in: ["eth0"], from: [NEAR!] }, "10.78.0.1")).toBe(false);
  });

  test("use a pool for a mark only where it is none", () => {
    expect([use({ mark: MARK }), use({ mark: { value: 0, mask: 0xff } })]).toEqual([false, true]);
  });
});
