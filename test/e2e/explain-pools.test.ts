/** The explain command with several pools: the pool that it names is the one whose table the kernel uses. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Explanation } from "../../src/diagnose/format-explanation.ts";
import { addressOf, INTERNET, type Lab, openLab, refusing } from "./lab/index.ts";
import { LTE, NORWAY, POOLS_FILE, SWEDEN } from "./lab/pools.ts";

setDefaultTimeout(120_000);

/** A client of pool vpn, and one of all others. */
const [OF_VPN, OTHER] = ["10.78.0.2", "10.66.0.2"] as const;

interface Scene {
  readonly lab: Lab;
  run(...words: readonly string[]): ReturnType<Lab["run"]>;
  explain(...words: readonly string[]): Promise<Explanation>;
}

/** A lab with a service that has settled, and the command with the same file. */
async function openScene(text = POOLS_FILE): Promise<Scene> {
  const lab = await openLab();
  await lab.addClient("iot0", "10.78.0");
  const daemon = lab.startWithFile(text);
  await daemon.untilReady();
  await lab.until(
    "all gateways to be up",
    () => daemon.metrics(),
    (metrics) => metrics.all("gateway_up").every(({ value }) => value === 1),
  );
  const run = (...words: readonly string[]) =>
    lab.run(["explain", ...words, "-config", String(daemon.flags["config"])]);
  return {
    lab,
    run,
    explain: async (...words) => {
      const { status, stdout, stderr } = await run(...words, "-json");
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      const explanation = JSON.parse(stdout) as Explanation;
      expect(explanation.unexplained).toBe(false);
      return explanation;
    },
  };
}

const sharesOf = ({ shares }: Explanation) =>
  shares.map(({ name, tier, share }) => [name, tier, Number(share.toFixed(3))]);

async function untilPool(scene: Scene, name: string | null, ...words: readonly string[]): Promise<Explanation> {
  return scene.lab.until(
    `packets in pool ${name}`,
    () => scene.explain(...words),
    ({ pool }) => pool!.now === name,
  );
}

