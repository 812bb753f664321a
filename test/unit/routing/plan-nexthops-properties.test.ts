import { expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { NOTHING } from "../../../src/routing/desired.ts";
import { layoutOf, gatewaysOfCells } from "../../../src/routing/slots.ts";
import { MOST_SLOTS } from "../../../src/routing/nexthop-ids.ts";
import { parseHost } from "../../../src/net/cidr.ts";
import type { FakeKernel } from "../../fakes/kernel.ts";
import { cidrs6, GROUP, kernel6, Router, settings6 } from "./ipv6.fixture.ts";

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

const ALL = [..."abcdef"].map((letter) => `fd00:77::${letter}`);

/** Flows, by their places on the ring. */
const FLOWS = 420;

/** Where each flow goes: its gateway, or how it is treated where there is no route over gateways. */
function flows(kernel: FakeKernel): string[] {
  const outcome = kernel.lookup("2001:db8::1");
  if (!outcome.startsWith("fd00")) return Array<string>(FLOWS).fill(outcome);
  return gatewaysOfCells(kernel.nexthops.hopsOf(GROUP), FLOWS);
}

/** A pool as it is configured, and which of its gateways are healthy, one after the other. */
const runs = fc.subarray(ALL, { minLength: 1 }).chain((gateways) => {
  const weights = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: gateways.length, maxLength: gateways.length });
  return fc.record({
    gateways: fc.constant(gateways),
    weights,
    steps: fc.array(fc.subarray(gateways), { minLength: 1, maxLength: 4 }),
  });
});

const modes = fc.constantFrom("fall-through" as const, "unreachable" as const);

test("after each step of a plan for IPv6 every flow goes where it went before the plan or will go after it, also over restarts with other gateways and weights", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(runs, { minLength: 1, maxLength: 3 }), modes, async (all, whenNoGateways) => {
      const kernel = kernel6();
      for (const { gateways, weights, steps } of all) {
        const layout = layoutOf(gateways, weights, MOST_SLOTS);
        const hosts = gateways.map((one) => parseHost(one)!);
        const destinations = { managed: cidrs6("::/0"), excluded: [], reserved: [], gateways: hosts };
        const router = new Router(kernel, settings6({ layout, destinations, whenNoGateways }, gateways));
        await router.adopt();
        for (const healthy of steps) await carefully(router, kernel, await router.decide(healthy));
      }
      await carefully(new Router(kernel), kernel, NOTHING);
      expect(kernel.nexthops.of(180)).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

/** Carries out a plan step by step, and looks at all flows after each of them. */
async function carefully(router: Router, kernel: FakeKernel, desired: Parameters<Router["planTo"]>[0]): Promise<void> {
  const { changes } = await router.planTo(desired);
  const seen = [flows(kernel)];
  for (const change of changes) {
    expect(await kernel.apply([change])).toEqual({ ok: true });
    seen.push(flows(kernel));
  }
  expect((await router.planTo(desired)).changes).toEqual([]);
  const [before, after] = [seen[0]!, seen.at(-1)!];
  for (const now of seen) {
    expect(now.filter((to, flow) => to !== before[flow] && to !== after[flow])).toEqual([]);
  }
}

test("while gateways leave and return, no flow between two that stay moves, and group and route stay as they are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.subarray(ALL, { minLength: 1 }), { minLength: 2, maxLength: 8 }), async (walk) => {
      const kernel = kernel6();
      const router = new Router(kernel, settings6({}, ALL));
      await router.route(ALL);
      let last: readonly string[] = ALL;
      for (const healthy of walk) {
        const before = flows(kernel);
        const commands = await router.route(healthy);
        const after = flows(kernel);
        expect(commands.filter((one) => !/^ip nexthop replace id \d+ via /.test(one))).toEqual([]);
        const moved = before.filter((from, flow) => healthy.includes(from) && after[flow] !== from);
        const returned = healthy.filter((one) => !last.includes(one));
        // A gateway that returns takes its own slot back: what moves then is on its way home.
        expect(returned.length > 0 || moved.length === 0).toBe(true);
        expect(
          after.filter((to, flow) => to !== before[flow] && healthy.includes(before[flow]!) && !returned.includes(to)),
        ).toEqual([]);
        last = healthy;
      }
    }),
    { numRuns: 60 },
  );
});
