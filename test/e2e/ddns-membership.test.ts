/** The name follows the gateways that carry traffic, after the routes and never ahead of them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { addressOf, answering, hanging, openDdnsLab, publicOf, refusing, TABLE, reporting } from "./lab/index.ts";

setDefaultTimeout(60_000);

test("the name follows gateways down and up", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  lab.gateway(2).becomes(refusing);
  await ddns.untilReadBack([1, 3]);
  lab.gateway(2).becomes(answering(200));
  lab.gateway(3).becomes(answering(503));
  await ddns.untilReadBack([1, 2]);
  lab.gateway(3).becomes(answering(200));
  await ddns.untilReadBack([1, 2, 3]);
});

test("routes first: while the kernel is slow, nothing is written", async () => {
  const { lab, ddns } = await openDdnsLab();
  const ip = lab.fakeIp('[ -e "$0.on" ] && sleep 1\nexec "$IP" "$@"');
  ddns.start({}, { env: ip.env });
  await ddns.untilReadBack([1, 2, 3]);
  const monitor = await lab.monitor();

  const routedAndWritten = async (gateways: number[]): Promise<[routed: number, written: number]> => {
    const [mark, requests] = [monitor.events.mark(), ddns.dynu.requests.length];
    await ddns.untilResolves(gateways);
    const wanted = `${gateways.map(addressOf)}`;
    const change = (await monitor.changesOf("default", TABLE, mark)).find(
      (event) => `${[...new Set(event.gateways)].sort()}` === wanted,
    );
    return [change!.at, ddns.writes(requests)[0]!.at];
  };
  ip.turnOn();
  lab.gateway(2).becomes(answering(503));
  const [left, removed] = await routedAndWritten([1, 3]);
  expect(removed).toBeGreaterThan(left);
  lab.gateway(2).becomes(answering(200));
  const [returned, added] = await routedAndWritten([1, 2, 3]);
  expect(added).toBeGreaterThan(returned);
});

test("while the routes cannot be set, the name stays as it is", async () => {
  const { lab, ddns } = await openDdnsLab();
  const ip = lab.fakeIp('[ -e "$0.on" ] && case "$*" in *-batch*) exit 1 ;; esac\nexec "$IP" "$@"');
  const daemon = ddns.start({}, { env: ip.env });
  await daemon.untilReady();
  await ddns.untilReadBack([1, 2, 3]);
  const written = ddns.writes().length;
  ip.turnOn();
  lab.gateway(2).becomes(answering(503));
  await daemon.log.next(/gateway 10\.77\.0\.12 down/);
  await daemon.untilRounds(4); // longer than updates are apart
  await lab.untilRouted([1, 2, 3]);
  expect(ddns.writes()).toHaveLength(written);
  ip.turnOff();
  await ddns.untilReadBack([1, 3]);
});

test("nothing is written before the first round of probes is over", async () => {
  const { lab, ddns } = await openDdnsLab();
  for (const number of [1, 2]) ddns.dynu.put({ content: publicOf(number) });
  ddns.dynu.put({ content: "8.0.0.9" });
  lab.gateway(3).becomes(hanging);
  const monitor = await lab.monitor();
  ddns.start({ "check-period": "3s", timeout: "3s" });
  await ddns.untilReadBack([1, 2]);
  const routed = (await monitor.changesOf("default", TABLE)).find(({ gateways }) => gateways.length > 0)!;
  const [first] = ddns.writes();
  expect(first!.at).toBeGreaterThan(routed.at);
  expect(first!.at - lab.gateway(3).requests[0]!.at).toBeGreaterThan(2_900);
});

test("two gateways with one address share a record until the last of them leaves", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.service(2).becomes(reporting(publicOf(1)));
  const daemon = ddns.start();
  await ddns.untilReadBack([1, 3]);
  await daemon.untilMetrics("two addresses", (it) => it.value("unique_public_ips_count") === 2);

  const written = ddns.writes().length;
  lab.gateway(1).becomes(answering(503));
  await daemon.untilMetrics("a gateway less", (it) => {
    return it.value("gateway_public_ip_state", { gateway_ip: addressOf(1), state: "inactive" }) === 1;
  });
  lab.gateway(3).becomes(answering(503));
  await ddns.untilReadBack([1]);
  expect(ddns.writes().length - written).toBe(1);
  lab.gateway(3).becomes(answering(200));
  lab.gateway(2).becomes(answering(503));
  await ddns.untilReadBack([3]);
});
