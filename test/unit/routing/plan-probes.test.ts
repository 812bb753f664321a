import { describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { parseCidr } from "../../../src/net/cidr.ts";
import { routeKey } from "../../../src/routing/entry.ts";
import { commandOf } from "../../../src/routing/iproute2/batch.ts";
import { probeConflicts } from "../../../src/routing/plan-probes.ts";
import type { ProbeEntries, ProbeTables } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { kernelWith } from "./plan.fixture.ts";
import { GATEWAYS, noProbes, planProbesFor, PROBES, probeState } from "./probes.fixture.ts";

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

async function reach(kernel: FakeKernel, state: ProbeEntries, ...owned: string[]): Promise<FakeKernel> {
  expect(await kernel.apply(await planProbesFor(kernel, state, ...owned))).toEqual({ ok: true });
  return kernel;
}

const commandsFor = async (...given: Parameters<typeof planProbesFor>): Promise<string[]> =>
  (await planProbesFor(...given)).map((change) => commandOf(change).join(" "));

/** A copy without some of its entries, as after a `flush` by another program. */
function without(kernel: FakeKernel, isLost: (index: number) => boolean): FakeKernel {
  const copy = new FakeKernel();
  copy.rules = kernel.rules.filter((_, index) => !isLost(index));
  copy.routes = kernel.routes.filter((_, index) => !isLost(index + kernel.rules.length));
  return copy;
}

describe("a plan for probes", () => {
  test("on an empty kernel sets the rule that rejects first, and the rules into the tables last", async () => {
    expect(await commandsFor(new FakeKernel(), probeState(GATEWAYS.slice(0, 2)))).toEqual([
      "rule add pref 102 from all fwmark 0xad000000/0xff000000 unreachable protocol 173",
      "rule add pref 100 not from all fwmark 0xad000000/0xff000000 goto 102 protocol 173",
      "route add unreachable default table 18001 proto 173 metric 4294967295",
      "route add default table 18001 proto 173 nexthop via 10.0.0.11 dev eth0",
      "route add unreachable default table 18002 proto 173 metric 4294967295",
      "route add default table 18002 proto 173 nexthop via 10.0.0.12 dev eth0",
      "rule add pref 101 from all fwmark 0xad000001/0xff0000ff lookup 18001 protocol 173",
      "rule add pref 101 from all fwmark 0xad000002/0xff0000ff lookup 18002 protocol 173",
    ]);
  });

  test("that removes everything removes the rule that rejects last", async () => {
    const kernel = await reach(new FakeKernel(), probeState(GATEWAYS.slice(0, 1)));
    expect(await commandsFor(kernel, noProbes())).toEqual([
      "rule del pref 100 not from all fwmark 0xad000000/0xff000000 goto 102 protocol 173",
      "rule del pref 101 from all fwmark 0xad000001/0xff0000ff lookup 18001 protocol 173",
      "route del unreachable default table 18001 proto 173 metric 4294967295",
      "route del unicast default table 18001 proto 173",
      "rule del pref 102 from all fwmark 0xad000000/0xff000000 unreachable protocol 173",
    ]);
  });

  test("for answers adds their rules last, once their table is whole, and removes them first", async () => {
    const some = GATEWAYS.slice(0, 1);
    const kernel = await reach(new FakeKernel(), probeState(some));
    const state = probeState(some, PROBES, "eth0", [parseCidr("1.1.1.1/32")!]);
    expect(await commandsFor(kernel, state)).toEqual([
      "route add default table 18255 proto 173 nexthop via 10.0.0.11 dev eth0",
      "rule add pref 103 from 10.0.0.1/32 to 1.1.1.1/32 iif lo lookup 18255 protocol 173",
    ]);
    expect(await commandsFor(await reach(kernel, state), probeState(some))).toEqual([
      "rule del pref 103 from 10.0.0.1/32 to 1.1.1.1/32 iif lo lookup 18255 protocol 173",
      "route del unicast default table 18255 proto 173",
    ]);
  });

  test("for fewer gateways removes the rules, the routes and nothing else of those that are none any more", async () => {
    const kernel = await reach(new FakeKernel(), probeState());
    expect(await commandsFor(kernel, probeState(GATEWAYS.slice(0, 2)))).toEqual([
      "rule del pref 101 from all fwmark 0xad000003/0xff0000ff lookup 18003 protocol 173",
      "route del unreachable default table 18003 proto 173 metric 4294967295",
      "route del unicast default table 18003 proto 173",
    ]);
  });

  test("replaces the route of a gateway that is reached over another interface now", async () => {
    const kernel = await reach(new FakeKernel(), probeState());
    kernel.device = "eth1";
    const [first, ...others] = await commandsFor(kernel, probeState(GATEWAYS, PROBES, "eth1"));
    expect(first).toBe("route replace default table 18001 proto 173 nexthop via 10.0.0.11 dev eth1");
    expect(others).toHaveLength(2);
  });

  test("does not replace a route of another program, unless ours stood there in this run", async () => {
    const state = probeState(GATEWAYS.slice(0, 1));
    const [, route] = state.routes;
    const kernel = kernelWith("route add default table 18001 proto 4 nexthop via 10.0.0.13");
    expect((await commandsFor(kernel, state)).join()).not.toMatch(/route \w+ default|lookup 18001/);
    expect(await commandsFor(kernel, state, routeKey(route!))).toContain(
      "route replace default table 18001 proto 173 nexthop via 10.0.0.11 dev eth0",
    );
  });

  test.each([
    "route add default table 18002 proto 4 nexthop via 10.0.0.13",
    "route add default table 18002 proto 4 metric 5 nexthop via 10.0.0.13",
    "route add unreachable default table 18002 proto 4 metric 4294967295",
    "route add 198.51.100.0/24 table 18002 proto 4 nexthop via 10.0.0.13",
  ])(
    "leads no probe into a table with a route of another program, and the others through theirs: %s",
    async (command) => {
      const state = probeState();
      const kernel = kernelWith(command);
      const routes = (gateway: number) => (gateway === 1 ? "unreachable" : `${GATEWAYS[gateway]}*1`);
      const expectBarred = (): void => {
        GATEWAYS.forEach((_, index) => expect(kernel.lookup(TARGET, PROBES.mark + index + 1)).toBe(routes(index)));
      };
      await reach(kernel, state);
      expectBarred();
      expect(await planProbesFor(kernel, state)).toEqual([]);
      const { probeRoutes } = await kernel.observe(180, GATEWAYS, PROBES);
      const conflicts = probeConflicts({ probeRoutes }, state, new Set());
      expect(conflicts).toMatchObject([{ entry: { rule: { kind: "mark", table: 18002 } }, found: { protocol: 4 } }]);
      expect(probeConflicts({ probeRoutes }, noProbes(), new Set())).toEqual([]);

      const later = await reach(new FakeKernel(), state);
      if (later.run(command) !== undefined) return; // ours has that place
      await reach(later, state);
      expect(later.lookup(TARGET, PROBES.mark + 2)).toBe("unreachable");
      later.routes = later.routes.filter(({ protocol }) => protocol !== 4);
      expect(await commandsFor(later, state)).toEqual([
        "rule add pref 101 from all fwmark 0xad000002/0xff0000ff lookup 18002 protocol 173",
      ]);
    },
  );

  test("restores its route behind which the kernel still holds ours, as after a prepend", async () => {
    const state = probeState(GATEWAYS.slice(0, 1));
    const kernel = await reach(new FakeKernel(), state);
    kernel.routes.unshift({ ...kernel.routes[1]!, protocol: 4, nexthops: [{ gateway: "10.0.0.13", weight: 1 }] });
    expect(await commandsFor(kernel, state, routeKey(state.routes[1]!))).toEqual([
      "route del unicast default table 18001 proto 173",
      "route replace default table 18001 proto 173 nexthop via 10.0.0.11 dev eth0",
    ]);
  });

  test("leaves rules at other preferences and routes of tables outside of the range to the search for orphans", async () => {
    const other = probeState(GATEWAYS, { preference: 103, table: 18256, mark: 0xae000000 });
    const kernel = await reach(new FakeKernel(), other);
    const before = JSON.stringify([kernel.rules, kernel.routes]);
    await reach(await reach(kernel, probeState()), noProbes());
    expect(JSON.stringify([kernel.rules, kernel.routes])).toBe(before);
  });
});

const tables = fc.constantFrom<ProbeTables>(
  PROBES,
  { ...PROBES, mark: 0xae000000 },
  { ...PROBES, table: 18002 },
  { ...PROBES, table: 18101, mark: 0x01000000 },
);
const MORE_GATEWAYS = [...GATEWAYS, "10.0.0.14"];
const GATEWAYS_USED = MORE_GATEWAYS.map((gateway) => `${gateway}*1`);
const gateways = fc.subarray(MORE_GATEWAYS);
const TARGETS = ["198.51.100.1/32", "198.51.100.2/32"].map((text) => parseCidr(text)!);
const state = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(gateways, tables, fc.subarray(TARGETS))
      .map(([some, at, targets]) => probeState(some, at, "eth0", targets)),
  },
  { weight: 1, arbitrary: tables.map(noProbes) },
);
const losses = fc.array(fc.boolean(), { maxLength: 16 });

