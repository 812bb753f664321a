/** What people and programs see of probes beyond the gateways: log, metrics, status. */
import { expect, setDefaultTimeout, test } from "bun:test";

import type { Status } from "../../src/status/schema.ts";
import { runExecutable } from "./lab/executable.ts";
import { addressOf, type Lab, openLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

const PROBER = "icmp 1.1.1.1, 9.9.9.9";
const THROUGH = { through: "icmp:1.1.1.1,9.9.9.9", "through-period": "500ms", "through-timeout": "500ms" };
const ONE = "1.0.0.0/8";
const NINE = "9.0.0.0/8";

async function openThrough(): Promise<Lab> {
  const lab = await openLab();
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
  return lab;
}

/** From now on a gateway forwards nothing to these networks, without an error. */
async function silence(lab: Lab, gateway: number, ...networks: readonly string[]): Promise<void> {
  await lab.gatewaySpace(gateway).batch(networks.map((one) => `route del local ${one} dev lo`));
  await lab.gatewaySpace(gateway).batch(networks.map((one) => `route add blackhole ${one}`));
}

async function restore(lab: Lab, gateway: number, ...networks: readonly string[]): Promise<void> {
  await lab.gatewaySpace(gateway).batch(networks.map((one) => `route del blackhole ${one}`));
  await lab.gatewaySpace(gateway).batch(networks.map((one) => `route add local ${one} dev lo`));
}

test("a target that no gateway reaches is logged once, shown by metrics and status, and takes no gateway down", async () => {
  const lab = await openThrough();
  const daemon = lab.start(THROUGH);
  await lab.untilRouted([1, 2, 3]);
  for (const gateway of [1, 2, 3]) await silence(lab, gateway, NINE);
  const atFault = { prober: PROBER, target: "9.9.9.9" };
  await daemon.untilMetrics("the target at fault", (it) => it.value("through_target_at_fault", atFault) === 1);
  const rounds = { prober: PROBER, gateway_ip: addressOf(1), status: "success" };
  const before = (await daemon.metrics()).value("through_rounds_total", rounds);
  const metrics = await daemon.untilMetrics("five more rounds", (it) => {
    return it.value("through_rounds_total", rounds) >= before + 5;
  });
  expect(metrics.value("through_target_at_fault")).toBe(1);
  expect(metrics.value("gateway_active_count")).toBe(3);
  await daemon.log.next(/is at fault itself/);
  expect(daemon.log.matching(/is at fault itself/)).toHaveLength(1);
  const { stdout } = await runExecutable(lab.router, ["status"]);
  expect(stdout).toContain(`${PROBER}: target 9.9.9.9 is at fault itself and not counted (timeout after 500ms)`);
  await daemon.stop();
});

test("a gateway whose tunnel dies has the prober, its reason and its loss in status and metrics", async () => {
  const lab = await openThrough();
  const daemon = lab.start(THROUGH);
  await lab.untilRouted([1, 2, 3]);
  await silence(lab, 2, ONE, NINE);
  await lab.untilRouted([1, 3]);
  const two = { gateway_ip: addressOf(2), prober: PROBER };
  const metrics = await daemon.untilMetrics("loss", (it) => it.value("through_loss_ratio", two) > 0.2);
  expect(metrics.value("through_round_failures_total", { ...two, reason: "timeout" })).toBeGreaterThan(1);
  expect(metrics.value("through_loss_ratio", { gateway_ip: addressOf(1) })).toBe(0);
  const { gateways } = JSON.parse((await runExecutable(lab.router, ["status", "-json"])).stdout) as Status;
  const down = expect.stringMatching(/^icmp .*: no answer through it$/);
  expect(gateways[1]!.probers).toMatchObject([
    { name: "http", state: "up", down: null },
    { name: PROBER, state: "down", down, quality: { loss: expect.any(Number) } },
  ]);
  const { stdout } = await runExecutable(lab.router, ["status"]);
  expect(stdout).toMatch(/10\.\S+ +down .* \d+\.\d % .*icmp .*: no answer through it/);
  await restore(lab, 2, ONE, NINE);
  await lab.untilRouted([1, 2, 3]);
  await daemon.stop();
});
