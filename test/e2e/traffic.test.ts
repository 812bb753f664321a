/** Packets and flows while gateways fail and return. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { addressOf, answering, CALM, flagsOfIpv6, inTurn, INTERNET6, moved, openLab } from "./lab/index.ts";

/** scripts/changes sets it. */
const CHANGES = Number(process.env["CHANGES"] ?? 50);

/** Four groups, each of which changes the route at a moment of its own. */
const GATEWAYS = 80;

setDefaultTimeout(60_000 + CHANGES * 1000);

test.each([
  ["IPv4", false],
  ["IPv6", true],
])("no packet is lost or bypasses the gateways while the route changes again and again, of %s", async (_, ipv6) => {
  const lab = await openLab({ gateways: GATEWAYS, shared: true, ipv6 });
  const daemon = lab.start(ipv6 ? { ...CALM, ...flagsOfIpv6(GATEWAYS) } : CALM);
  await daemon.untilReady();
  const replaced = { operation: "replace", status: "success" };
  const start = (await daemon.metrics()).value("route_updates_total", replaced);

  const stream = await lab.traffic.stream({
    flows: 64,
    packetsPerSecond: 15_000,
    limit: CHANGES * 10_000,
    ...(ipv6 && { to: INTERNET6 }),
  });
  // The first gateway stays healthy. Every other one alternates between failure and success from probe to probe.
  const fakes = ipv6 ? lab.gateways.map((_, index) => lab.gateway6(index + 1)) : lab.gateways;
  for (const gateway of fakes.slice(1)) gateway.becomes(inTurn(answering(500), answering(200)));
  for (let done = 0; done < CHANGES; done += 50) {
    await daemon.untilMetrics(`${done + 50} replaced routes`, (it) => {
      return it.value("route_updates_total", replaced) >= start + done + 50;
    });
  }
  const { sent, lost, arrived } = await stream.stop();
  console.log(`${sent} packets during ${CHANGES} changes: ${lost} lost, ${arrived["upstream"] ?? 0} past the gateways`);

  expect({ lost, arrived }).toEqual({ lost: 0, arrived: { [addressOf(1)]: sent } });
  expect(sent).toBeGreaterThan(CHANGES * 50);
});

test("flows keep their gateways when others leave, and move only to a gateway that returns", async () => {
  const lab = await openLab({ gateways: 5 });
  lab.start(CALM);
  await lab.untilRouted([1, 2, 3, 4, 5]);
  const whole = await lab.traffic.survey(400);

  lab.gateway(2).becomes(answering(500));
  await lab.untilRouted([1, 3, 4, 5]);
  const afterFirst = await lab.traffic.survey(400);
  expect(moved(whole, afterFirst).from).toEqual([addressOf(2)]);

  lab.gateway(4).becomes(answering(500));
  await lab.untilRouted([1, 3, 5]);
  const afterSecond = await lab.traffic.survey(400);
  expect(moved(afterFirst, afterSecond).from).toEqual([addressOf(4)]);

  lab.gateway(2).becomes(answering(200));
  await lab.untilRouted([1, 2, 3, 5]);
  const afterReturn = await lab.traffic.survey(400);
  expect(moved(afterSecond, afterReturn).to).toEqual([addressOf(2)]);

  lab.gateway(4).becomes(answering(200));
  await lab.untilRouted([1, 2, 3, 4, 5]);
  expect(moved(afterReturn, await lab.traffic.survey(400)).to).toEqual([addressOf(4)]);
});
