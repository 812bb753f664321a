/** Two routers that choose the same gateway for each flow: the seed of the kernel's hash, and the owners of the slots. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { answering, flagsOfIpv6, gatewaysOfFlows, type Lab, openLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

const FLOWS = 2000;
const SEED = "ipv4/fib_multipath_hash_seed";
const FLAGS = { "hash-seed": 4711, placement: "usable" };

const seedOf = (lab: Lab): string => lab.router.parameter(SEED);

describe("the seed", () => {
  test("is there while the service runs", async () => {
    const lab = await openLab();
    lab.router.tune({ [SEED]: 3 });
    const daemon = lab.start(FLAGS);
    await lab.untilRouted([1, 2, 3]);
    expect(seedOf(lab)).toBe("4711");
    expect((await daemon.stop()).status).toBe(0);
    expect(seedOf(lab)).toBe("3");
  });

  test("of before a kill returns after the next run, and stays with -on-exit keep", async () => {
    const lab = await openLab();
    const killed = lab.start(FLAGS);
    await lab.untilRouted([1, 2, 3]);
    await killed.kill();
    const kept = lab.start({ ...FLAGS, "on-exit": "keep" });
    await kept.untilReady();
    await kept.stop();
    expect(seedOf(lab)).toBe("4711");
    const last = lab.start();
    await last.untilReady();
    expect(seedOf(lab)).toBe("0");
    await last.stop();
  });
});

describe("two routers with the same flags", () => {
  /** A router after gateways were lost in this order. */
  async function routerAfter(losses: readonly number[], flags: object, ipv6: boolean): Promise<string[]> {
    const lab = await openLab({ gateways: 5, ipv6 });
    lab.start({ ...flags, ...(ipv6 && flagsOfIpv6(5)) });
    const left = new Set([1, 2, 3, 4, 5]);
    const untilRouted = () => (ipv6 ? lab.untilRouted6([...left]) : lab.untilRouted([...left]));
    await untilRouted();
    for (const lost of losses) {
      (ipv6 ? lab.gateway6(lost) : lab.gateway(lost)).becomes(answering(500));
      left.delete(lost);
      await untilRouted();
    }
    return gatewaysOfFlows(lab.router, FLOWS, ipv6);
  }

  async function differing(flags: object, { ipv6 = false, others = flags } = {}): Promise<number> {
    const one = await routerAfter([2, 4], flags, ipv6);
    const other = await routerAfter([4, 2], others, ipv6);
    return one.filter((gateway, flow) => gateway !== other[flow]).length;
  }

  test.each([
    ["IPv4", false],
    ["IPv6", true],
  ])("choose the same gateway for each of 2,000 flows of %s, whatever each has been through", async (_, ipv6) => {
    expect(await differing(FLAGS, { ipv6 })).toBe(0);
  });

  test("differ in some where owners follow from the history, and in most where the seeds do", async () => {
    const byHistory = await differing({ ...FLAGS, placement: "history" });
    const bySeed = await differing(FLAGS, { others: { ...FLAGS, "hash-seed": 4712 } });
    console.log(`of ${FLOWS} flows ${byHistory} differ with -placement history, ${bySeed} with another seed`);
    expect(byHistory).toBeGreaterThan(0);
    expect(bySeed).toBeGreaterThan(FLOWS / 2);
  });
});
