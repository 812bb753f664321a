import { describe, expect, test } from "bun:test";

import { leftoversText } from "../../../src/routing/leftovers-text.ts";
import { gatewaysOfCells } from "../../../src/routing/slots.ts";
import type { ObservedRoute } from "../../../src/routing/types.ts";
import { earlierEntries, earlierRoutes } from "../../fixtures/earlier-program.ts";
import { kernelWith } from "./plan.fixture.ts";
import { GATEWAYS, reread, setUp, settleWith } from "./reconciler.fixture.ts";

const TWO = GATEWAYS.slice(0, 2);

describe("a start over what the earlier program has left", () => {
  test("reports it once with the commands that remove it, changes nothing of it, and adds no rule", async () => {
    const setup = setUp(kernelWith(...earlierEntries({ gateways: TWO })));
    const { reconciler, events, kernel } = setup;
    expect(await reconciler.adopt()).toEqual(new Set());
    const conflict = setup.next("conflict");
    setup.setHealthy(...GATEWAYS);
    await conflict;
    const reports = events.flatMap((event) => (event.type === "leftovers" ? event : []));
    expect(reports.map(({ leftovers, removal }) => [leftoversText(leftovers), removal])).toEqual([
      [
        "16 rules and 1 route",
        expect.stringContaining("ip rule del pref 10902 lookup 180; for p in $(seq 10888 10901)"),
      ],
    ]);
    expect(kernel.rules.filter(({ protocol }) => protocol === 173)).toEqual([]);
    expect(kernel.rules).toHaveLength(16);
  });

  test("with -take-over goes on with its gateways, reports the end of it once, and leaves a later one alone", async () => {
    const setup = setUp(kernelWith(...earlierEntries({ gateways: TWO })), "fall-through", undefined, true);
    const { reconciler, events, kernel, count } = setup;
    expect(await reconciler.adopt()).toEqual(new Set(TWO));
    await settleWith(setup, ...TWO);
    expect([...kernel.rules, ...kernel.routes].map(({ protocol }) => protocol)).toEqual(
      Array(1 + kernel.routes.length).fill(173),
    );
    const taken = events.flatMap((event) => (event.type === "taken-over" ? leftoversText(event.leftovers) : []));
    expect(taken).toEqual(["16 rules and 1 route"]);
    expect([count("leftovers"), count("conflict"), count("repaired")]).toEqual([0, 0, 0]);

    kernel.run("rule add pref 20000 lookup 180");
    await reread(setup);
    expect(kernel.rules).toHaveLength(2);
    expect(count("taken-over")).toBe(1);
  });

  test("with -take-over keeps the shares of the gateways that are still healthy", async () => {
    const setup = setUp(kernelWith(...earlierRoutes({ gateways: GATEWAYS })), "fall-through", undefined, true);
    await setup.reconciler.adopt();
    await settleWith(setup, GATEWAYS[0]!, GATEWAYS[2]!);
    const [{ nexthops }] = setup.kernel.routes.filter(({ type }) => type === "unicast") as [ObservedRoute];
    const cells = gatewaysOfCells(nexthops, 36);
    expect(new Set(cells.slice(0, 12))).toEqual(new Set([GATEWAYS[0]!]));
    expect(new Set(cells.slice(24))).toEqual(new Set([GATEWAYS[2]!]));
  });

  test("with -take-over keeps the order of its nexthops, which is that of their texts", async () => {
    const order = [GATEWAYS[2]!, GATEWAYS[0]!, GATEWAYS[1]!];
    const setup = setUp(kernelWith(...earlierRoutes({ gateways: order })), "fall-through", undefined, true);
    await setup.reconciler.adopt();
    await settleWith(setup, ...GATEWAYS);
    expect(setup.kernel.lookup("8.8.8.8")).toBe(order.map((gateway) => `${gateway}*1`).join(" "));
  });

  test("with -take-over and a kill switch rejects nothing while the gateways are not known yet", async () => {
    const setup = setUp(kernelWith(...earlierEntries({ gateways: TWO })), "unreachable", undefined, true);
    const { kernel, reconciler } = setup;
    const before = kernel.lookup("8.8.8.8");
    await reconciler.adopt();
    const fates: string[] = [];
    const { run } = kernel;
    kernel.run = (...words) => {
      const error = run.apply(kernel, words);
      fates.push(kernel.lookup("8.8.8.8"));
      return error;
    };
    await reconciler.prepare();
    expect(new Set(fates)).toEqual(new Set([before]));
    await settleWith(setup, ...TWO);
    expect(fates).not.toContain("unreachable");
    expect(fates).not.toContain("main");
    expect(kernel.rules.filter(({ protocol }) => protocol !== 173)).toEqual([]);
  });

  test("with -take-over and no healthy gateway leads packets to the normal tables, with nothing of it left", async () => {
    const setup = setUp(kernelWith(...earlierEntries({ gateways: TWO })), "fall-through", undefined, true);
    await setup.reconciler.adopt();
    await settleWith(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("main");
    expect(setup.count("taken-over")).toBe(1);
  });

  test("with -take-over is removed by a stop before the first decision", async () => {
    const setup = setUp(kernelWith(...earlierEntries({ gateways: TWO })), "fall-through", undefined, true);
    await setup.reconciler.adopt();
    expect(await setup.reconciler.remove(performance.now() + 500)).toBe(true);
    expect([setup.kernel.rules, setup.kernel.routes]).toEqual([[], []]);
  });
});
