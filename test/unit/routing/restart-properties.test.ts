import { expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { parseAddress } from "../../../src/net/address.ts";
import { hostOf } from "../../../src/net/cidr.ts";
import type { RoutingSettings } from "../../../src/routing/decide.ts";
import { Reconciler } from "../../../src/routing/reconciler.ts";
import { layoutOf } from "../../../src/routing/slots.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { lookUpAll, networks } from "./samples.fixture.ts";

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

const GATEWAYS = ["10.0.0.11", "10.0.0.12"];
const healthyGateways = fc.subarray(GATEWAYS);
const rejecting = ["unreachable", "blackhole"] as const;

const settingsWith = (modes: readonly RoutingSettings["whenNoGateways"][]): fc.Arbitrary<RoutingSettings> =>
  fc
    .record({
      managed: networks(1, 4),
      excluded: networks(0, 4),
      reserved: networks(0, 4),
      mode: fc.constantFrom(...modes),
    })
    .map(({ mode: whenNoGateways, ...destinations }) => ({
      layout: layoutOf(GATEWAYS),
      destinations: { ...destinations, gateways: GATEWAYS.map((gateway) => hostOf(parseAddress(gateway)!)) },
      tableRef: { table: 180, preference: 10888 },
      whenNoGateways,
      quorum: { least: 0, policy: "keep" as const },
    }));

/** One run of the service, from its start until the kernel has settled. */
async function run(kernel: FakeKernel, settings: RoutingSettings, healthy: readonly string[]): Promise<void> {
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  const reconciler = new Reconciler({
    ...settings,
    kernel,
    pool: {
      state: () => ({ gateways: GATEWAYS, healthy: new Set(healthy), holds: new Map(), lost: [] }),
      examine() {},
      decided() {},
    },
    emit() {},
    onSettled: resolve,
  });
  await reconciler.adopt();
  await reconciler.prepare();
  reconciler.follow();
  await settled;
  await reconciler.leave(performance.now() + 1000);
}

/** Which packets a run with these settings and healthy gateways routes or rejects. */
async function managedBy(settings: RoutingSettings): Promise<boolean[]> {
  const kernel = new FakeKernel();
  await run(kernel, settings, GATEWAYS);
  return isManaged(kernel);
}

const isManaged = (kernel: FakeKernel): boolean[] => lookUpAll(kernel).map((outcome) => outcome !== "main");

test("a kill switch that starts on any remains of an earlier run treats no packet wrongly once it was treated correctly", async () => {
  await fc.assert(
    fc.asyncProperty(
      settingsWith([...rejecting, "fall-through", "keep"]),
      healthyGateways,
      settingsWith(rejecting),
      healthyGateways,
      fc.infiniteStream(fc.boolean()),
      async (first, firstHealthy, second, secondHealthy, isLeft) => {
        const kernel = new FakeKernel();
        await run(kernel, first, firstHealthy);
        kernel.routes = kernel.routes.filter(() => isLeft.next().value);
        kernel.rules = kernel.rules.filter(() => isLeft.next().value);
        const [before, after] = [await managedBy(first), await managedBy(second)];
        const steps = [isManaged(kernel)];
        const runCommand = kernel.run.bind(kernel);
        kernel.run = (words) => {
          const error = runCommand(words);
          steps.push(isManaged(kernel));
          return error;
        };
        await run(kernel, second, secondHealthy);
        after.forEach((managed, index) => {
          if (before[index] !== managed) return;
          const isRight = steps.map((step) => step[index] === managed);
          expect(isRight.slice(isRight.indexOf(true))).not.toContain(false);
          expect(isRight.at(-1)).toBe(true);
        });
      },
    ),
    { numRuns: 150 },
  );
});
