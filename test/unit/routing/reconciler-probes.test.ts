import { describe, expect, test } from "bun:test";

import { describeConflict, describeFight, describeRepair } from "../../../src/log/describe.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { ObservedRule } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { PROBES } from "./probes.fixture.ts";
import { contents, GATEWAYS, reread, settleWith, type Setup, setUp } from "./reconciler.fixture.ts";

type Mode = Parameters<typeof setUp>[1];

const setUpProbes = (kernel?: FakeKernel, mode?: Mode): Setup => setUp(kernel, mode, PROBES);
const TARGET = "198.51.100.1";
/** Where probes through each gateway go. */
const probesOf = ({ kernel }: Setup): string[] =>
  GATEWAYS.map((_, index) => kernel.lookup(TARGET, PROBES.mark + index + 1));
const EACH_THROUGH_ITS_GATEWAY = GATEWAYS.map((gateway) => `${gateway}*1`);

async function prepare(setup: Setup): Promise<Setup> {
  await setup.reconciler.adopt();
  await setup.reconciler.prepare();
  return setup;
}

async function settle(kernel?: FakeKernel, mode?: Mode): Promise<Setup> {
  const setup = await prepare(setUpProbes(kernel, mode));
  await settleWith(setup, ...GATEWAYS);
  return setup;
}

describe("a start with probes beyond the gateways", () => {
  test.each(["fall-through", "keep", "unreachable"] as const)(
    "leads them through their gateways before the first decision, with -when-no-gateways %s",
    async (mode) => {
      const setup = await prepare(setUpProbes(undefined, mode));
      expect(probesOf(setup)).toEqual(EACH_THROUGH_ITS_GATEWAY);
      expect(setup.kernel.lookup(TARGET)).toBe(mode === "unreachable" ? mode : "main");
      expect(setup.reconciler.standing).toEqual({ ok: false, code: "starting" });
      expect([setup.count("settled"), setup.count("routed"), setup.count("repaired")]).toEqual([0, 0, 0]);
    },
  );

  test.each(["fall-through", "keep", "unreachable"] as const)(
    "keeps the routes of an earlier run until the first decision, with -when-no-gateways %s",
    async (mode) => {
      const first = await settle(undefined, mode);
      const before = contents(first.kernel);
      const second = await prepare(setUpProbes(first.kernel, mode));
      expect(contents(second.kernel)).toEqual(before);
      expect(second.kernel.lookup(TARGET)).toContain("10.0.0.11");
    },
  );

  test("repairs what is left of an earlier run whose gateways were on another interface", async () => {
    const first = await settle(undefined, "unreachable");
    first.kernel.device = "eth1";
    const second = await prepare(setUpProbes(first.kernel, "unreachable"));
    const routes = second.kernel.routes.filter(({ table, type }) => table === 18001 && type === "unicast");
    expect(routes).toMatchObject([{ nexthops: [{ device: "eth1" }] }]);
  });

  test("leads a probe nowhere whose gateway the kernel rejects, and the others through theirs", async () => {
    const kernel = new FakeKernel();
    kernel.rejectedNexthops.add("10.0.0.12");
    const setup = await prepare(setUpProbes(kernel));
    expect(probesOf(setup)).toEqual(["10.0.0.11*1", "unreachable", "10.0.0.13*1"]);
    await settleWith(setup, ...GATEWAYS);
    kernel.rejectedNexthops.clear();
    setup.reconciler.look("paths");
    await setup.next("settled");
    expect(probesOf(setup)).toEqual(EACH_THROUGH_ITS_GATEWAY);
    expect(setup.count("repaired")).toBe(0);
  });

  test("leads a probe nowhere in whose table another program has a route, which is reported, and the others through theirs", async () => {
    const kernel = new FakeKernel();
    expect(kernel.run("route add default table 18002 proto 4 nexthop via 10.0.0.13")).toBeUndefined();
    const setup = await prepare(setUpProbes(kernel));
    expect(probesOf(setup)).toEqual(["10.0.0.11*1", "unreachable", "10.0.0.13*1"]);
    const conflicts = setup.events.flatMap((event) => (event.type === "conflict" ? [event] : []));
    expect(conflicts.map(({ entry, found }) => describeConflict(entry, found))).toEqual([
      "cannot set rule 101 for probes through table 18002: another program has a unicast route of protocol 4 via 10.0.0.13 to 0.0.0.0/0 in that table",
    ]);
    expect([setup.reconciler.standing.ok, setup.count("trouble")]).toEqual([false, 0]);
    kernel.routes = kernel.routes.filter(({ protocol }) => protocol !== 4);
    await settleWith(setup, ...GATEWAYS);
    expect(probesOf(setup)).toEqual(EACH_THROUGH_ITS_GATEWAY);
    expect([setup.count("conflict"), setup.count("repaired")]).toEqual([1, 0]);
  });

  test("leads no probe past its gateway while the kernel cannot be changed, once the first rule stands", async () => {
    const kernel = new FakeKernel();
    const apply = kernel.apply.bind(kernel);
    const error = { code: "rejected", detail: "no buffer space" } as const;
    kernel.apply = async (changes) => {
      const place = changes.findIndex((change) => "route" in change && change.route.table === 18002);
      await apply(changes.slice(0, place));
      return { ok: false, failed: changes[place], error };
    };
    const setup = await prepare(setUpProbes(kernel));
    expect(probesOf(setup)).toEqual(Array(3).fill("unreachable"));
    expect(setup.reconciler.standing).toEqual({ ok: false, code: "trouble", error });
    await setup.reconciler.leave(performance.now() + 500);
  });
});

