/** What happens to the name while no gateway is healthy. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { answering, openDdnsLab, publicOf, refusing } from "./lab/index.ts";

setDefaultTimeout(60_000);

test("with all gateways down the records go, and come back with the first gateway", async () => {
  const { lab, ddns } = await openDdnsLab();
  const daemon = ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  for (const gateway of lab.gateways) gateway.becomes(refusing);
  await ddns.untilReadBack([]);
  await daemon.log.next(/level=warn.*has no address/);
  lab.gateway(2).becomes(answering(200));
  await ddns.untilReadBack([2]);
  lab.gateway(1).becomes(answering(200));
  await ddns.untilReadBack([1, 2]);
});

test("records of an earlier run go as well when no gateway is healthy at the start", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.dynu.put({ content: publicOf(1) });
  for (const gateway of lab.gateways) gateway.becomes(answering(503));
  ddns.start();
  await ddns.untilReadBack([]);
});

test("-ddns-when-no-gateways keep: the records stay while all gateways are down, and follow them afterwards", async () => {
  const { lab, ddns } = await openDdnsLab();
  const daemon = ddns.start({ "ddns-when-no-gateways": "keep" });
  await ddns.untilReadBack([1, 2, 3]);
  const written = ddns.writes().length;
  for (const gateway of lab.gateways) gateway.becomes(answering(503));
  await lab.untilRouted([]);
  await daemon.untilRounds(4); // longer than updates are apart
  expect(ddns.writes().length).toBe(written);

  lab.gateway(2).becomes(answering(200));
  await ddns.untilReadBack([2]);
});
