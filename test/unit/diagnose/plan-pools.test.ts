import { describe, expect, test } from "bun:test";

import type { Config } from "../../../src/config/model.ts";
import { poolsPlanText } from "../../../src/diagnose/format-pools-plan.ts";
import { planOfPool } from "../../../src/diagnose/planned.ts";
import { planPools } from "../../../src/diagnose/plan-pools.ts";
import { readingsOf } from "../../../src/diagnose/routing-settings.ts";
import { servicePlanOf } from "../../../src/diagnose/service-plan.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";
import { commandOf } from "../../../src/routing/iproute2/batch.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { LTE, NORWAY, poolsConfig, poolText, SWEDEN } from "./pools.fixture.ts";

const GOOD: ProbeResult = { kind: "success", seconds: 0.01, detail: "status 200", status: 200 };
const BAD: ProbeResult = { kind: "failure", seconds: 0.01, code: "refused", detail: "connection refused" };

const newKernel = (): FakeKernel => new FakeKernel(["10.77.0.1/24"]);

/** The plans of all pools while these gateways fail. */
async function plan(config: Config, down: readonly string[] = [], kernel = newKernel(), drained: string[] = []) {
  const observed = await kernel.observeAll(readingsOf(config));
  const results = new Map(config.gateways.map(({ address }) => [address, down.includes(address) ? BAD : GOOD]));
  const plans = planPools(config, observed, {
    probers: [{ thresholds: { rise: 1, fall: 1 }, results }],
    requirementOf: () => "all",
    drained: new Set(drained),
  });
  const service = servicePlanOf(
    config,
    plans.map((routing) => ({
      ...{ routing, running: false, obstacles: [], ddns: null },
      commands: routing.changes.map((change) => ["ip", ...commandOf(change)].join(" ")),
    })),
    { cleaning: [], removal: [], obstacles: [] },
  );
  const text = poolsPlanText(service, { width: Infinity, colour: false });
  return { kernel, plans, service, text, lines: text.split("\n").map((line) => line.trim()) };
}

/** Makes the changes of a plan. */
async function apply({ kernel, plans }: Awaited<ReturnType<typeof plan>>): Promise<void> {
  for (const { changes } of plans) expect(await kernel.apply(changes)).toEqual({ ok: true });
}

describe("the plan of several pools", () => {
  test("leads packets of each to its own gateways, and changes nothing once it is carried out", async () => {
    const config = poolsConfig();
    const first = await plan(config);
    await apply(first);
    const { kernel } = first;
    expect(kernel.lookup("8.8.8.8", 0, "10.78.0.2", "iot0")).toBe(`${SWEDEN}*2 ${NORWAY}*1`);
    expect(kernel.lookup("8.8.8.8", 0, "10.66.0.2", "lan0")).toBe(`${NORWAY}*1`);
    expect((await plan(config, [], kernel)).service.kernel.commands).toEqual([]);
  });

  test("changes the pools that have a gateway that fails, and no other", async () => {
    const config = poolsConfig();
    const first = await plan(config);
    await apply(first);
    const { pools } = (await plan(config, [SWEDEN], first.kernel)).service;
    expect(pools!.map(({ commands }) => commands.length)).toEqual([1, 0]);
    const both = await plan(config, [SWEDEN, NORWAY], first.kernel);
    expect(both.service.pools!.map(({ gateways }) => gateways.map(({ share }) => share))).toEqual([[0, 0, 1], [0]]);
    await apply(both);
    expect(first.kernel.lookup("8.8.8.8", 0, "10.78.0.2", "iot0")).toBe(`${LTE}*1`);
  });

  test("has all pools in the order in which they are asked, whatever their order in the file", async () => {
    const config = poolsConfig(poolText("iot", 'from = ["10.79.0.0/25"]'));
    const { pools, kernel } = (await plan(config)).service;
    expect(pools!.map(({ name, asked }) => [name, asked])).toEqual([
      ["iot", 1],
      ["vpn", 2],
      ["rest", 3],
    ]);
    expect(kernel.commands).toEqual(pools!.flatMap(({ commands }) => commands));
  });

  test("lets answers to probes in while a pool without routes for probes rejects packets of this machine", async () => {
    const probe = '[probe.internet]\ntype = "icmp"\ntargets = ["1.1.1.1"]\n';
    const config = poolsConfig(probe, (text) => text.replace('name = "rest"', '$&\nwhen-no-gateways = "prohibit"'));
    const answers = (commands: readonly string[]) => commands.filter((one) => one.includes("to 1.1.1.1"));
    expect(answers((await plan(config)).service.kernel.commands)).toEqual([]);
    const { service } = await plan(config, [NORWAY]);
    expect(answers(service.kernel.commands)).toEqual([
      expect.stringContaining("from 10.77.0.1/32 to 1.1.1.1/32 iif lo"),
    ]);
  });

  test("names a gateway that fails or is drained once, and what only one pool does with it there", async () => {
    const { lines, service } = await plan(poolsConfig(), [NORWAY], newKernel(), [SWEDEN]);
    expect(lines.filter((line) => line.includes("is drained"))).toHaveLength(1);
    expect(lines.filter((line) => line.includes("is not healthy"))).toHaveLength(1);
    expect(service.gateways.map(({ active }) => active)).toEqual([false, false, true]);
    expect((await plan(poolsConfig())).lines).toContain("lte (10.77.0.12) stands by: its tier is not in use");
  });
});