describe("a stop with probes beyond the gateways", () => {
  test("removes every entry", async () => {
    const setup = await settle();
    expect(await setup.reconciler.remove(performance.now() + 500)).toBe(true);
    expect(contents(setup.kernel)).toEqual([]);
  });

  test("with -on-exit keep leaves every entry, and the next start changes none", async () => {
    const first = await settle();
    await first.reconciler.leave(performance.now() + 500);
    const commands = first.kernel.commands.length;
    const second = await settle(first.kernel);
    expect(second.kernel.commands.slice(commands)).toEqual([]);
  });
});

describe("probes beyond the gateways while another program interferes", () => {
  const repairs = ({ events }: Setup): string[] =>
    events.flatMap((event) => (event.type === "repaired" ? describeRepair(event.entries, 8) : []));

  test("are restored with their rules, and the repair names them", async () => {
    const setup = await settle();
    setup.kernel.rules = setup.kernel.rules.filter(({ kind }) => !["mark", "unmarked", "stray"].includes(kind));
    await reread(setup);
    expect(probesOf(setup)).toEqual(EACH_THROUGH_ITS_GATEWAY);
    expect(repairs(setup)).toEqual([
      "rule 102 unreachable for probes without a route, rule 100 for packets that are no probes, rule 101 for probes through table 18001, rule 101 for probes through table 18002, rule 101 for probes through table 18003 were removed or altered by another program; restored",
    ]);
  });

  test("are restored with their routes, and the repair names them and their table", async () => {
    const setup = await settle();
    setup.kernel.routes = setup.kernel.routes.filter(({ table }) => table !== 18002);
    expect(probesOf(setup)).toEqual(["10.0.0.11*1", "unreachable", "10.0.0.13*1"]);
    await reread(setup);
    expect(probesOf(setup)).toEqual(EACH_THROUGH_ITS_GATEWAY);
    expect(repairs(setup)).toEqual([
      "route 0.0.0.0/0 metric 4294967295 for probes through table 18002, route 0.0.0.0/0 for probes through table 18002 were removed or altered by another program; restored",
    ]);
  });

  test("are restored where a route of another program replaced theirs", async () => {
    const setup = await settle();
    expect(setup.kernel.run("route replace default table 18002 proto 4 nexthop via 10.0.0.13")).toBeUndefined();
    await reread(setup);
    expect(probesOf(setup)).toEqual(EACH_THROUGH_ITS_GATEWAY);
    expect(repairs(setup)).toHaveLength(1);
  });

  test("go nowhere while the repair of their routes waits, and what carries traffic is repaired at once", async () => {
    const setup = await settle();
    const { kernel, reconciler, next } = setup;
    const fight = next("fight");
    kernel.beforeObserve = () => {
      kernel.routes = kernel.routes.filter(({ table }) => table !== 18001);
    };
    reconciler.look();
    const { entries } = await fight;
    expect(describeFight(entries, 1)).toBe(
      "another program keeps undoing route 0.0.0.0/0 metric 4294967295 for probes through table 18001 and 1 more",
    );
    await reconciler.prepare(); // ends with the run under way
    expect(reconciler.standing).toEqual({ ok: false, code: "fight" });
    kernel.routes = kernel.routes.filter(({ table }) => table !== 18001);
    expect(probesOf(setup)).toEqual(["unreachable", "10.0.0.12*1", "10.0.0.13*1"]);
    kernel.rules = kernel.rules.filter(({ kind }) => kind !== "lookup");
    const repaired = next("repaired");
    reconciler.look();
    await repaired;
    expect(kernel.lookup(TARGET)).toContain("10.0.0.12");
    await reconciler.leave(performance.now() + 500);
  });

  test("keep their routes while a part of the kill switch is gone, and no route seems to lead to the gateways", async () => {
    const setup = await settle(undefined, "unreachable");
    const { kernel } = setup;
    const commands = kernel.commands.length;
    kernel.rules = kernel.rules.filter(({ kind }) => kind !== "goto");
    const observe = kernel.observe.bind(kernel);
    const fault = { code: "no-route", detail: "no interface of this machine leads to it" } as const;
    kernel.observe = async (...given) => {
      const observed = await observe(...given);
      if (observed.rules.some(({ kind }) => kind === "goto")) return observed;
      return { ...observed, devices: new Map(), unusable: GATEWAYS.map((gateway) => ({ gateway, fault })) };
    };
    await reread(setup);
    expect(kernel.commands.slice(commands).filter((command) => command.startsWith("route"))).toEqual([]);
    expect(probesOf(setup)).toEqual(EACH_THROUGH_ITS_GATEWAY);
  });

  test("follow a gateway to another interface, which is no repair", async () => {
    const setup = await settle();
    setup.kernel.devices.set("10.0.0.12", "eth1");
    await reread(setup);
    const routes = setup.kernel.routes.filter(({ table, type }) => table === 18002 && type === "unicast");
    expect(routes).toMatchObject([{ nexthops: [{ gateway: "10.0.0.12", device: "eth1" }] }]);
    expect(repairs(setup).join()).not.toContain("probes");
  });
});

