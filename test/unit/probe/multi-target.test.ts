import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { multiTargetProbe, orderOf } from "../../../src/probe/multi-target.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";
import { type TargetEvent, TargetFaults } from "../../../src/probe/target-faults.ts";
import { answer, createFakeTiming } from "./round.fixture.ts";

const PERIOD = 1000;

interface World {
  readonly gateways?: readonly string[];
  readonly targets?: readonly string[];
  readonly need?: number;
  /** Whether a packet to the target through the gateway is answered, 20 ms later. */
  readonly answers: (gateway: string, target: string) => boolean;
}

/** Gateways whose rounds all begin together, each second. */
function setUp({ gateways = ["g1", "g2"], targets = ["a", "b", "c"], need = 1, answers }: World) {
  const { timing, pass, pending, suspend } = createFakeTiming();
  const events: TargetEvent[] = [];
  const asked: (readonly [gateway: string, target: string])[] = [];
  const reported: string[] = [];
  const faults = new TargetFaults({
    ...{ prober: "icmp", targets, gateways, now: timing.now },
    emit: (event) => void events.push(event),
  });
  const probe = multiTargetProbe({
    ...{ prober: "icmp", gateways, targets, need, timeout: 500, faults, ...timing },
    ask(gateway, target) {
      asked.push([gateway, target]);
      const { promise, resolve } = Promise.withResolvers<ProbeResult>();
      if (answers(gateway, target)) timing.timers.set(timing.now() + 20, () => resolve(answer(0.02)));
      return promise;
    },
    onAnswers: (gateway, said) =>
      void reported.push(...[...said].map(([target, { kind }]) => `${gateway} ${target} ${kind}`)),
  });
  /** One round of each gateway; the results in their order. */
  const round = async (): Promise<ProbeResult[]> => {
    const results: ProbeResult[] = [];
    gateways.forEach((gateway, index) => void probe(gateway).then((result) => (results[index] = result)));
    await pass(PERIOD);
    return results;
  };
  const rounds = async (count: number): Promise<ProbeResult[][]> => {
    const results: ProbeResult[][] = [];
    for (let done = 0; done < count; done++) results.push(await round());
    return results;
  };
  return { ...{ faults, events, asked, reported, rounds, probe, pass, pending, suspend, timing } };
}

const types = (events: readonly TargetEvent[]): string[] => events.map(({ type, target }) => `${type} ${target}`);

