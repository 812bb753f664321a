/** Two pools of a configuration file, with weights and tiers, and clients in two source networks. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { sharesOf, untilAt, untilRejected } from "./lab/clients.ts";
import { addressOf, answering, type Lab, openLab, refusing } from "./lab/index.ts";
import { LTE, NORWAY, POOLS_FILE, SWEDEN } from "./lab/pools.ts";

setDefaultTimeout(120_000);

const FLOWS = 600;

const fail = (lab: Lab, ...gateways: readonly number[]): void =>
  gateways.forEach((gateway) => lab.gateway(gateway).becomes(refusing));
const recover = (lab: Lab, ...gateways: readonly number[]): void =>
  gateways.forEach((gateway) => lab.gateway(gateway).becomes(answering(200)));

test("each client has the gateways of its pool by weight and tier, and what is left when they fail", async () => {
  const lab = await openLab({ gateways: 3 });
  const iot = await lab.addClient("iot0", "10.78.0");
  const daemon = lab.startWithFile(POOLS_FILE);
  await daemon.untilReady();

  // Two to one for 10.78.0.0/24, and norway for all other clients.
  const before = await lab.traffic.survey(FLOWS, iot);
  const { [addressOf(SWEDEN)]: two = 0, [addressOf(NORWAY)]: one = 0, ...rest } = await sharesOf(lab, iot, FLOWS);
  expect(rest).toEqual({});
  expect(Math.abs(two - 66.7)).toBeLessThan(6);
  expect(Math.abs(one - 33.3)).toBeLessThan(6);
  await untilAt(lab, lab.client, NORWAY);
  expect((await lab.forwardedRoute("198.51.100.1")).table).toBe("main");

  // One of both carries all of it, and lte nothing.
  fail(lab, SWEDEN);
  await untilAt(lab, iot, NORWAY);
  recover(lab, SWEDEN);
  await untilAt(lab, iot, SWEDEN, NORWAY);
  fail(lab, NORWAY);
  await untilAt(lab, iot, SWEDEN);
  await untilAt(lab, lab.client, "upstream");

  // lte only when both are gone, while packets of all other clients fall through.
  fail(lab, SWEDEN);
  await untilAt(lab, iot, LTE);
  await untilAt(lab, lab.client, "upstream");
  const metrics = await daemon.metrics();
  const tierOfVpn = (tier: string) => metrics.value("gateway_tier_in_use", { pool: "vpn", tier });
  expect([tierOfVpn("1"), tierOfVpn("2")]).toEqual([0, 1]);
  await daemon.log.next(/pool vpn: all traffic now uses tier 2 \(lte\): tier 1 has 0 of 2 usable gateways/);

  // Refused without any, while the others still fall through.
  fail(lab, LTE);
  await untilRejected(lab, "10.78.0.2", "iot0");
  await untilAt(lab, lab.client, "upstream");

  // All flows are where they were.
  recover(lab, SWEDEN, NORWAY, LTE);
  await untilAt(lab, iot, SWEDEN, NORWAY);
  await untilAt(lab, lab.client, NORWAY);
  expect(await lab.traffic.survey(FLOWS, iot)).toEqual(before);
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
});