describe("answers to probes with a kill switch", () => {
  const OWN = "10.0.0.1";
  const ANSWERING = { ...PROBES, targets: [parseCidr(`${TARGET}/32`)!] };
  const answersOf = ({ kernel }: Setup): ObservedRule[] => kernel.rules.filter(({ kind }) => kind === "answer");
  const start = (kernel?: FakeKernel, mode: Mode = "unreachable"): Promise<Setup> =>
    prepare(setUp(kernel, mode, ANSWERING));

  test("are let in from the start on, while no gateway is in use, and no other packet is", async () => {
    const setup = await start();
    const { kernel } = setup;
    for (const gateways of [[], GATEWAYS, []]) {
      if (gateways.length > 0 || setup.count("settled") > 0) await settleWith(setup, ...gateways);
      const inUse = gateways.length > 0;
      expect(answersOf(setup)).toHaveLength(inUse ? 0 : 1);
      expect(kernel.lookup(TARGET, 0, OWN)).toBe(inUse ? kernel.lookup(TARGET) : "10.0.0.11*1");
      expect(kernel.lookup(TARGET) === "unreachable").toBe(!inUse);
      expect(kernel.lookup("198.51.100.9", 0, OWN)).toBe(kernel.lookup(TARGET));
    }
    expect(setup.count("repaired")).toBe(0);
    expect(await setup.reconciler.remove(performance.now() + 500)).toBe(true);
    expect(contents(kernel)).toEqual([]);
  });

  test.each(["fall-through", "keep"] as const)("need no rule with -when-no-gateways %s", async (mode) => {
    expect(answersOf(await start(undefined, mode))).toEqual([]);
  });

  test("need no rule at a start while the routes of an earlier run stand", async () => {
    const first = await start();
    await settleWith(first, ...GATEWAYS);
    expect(answersOf(await start(first.kernel))).toEqual([]);
  });

  test("follow an address that changes, and are restored", async () => {
    const setup = await start();
    await settleWith(setup);
    setup.kernel.addresses = ["10.0.0.2/24"];
    await reread(setup);
    expect(setup.count("repaired")).toBe(0);
    expect(answersOf(setup)).toMatchObject([{ from: parseCidr("10.0.0.2/32") }]);
    setup.kernel.rules = setup.kernel.rules.filter(({ kind }) => kind !== "answer");
    await reread(setup);
    expect(answersOf(setup)).toHaveLength(1);
    expect(setup.count("repaired")).toBe(1);
  });
});