/** Marks of probes under each of these settings, and of packets that are no probes. */
const MARKS = [0xad000000, 0xae000000, 0x01000000].flatMap((mark) => [0, 1, 2, 3, 4, 5].map((index) => mark + index));
const OTHERS = [0, 1, 0xca6c, 0x80000, 0xac000001, 0xffffffff];

const TARGET = "198.51.100.1";
const outcomes = (kernel: FakeKernel): string[] => MARKS.map((mark) => kernel.lookup(TARGET, mark));
const OWN = "10.0.0.1";

describe("plans for probes between random states", () => {
  test("after each step, a probe goes where it went, where it will go, or nowhere, and no other packet is concerned", async () => {
    await fc.assert(
      fc.asyncProperty(state, state, losses, async (first, second, lost) => {
        const kernel = without(await reach(new FakeKernel(), first), (index) => lost[index] === true);
        const before = outcomes(kernel);
        const after = outcomes(await reach(new FakeKernel(), second));
        for (const change of await planProbesFor(kernel, second)) {
          expect(await kernel.apply([change])).toEqual({ ok: true });
          outcomes(kernel).forEach((now, index) => expect([before[index], after[index], "unreachable"]).toContain(now));
          expect(OTHERS.map((mark) => kernel.lookup(TARGET, mark))).toEqual(OTHERS.map(() => "main"));
          expect(kernel.lookup("198.51.100.9", 0, OWN)).toBe("main");
          expect(["main", ...GATEWAYS_USED]).toContain(kernel.lookup(TARGET, 0, OWN));
        }
        expect(outcomes(kernel)).toEqual(after);
        expect(await planProbesFor(kernel, second)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("a probe goes through its gateway or nowhere once another program has removed any routes or rules into tables", async () => {
    await fc.assert(
      fc.asyncProperty(gateways, tables, losses, async (some, at, lost) => {
        const whole = await reach(new FakeKernel(), probeState(some, at));
        const kept = whole.rules.flatMap(({ kind }, index) => (kind === "stray" ? index : []));
        const kernel = without(whole, (index) => lost[index] === true && !kept.includes(index));
        for (let index = 0; index < 6; index++) {
          const through = some[index] === undefined ? [] : [`${some[index]}*1`];
          expect([...through, "unreachable"]).toContain(kernel.lookup(TARGET, at.mark + index + 1));
        }
        expect(OTHERS.map((mark) => kernel.lookup(TARGET, mark))).toEqual(OTHERS.map(() => "main"));
      }),
      { numRuns: 300 },
    );
  });
});
