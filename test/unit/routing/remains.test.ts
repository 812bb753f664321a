import { expect, test } from "bun:test";

import fc from "fast-check";

import { Reconciler } from "../../../src/routing/reconciler.ts";
import { type Cidr, formatCidr, hostOf, networkOf } from "../../../src/net/cidr.ts";
import { formatAddress, parseAddress } from "../../../src/net/address.ts";
import type { RoutingSettings } from "../../../src/routing/decide.ts";
import { layoutOf } from "../../../src/routing/slots.ts";
import { FakeKernel } from "../../fakes/kernel.ts";

const network = fc
  .tuple(fc.constantFrom(0, 1, 2, 8, 9, 10), fc.constantFrom(0, 1, 2, 3))
  .map(([prefix, bits]): Cidr => networkOf({ family: 4, bits: (bits << 22) >>> 0 }, prefix));
const networks = (least = 0) => fc.uniqueArray(network, { minLength: least, maxLength: 4, selector: formatCidr });
const settingsWith = (mode: fc.Arbitrary<RoutingSettings["whenNoGateways"]>): fc.Arbitrary<RoutingSettings> =>
  fc
    .record({
      managed: networks(1),
      excluded: networks(),
      reserved: networks(),
      mode,
    })
    .map(({ mode: whenNoGateways, ...destinations }) => ({
      layout: layoutOf(["10.0.0.11", "10.0.0.12"]),
      destinations: {
        ...destinations,
        gateways: ["10.0.0.11", "10.0.0.12"].map((gateway) => hostOf(parseAddress(gateway)!)),
      },
      place: { table: 180, preference: 10888 },
      whenNoGateways,
      quorum: { least: 0, policy: "keep" as const },
    }));
const refusing = fc.constantFrom("unreachable" as const, "blackhole" as const);
const anyMode = fc.constantFrom("unreachable" as const, "blackhole" as const, "fall-through" as const, "keep" as const);
const healthy = fc.subarray(["10.0.0.11", "10.0.0.12"]);

const samples = Array.from({ length: 64 }, (_, index) =>
  formatAddress({ family: 4, bits: (index << 20) >>> 0 }),
).concat("10.0.0.11", "200.1.1.1");
const decisions = (kernel: FakeKernel): string[] => samples.map((address) => kernel.lookup(address));

async function run(kernel: FakeKernel, settings: RoutingSettings, gateways: readonly string[]): Promise<void> {
  let settled = () => {};
  const done = new Promise<void>((resolve) => (settled = resolve));
  const reconciler = new Reconciler({
    ...settings,
    kernel,
    pool: {
      state: () => ({
        gateways: settings.layout.gateways,
        healthy: new Set(gateways),
        holds: new Map(),
        lost: [],
      }),
      examine() {},
      decided() {},
    },
    emit() {},
    onSettled: () => settled(),
  });
  await reconciler.adopt();
  await reconciler.close();
  reconciler.serve();
  await done;
  await reconciler.leave(performance.now() + 1000);
}

/** Of each sample, whether its packets are taken or refused. */
async function managedBy(settings: RoutingSettings): Promise<boolean[]> {
  const kernel = new FakeKernel();
  await run(kernel, settings, settings.layout.gateways);
  return decisions(kernel).map((way) => way !== "main");
}

test("from whatever is left of an earlier run, nothing that is managed gets out once it is refused, nor is what is kept out cut off", async () => {
  await fc.assert(
    fc.asyncProperty(
      settingsWith(anyMode),
      healthy,
      settingsWith(refusing),
      healthy,
      fc.infiniteStream(fc.boolean()),
      async (first, firstHealthy, second, secondHealthy, lost) => {
        const kernel = new FakeKernel();
        await run(kernel, first, firstHealthy);
        kernel.routes = kernel.routes.filter(() => lost.next().value);
        kernel.rules = kernel.rules.filter(() => lost.next().value);
        const [before, after] = [await managedBy(first), await managedBy(second)];
        const seen = [decisions(kernel)];
        const carry = kernel.run.bind(kernel);
        kernel.run = (words) => {
          const answer = carry(words);
          seen.push(decisions(kernel));
          return answer;
        };
        await run(kernel, second, secondHealthy);
        samples.forEach((_, index) => {
          if (before[index] !== after[index]) return;
          const isRight = seen.map((all) => (all[index] !== "main") === after[index]);
          expect(isRight.slice(isRight.indexOf(true))).not.toContain(false);
          expect(isRight.at(-1)).toBe(true);
        });
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);
