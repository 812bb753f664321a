/** AAAA records beside A records: each type follows the gateways of its family. */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  address6Of,
  addressOf,
  answering,
  type DdnsLab,
  type Lab,
  openDdnsLab,
  publicOf,
  publicOf6,
  reporting,
  refusing,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

/** Flags with both addresses of each gateway. */
const BOTH = {
  gateway: [1, 2, 3].map((number) => `${addressOf(number)}+${address6Of(number)}`),
  route: ["default", "default6"],
};

/** Flags with the IPv6 addresses of the gateways alone. */
const ALONE = { "start-ip": address6Of(1), "end-ip": address6Of(3), route: ["::/0"] };

async function resolved(ddns: DdnsLab, numbers: readonly number[], numbers6: readonly number[]): Promise<void> {
  await ddns.untilResolves(numbers);
  await ddns.untilResolves6(numbers6);
}

const open = (): Promise<{ lab: Lab; ddns: DdnsLab }> => openDdnsLab({ ipv6: true });

test("each type has the gateways that are active in its family", async () => {
  const { lab, ddns } = await open();
  const daemon = ddns.start(BOTH);
  await resolved(ddns, [1, 2, 3], [1, 2, 3]);
  const since = ddns.dynu.moments.length;
  lab.gateway6(2).becomes(refusing);
  await resolved(ddns, [1, 2, 3], [1, 3]);
  lab.gateway(3).becomes(refusing);
  await resolved(ddns, [1, 2], [1, 3]);
  lab.gateway6(2).becomes(answering(200));
  lab.gateway(3).becomes(answering(200));
  await resolved(ddns, [1, 2, 3], [1, 2, 3]);
  ddns.services6[0]!.becomes(reporting("2600::99"));
  await ddns.untilResolves6([2, 3, "2600::99"]);
  expect(ddns.wasNeverEmpty(since)).toBeTrue();
  expect(ddns.wasNeverEmpty6(since)).toBeTrue();
  await daemon.log.next(/ddns: gw\.example\.net \(AAAA\) resolves to 2600::2, 2600::3, 2600::99/);
});

test("a family whose gateways are all gone loses its records, and the other one keeps them", async () => {
  const { lab, ddns } = await open();
  ddns.start(BOTH);
  await resolved(ddns, [1, 2, 3], [1, 2, 3]);
  for (const number of [1, 2, 3]) lab.gateway6(number).becomes(refusing);
  await resolved(ddns, [1, 2, 3], []);
  lab.gateway6(1).becomes(answering(200));
  await resolved(ddns, [1, 2, 3], [1]);
});

test("gateways of IPv6 alone have AAAA records alone, and A records of the name stay", async () => {
  const { ddns } = await open();
  ddns.dynu.put({ content: publicOf(9) });
  ddns.dynu.put({ content: publicOf6(9), recordType: "AAAA" });
  const daemon = ddns.start(ALONE);
  await resolved(ddns, [9], [1, 2, 3]);
  await daemon.log.next(/ddns: gw\.example\.net resolves to 2600::1, 2600::2, 2600::3/);
  expect(await daemon.stop()).toMatchObject({ status: 0 });
});

test("AAAA records stay while gateways report their address of IPv4 only, and the log says what to do", async () => {
  const { ddns } = await open();
  for (const [index, service] of ddns.services6.entries()) service.becomes(reporting(publicOf(index + 1)));
  for (const number of [1, 2]) ddns.dynu.put({ content: publicOf6(number), recordType: "AAAA" });
  const daemon = ddns.start(BOTH);
  await resolved(ddns, [1, 2, 3], [1, 2]);
  await daemon.log.next(/not an IPv6 address: .*1\.0\.0\.1.*set -public-ip-service-hostname/);
  await daemon.untilRounds(5);
  await resolved(ddns, [1, 2, 3], [1, 2]);
});

test("records of both types are written while the router has the required address of IPv6", async () => {
  const { lab, ddns } = await open();
  const daemon = ddns.start({ ...BOTH, "ddns-require-ip-address": "fd00:77::100" });
  await daemon.untilReady();
  await daemon.untilRounds(3);
  expect(ddns.writes()).toEqual([]);
  await lab.router.ip("address", "add", "fd00:77::100/64", "dev", "gw0", "nodad");
  await resolved(ddns, [1, 2, 3], [1, 2, 3]);
  await lab.router.ip("address", "del", "fd00:77::100/64", "dev", "gw0");
  await daemon.log.next(/ddns: writes suspended/);
  const writes = ddns.writes().length;
  for (const gateway of [lab.gateway(1), lab.gateway6(1)]) gateway.becomes(refusing);
  await daemon.untilRounds(5);
  expect(ddns.writes()).toHaveLength(writes);
});
