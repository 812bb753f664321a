/** AAAA records beside A records: each type follows the gateways of its family. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { Beyond6, exit6Of, TARGET6 } from "./lab/beyond6.ts";
import { Exits, exitOf, OWN_EXIT, SERVICE, SERVICE_NAME } from "./lab/exits.ts";
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
import { withFile } from "./lab/resolver.ts";
import { serveSite } from "./lab/web.ts";

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

/** The provider takes no private address, so the service answers with a public one in place of each. */
const publicly = (exit: string): string => exit.replace(/^fd02:/, "2600:");

test("a service with addresses of both families is asked through each gateway in each of them", async () => {
  const { lab, ddns } = await open();
  const [exits, beyond] = [await Exits.open(lab), await Beyond6.open(lab)];
  serveSite(lab, beyond.internet, {
    ...{ hostname: "::", port: 80 },
    fetch: (request, server) => new Response(publicly(server.requestIP(request)!.address)),
  });
  const { wrapper } = withFile(lab, "/etc/hosts", `${SERVICE} ${SERVICE_NAME}\n${TARGET6} ${SERVICE_NAME}\n`);
  const daemon = ddns.start(
    {
      ...BOTH,
      "public-ip-service-hostname": SERVICE_NAME,
      "public-ip-service-port": 80,
      "public-ip-service-path": "/",
    },
    { wrapper },
  );
  await ddns.untilResolves([1, 2, 3].map(exitOf));
  await ddns.untilResolves6([1, 2, 3].map(exit6Of).map(publicly));
  await exits.setExit(2, "5.0.1.2");
  await beyond.setDead(3);
  await daemon.log.next(/cannot determine the public address of .*fd00:77::13/);
  await ddns.untilResolves([exitOf(1), exitOf(3), "5.0.1.2"]);
  await daemon.untilRounds(3);
  await ddns.untilResolves6([1, 2, 3].map(exit6Of).map(publicly));
  expect(exits.clients).not.toContain(OWN_EXIT);
});