describe("a probe of several targets", () => {
  test("asks another target first in each round, and through each gateway", async () => {
    const { rounds, asked, pending } = setUp({ answers: () => true });
    await rounds(3);
    const through = (gateway: string): string =>
      asked.flatMap(([one, target]) => (one === gateway ? target : [])).join("");
    expect([through("g1"), through("g2"), pending()]).toEqual(["abc", "bca", 0]);
  });

  test("reports one dead target, takes no longer for it then, and asks it again every 30 s", async () => {
    const { rounds, events, asked } = setUp({ answers: (_, target) => target !== "a" });
    const results = await rounds(12);
    expect(results.flat().every(({ kind }) => kind === "success")).toBe(true);
    expect(types(events)).toEqual(["target-fault a"]);
    const first = asked.length;
    const quick = await rounds(36);
    expect(Math.max(...quick.flat().map(({ seconds }) => seconds))).toBeLessThan(0.03);
    const dead = asked.slice(first).filter(([, target]) => target === "a");
    expect(dead.map(([gateway]) => gateway).sort()).toEqual(["g1", "g1", "g2", "g2"]); // silent, so twice in a round
    expect(asked.length - first).toBe(36 * 2 + 4);
  });

  test("takes a target back that answers when it is asked again", async () => {
    let dead = "a";
    const { rounds, events } = setUp({ answers: (_, target) => target !== dead });
    await rounds(12);
    dead = "";
    await rounds(36);
    expect(types(events)).toEqual(["target-fault a", "target-back a"]);
  });

  test("fails through a dead gateway alone, and blames no target", async () => {
    const { rounds, events } = setUp({ answers: (gateway) => gateway === "g1" });
    const results = await rounds(10);
    expect(results.map(([one, other]) => `${one!.kind} ${other!.kind}`)).toEqual(Array(10).fill("success failure"));
    expect(results[0]![1]!.detail).toBe("icmp b, c, a: no answer through it");
    expect(events).toEqual([]);
  });

  test("fails through all gateways when no target answers, and blames none", async () => {
    const { rounds, events } = setUp({ answers: () => false });
    expect((await rounds(10)).flat().every(({ kind }) => kind === "failure")).toBe(true);
    expect(events).toEqual([]);
  });

  test("notices that the last target is dead while another one is at fault, since that one is asked as well", async () => {
    let dead = ["a"];
    const { rounds } = setUp({ targets: ["a", "b"], answers: (_, target) => !dead.includes(target) });
    await rounds(12);
    dead = ["a", "b"];
    expect((await rounds(1)).flat().every(({ kind }) => kind === "failure")).toBe(true);
    dead = ["b"];
    expect((await rounds(1)).flat().every(({ kind }) => kind === "success")).toBe(true);
  });

  test("needs only the targets that are not at fault", async () => {
    const { rounds, events } = setUp({ need: 3, answers: (_, target) => target !== "a" });
    const results = await rounds(5);
    expect(types(events)).toEqual(["target-fault a"]);
    expect(results.map((both) => both.map(({ kind }) => kind === "success"))).toEqual([
      [false, false],
      [true, true], // the third failure of the target is in this round, so it is at fault before the verdicts
      [true, true],
      [true, true],
      [true, true],
    ]);
  });

  test("reports no answer of a target at fault", async () => {
    const { rounds, reported } = setUp({ gateways: ["g1"], answers: (_, target) => target !== "a" });
    await rounds(12);
    expect(reported.filter((one) => one.startsWith("g1 a"))).toEqual(Array(2).fill("g1 a failure"));
  });

  test("asks anew after the process did not run", async () => {
    let reachable = false;
    const { probe, pass, suspend, reported } = setUp({ gateways: ["g1"], answers: () => reachable });
    const result = probe("g1");
    await pass(10);
    reachable = true;
    suspend(60_000);
    await pass(500);
    expect(await result).toMatchObject({ kind: "success", seconds: 0.02 });
    expect(reported).toEqual(["g1 b success"]);
  });
});

test("each target is the first one equally often, those at fault come last, and none is left out", () => {
  const targets = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 });
  const cases = targets.chain((all) =>
    fc.tuple(fc.constant(all), fc.subarray(all, { maxLength: all.length - 1 }), fc.nat(1000)),
  );
  fc.assert(
    fc.property(cases, ([all, atFault, start]) => {
      const sound = all.filter((one) => !atFault.includes(one));
      const orders = sound.map((_, turn) => orderOf(all, new Set(atFault), start + turn));
      expect(orders.map(([first]) => first!).sort()).toEqual(sound.toSorted());
      for (const order of orders) {
        expect(order.toSorted()).toEqual(all.toSorted());
        expect(order.slice(sound.length)).toEqual(atFault);
      }
    }),
  );
});

test("a gateway that loses one packet of ten, with a dead target, hardly ever fails a round", async () => {
  let seed = 1;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const { rounds } = setUp({ gateways: ["g1"], answers: (_, target) => target !== "a" && random() >= 0.1 });
  const results = (await rounds(5000)).flat();
  expect(results.filter(({ kind }) => kind === "failure").length).toBeLessThan(15); // 0.1 % of them, and not 1 %
});

test("a gateway that passes all packets is never failed by dead targets while one of the others answers", async () => {
  const targets = ["a", "b", "c"];
  const deaths = fc.array(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.subarray(targets, { maxLength: 2 })), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(deaths, fc.subarray(["g1", "g2", "g3"], { minLength: 1 }), async (steps, alive) => {
      let dead: readonly string[] = [];
      const gateways = ["g1", "g2", "g3"];
      const answers = (gateway: string, target: string): boolean => alive.includes(gateway) && !dead.includes(target);
      const { rounds } = setUp({ gateways, targets, answers });
      for (const [count, now] of steps) {
        dead = now;
        for (const results of await rounds(count)) {
          const healthy = gateways.filter((_, index) => results[index]!.kind === "success");
          expect(healthy).toEqual(alive);
        }
      }
    }),
    { numRuns: 50 },
  );
});