describe("a packet", () => {
  test("of each client has the gateways of its pool, with names, tiers and shares, as the kernel has them", async () => {
    const scene = await openScene();
    const ofVpn = await scene.explain(INTERNET, "-from", OF_VPN);
    expect(ofVpn).toMatchObject({ managed: true, takesGateways: true, deviation: null });
    expect(ofVpn.pool).toMatchObject({ name: "vpn", now: "vpn" });
    expect(ofVpn.pool!.asked.map(({ name, verdict, selector }) => [name, verdict, selector])).toEqual([
      ["vpn", "takes", "from 10.78.0.0/24"],
      ["rest", "unasked", "all packets"],
    ]);
    expect(ofVpn.kernel).toMatchObject({ ok: true, table: "180" });
    expect(sharesOf(ofVpn)).toEqual([
      ["sweden", 1, 0.667],
      ["norway", 1, 0.333],
    ]);
    expect(ofVpn.pool!.cases!.withoutGateways).toEqual({ packets: "rejected", how: "unreachable" });
    const other = await scene.explain(INTERNET, "-from", OTHER);
    expect(other.pool).toMatchObject({ name: "rest", now: "rest" });
    expect(other.kernel).toMatchObject({ ok: true, table: "181", gateway: addressOf(NORWAY) });
    const own = await scene.explain(INTERNET);
    expect(own.pool).toMatchObject({ name: "rest", now: "rest" });
    const excluded = await scene.explain("198.51.100.1", "-from", OTHER);
    expect(excluded).toMatchObject({ managed: false, deviation: null, pool: { name: null, now: null } });
    expect(excluded.pool!.asked[1]).toMatchObject({ verdict: "passes", why: "exclude 198.51.100.0/24 excludes it" });
  });

  test("goes where the text says while gateways fail: to the next tier, to a rejection, and past the gateways", async () => {
    const scene = await openScene();
    const { lab } = scene;
    for (const gateway of [SWEDEN, NORWAY]) lab.gateway(gateway).becomes(refusing);
    const other = await untilPool(scene, null, INTERNET, "-from", OTHER);
    expect(other).toMatchObject({ managed: true, takesGateways: false, kernel: { table: "main" } });
    expect(other.deviation).toBe("table 181 has no route to it: no gateway is in use");
    const lte = await lab.until(
      "packets at lte",
      () => scene.explain(INTERNET, "-from", OF_VPN),
      ({ shares }) => shares.length === 1,
    );
    expect(sharesOf(lte)).toEqual([["lte", 2, 1]]);
    lab.gateway(LTE).becomes(refusing);
    const rejected = await untilPool(scene, null, INTERNET, "-from", OF_VPN);
    expect(rejected).toMatchObject({ managed: true, takesGateways: false, kernel: { ok: false } });
    const { stdout } = await scene.run(INTERNET, "-from", OF_VPN);
    expect(stdout).toStartWith(
      `${INTERNET} should go through the gateways of pool vpn: routes 0.0.0.0/0 covers it\nnow it does not: the route in table 180 rejects it (unreachable), as when-no-gateways says`,
    );
    expect(stdout).toContain("no usable gateway: packets are rejected (unreachable)");
  });

  test("falls through to the pool that is named as the next one", async () => {
    const open = POOLS_FILE.replace('"unreachable"', '"fall-through"').replace('{ gateway = "norway" }, ', "");
    const scene = await openScene(open);
    const before = await scene.explain(INTERNET, "-from", OF_VPN);
    expect(before.pool!.cases!.withoutGateways).toEqual({
      packets: "fall-through",
      next: ["rest"],
      normalTables: false,
    });
    for (const gateway of [SWEDEN, LTE]) scene.lab.gateway(gateway).becomes(refusing);
    const after = await untilPool(scene, "rest", INTERNET, "-from", OF_VPN);
    expect(after).toMatchObject({
      ...{ managed: true, takesGateways: true, pool: { name: "vpn" } },
      deviation: "table 180 has no route to it: no gateway is in use",
      kernel: { table: "181", gateway: addressOf(NORWAY) },
    });
    expect(sharesOf(after)).toEqual([["norway", undefined, 1]]);
  });

  test("has an interface and a mark by -in and -mark, which decide as in the kernel", async () => {
    const pools = `[[pool]]\nname = "marked"\nmark = "0x10/0xff"\nmembers = ["lte"]\n[[pool]]\nname = "iot"\nin = ["iot0"]\nmembers = ["sweden"]\n`;
    const scene = await openScene(`${POOLS_FILE.split("[[pool]]")[0]}${pools}`);
    const marked = await scene.explain(INTERNET, "-from", OTHER, "-mark", "0x10");
    expect(marked).toMatchObject({ mark: "0x10", pool: { name: "marked", now: "marked" } });
    expect(marked.kernel).toMatchObject({ ok: true, gateway: addressOf(LTE) });
    const iot = await scene.explain(INTERNET, "-from", OF_VPN);
    expect(iot.pool).toMatchObject({ name: "iot", now: "iot" });
    expect(iot).not.toHaveProperty("in");
    const elsewhere = await scene.explain(INTERNET, "-from", OTHER, "-in", "lan0");
    expect(elsewhere).toMatchObject({
      in: "lan0",
      managed: false,
      because: { kind: "unselected" },
      pool: { name: null },
    });
    expect((await scene.run(INTERNET, "-in", "iot0")).stderr).toContain("-in iot0: needs -from");
    expect(await scene.run(INTERNET, "-in", "iot9", "-from", OTHER)).toMatchObject({
      status: 1,
      stderr: "gateway-route-manager: -in iot9: this machine has no such interface\n",
    });
    expect((await scene.run(INTERNET, "-mark", "ten")).stderr).toContain('-mark "ten": expected a mark such as 0x10');
  });
});