describe("the text of the plan of several pools", () => {
  test("says for each what happens in which case", async () => {
    const { lines } = await plan(poolsConfig(), [LTE]);
    const at = (text: string) => lines.indexOf(text);
    expect(lines.slice(0, 2)).toEqual([
      "2 of 3 gateways are healthy; no instance manages tables 180, 181",
      "lte (10.77.0.12) is not healthy: connection refused",
    ]);
    const vpn = at("pool vpn, asked first: packets from 10.78.0.0/24 to 0.0.0.0/0 (table 180, rules 10888 to 10891)");
    expect(lines.slice(vpn + 1, vpn + 6)).toEqual([
      "now: sweden (10.77.0.10) 66.7 %, norway (10.77.0.11) 33.3 %",
      "tier 1: sweden (10.77.0.10) 66.7 %, norway (10.77.0.11) 33.3 %",
      "tier 2, while tier 1 has no usable gateway: lte (10.77.0.12) 100.0 %",
      "no usable gateway: packets are rejected (unreachable)",
      "in the kernel:",
    ]);
    const rest = at("pool rest, asked next: all packets to 0.0.0.0/0 but 198.51.100.0/24 (table 181, rule 10896)");
    expect(lines.slice(rest + 1, rest + 4)).toEqual([
      "now: norway (10.77.0.11)",
      "all usable: norway (10.77.0.11) 100.0 %",
      "no usable gateway: packets fall through to the normal routing tables",
    ]);
  });

  test("says what happens now to packets of a pool without a gateway", async () => {
    const { lines } = await plan(poolsConfig(), [SWEDEN, NORWAY, LTE]);
    expect(lines.filter((line) => line.startsWith("now: "))).toEqual([
      "now: no usable gateway, so packets are rejected (unreachable)",
      "now: no usable gateway, so packets fall through to the normal routing tables",
    ]);
  });

  test("names the pools to which packets fall through", async () => {
    const open = (text: string) => text.replace("unreachable", "fall-through");
    const iot = poolText("iot", 'in = ["br-iot"]\nmin-healthy = 1\nmin-healthy-policy = "all"');
    const { lines } = await plan(poolsConfig(iot, open));
    const falling = lines.filter((line) => line.startsWith("no usable gateway:"));
    expect(falling).toEqual([
      "no usable gateway: packets fall through to pools iot, rest",
      "no usable gateway: packets fall through to pool rest",
      "no usable gateway: packets fall through to the normal routing tables",
    ]);
    expect(lines).toContain("fewer than 1 healthy: every gateway is used");
  });

  test("says where packets go that no later pool selects", async () => {
    const open = (text: string) =>
      text.replace("unreachable", "fall-through").replace('name = "rest"', '$&\nin = ["lan0"]');
    const { lines } = await plan(poolsConfig("", open));
    expect(lines).toContain(
      "no usable gateway: packets fall through to pool rest as far as selected there, else to the normal routing tables",
    );
  });

  test("is that of one pool where one is asked for", async () => {
    const { service } = await plan(poolsConfig());
    const { pools, gateways, kernel } = planOfPool(service, "rest");
    expect([pools!.length, gateways.length, kernel.commands]).toEqual([1, 1, pools![0]!.commands]);
    expect(poolsPlanText(planOfPool(service, "rest"), { width: Infinity, colour: false })).not.toContain("vpn");
  });
});
