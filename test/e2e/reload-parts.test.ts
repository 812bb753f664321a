/** Reloads that change one part of the service: flows, DNS name, hooks, exit check, rhythm of probes, drained gateways. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";

import { addressOf, answering, type Lab, openLab, refusing, UPSTREAM, writeScript } from "./lab/index.ts";
import type { StartOptions } from "./lab/daemon.ts";
import { DdnsLab, publicOf, SERVICE_PORT } from "./lab/ddns.ts";
import { Exits, SERVICE } from "./lab/exits.ts";
import type { Stream } from "./lab/traffic.ts";

setDefaultTimeout(120_000);

/** No gateway goes down because this machine is busy: that would lose packets. */
const PROBE = '[probe.health]\ntype = "http"\nport = 9999\nperiod = "1s"\ntimeout = "1s"\n';
const gatewayTable = (number: number, more = ""): string =>
  `[[gateway]]\nname = "g${number}"\naddress = "${addressOf(number)}"\n${more}`;
const gatewayTables = (...numbers: readonly number[]): string => numbers.map((one) => gatewayTable(one)).join("");
const vpn = (members: string, more = ""): string =>
  `[[pool]]\nname = "vpn"\nfrom = ["10.78.0.0/24"]\nwhen-no-gateways = "unreachable"\nmembers = [${members}]\n${more}`;
const rest = (more = ""): string => `[[pool]]\nname = "rest"\nmembers = ["g2"]\n${more}`;
const ALL = `${PROBE}${gatewayTables(1, 2, 3)}`;

async function start(lab: Lab, text: string, options: StartOptions = {}) {
  const daemon = lab.startWithFile(text, {}, options);
  await daemon.untilReady();
  await lab.until("the control socket", () => existsSync(lab.ownFiles()["GRM_CONTROL_SOCKET"]!), Boolean);
  const reload = async (changed: string): Promise<void> => {
    writeFileSync(String(daemon.flags["config"]), changed);
    expect(await lab.run(["reload"])).toMatchObject({ status: 0, stderr: "" });
  };
  return { daemon, reload };
}

/** A client in 10.78.0.0/24, and the service with the file. */
async function setUp(text: string) {
  const lab = await openLab({ gateways: 3 });
  const iot = await lab.addClient("iot0", "10.78.0");
  const { daemon, reload } = await start(lab, text);
  const begin = () => lab.traffic.stream({ flows: 64, packetsPerSecond: 2000, limit: 500_000, from: iot });
  const survey = () => lab.traffic.survey(300, iot);
  return { lab, daemon, reload, begin, survey };
}

/** Ends a stream, of which no packet may be lost or pass the gateways. */
async function expectWhole(stream: Stream): Promise<void> {
  await stream.more(500);
  const { lost, arrived } = await stream.stop();
  expect({ lost, upstream: arrived["upstream"] }).toEqual({ lost: 0, upstream: undefined });
}

/** From which sink to which one flows have moved, with their number. */
function movesBetween(before: ReadonlyMap<number, string>, after: ReadonlyMap<number, string>): Record<string, number> {
  const moves: Record<string, number> = {};
  for (const [flow, from] of before) {
    const key = `${from} ${after.get(flow)}`;
    if (from !== after.get(flow)) moves[key] = (moves[key] ?? 0) + 1;
  }
  return moves;
}

test("another weight moves flows to that gateway alone, and loses no packet", async () => {
  const { reload, begin, survey } = await setUp(`${ALL}${vpn('"g1", "g2", "g3"')}${rest()}`);
  const [before, stream] = [await survey(), await begin()];
  await reload(`${ALL}${vpn('{ gateway = "g1", weight = 2 }, "g2", "g3"')}${rest()}`);
  await expectWhole(stream);
  const moves = movesBetween(before, await survey());
  expect(Object.keys(moves).sort()).toEqual([2, 3].map((from) => `${addressOf(from)} ${addressOf(1)}`));
  const moved = Object.values(moves).reduce((sum, one) => sum + one, 0);
  expect(Math.abs(moved / 300 - 1 / 6)).toBeLessThan(0.07);
});

test("pools that take tables and preferences of each other lose no packet and move no flow", async () => {
  const places = (table: number, preference: number) => `table = ${table}\npreference = ${preference}\n`;
  const { lab, reload, begin, survey } = await setUp(
    `${ALL}${vpn('"g1", "g3"', places(300, 10_888))}${rest(places(301, 10_896))}`,
  );
  const [before, stream] = [await survey(), await begin()];
  await reload(`${ALL}${vpn('"g1", "g3"', places(301, 10_880))}${rest(places(300, 10_888))}`);
  await expectWhole(stream);
  expect(movesBetween(before, await survey())).toEqual({});
  expect((await lab.forwardedRoute("8.8.8.8")).table).toBe("300");
});

test("a source goes from one pool to another and back without a lost packet, or one past both", async () => {
  const pools = (one: string, other: string): string =>
    [
      `${PROBE}${gatewayTables(1, 3)}[[pool]]\nname = "one"\nfrom = [${one}]\nmembers = ["g1"]\ntable = 300\npreference = 10888\n`,
      `[[pool]]\nname = "other"\nfrom = [${other}]\nmembers = ["g3"]\ntable = 301\npreference = 10896\n`,
    ].join("");
  const [ours, none] = ['"10.78.0.0/24"', '"10.79.0.0/24"'];
  const { lab, reload, begin } = await setUp(pools(ours, none));
  const stream = await begin();
  for (let round = 0; round < 10; round++) {
    await reload(pools(none, ours));
    expect((await lab.forwardedRoute("8.8.8.8")).table).toBe("main");
    await reload(pools(ours, none));
  }
  await expectWhole(stream);
  expect([...new Set(stream.sinkOfFlow.values())].sort()).toEqual([addressOf(1)]);
});

test("a pool that gets only new gateways loses no packet meanwhile", async () => {
  const { lab, reload, begin } = await setUp(`${PROBE}${gatewayTables(1, 2)}${vpn('"g1"')}${rest()}`);
  const stream = await begin();
  await reload(`${PROBE}${gatewayTables(2, 3)}${vpn('"g3"')}${rest()}`);
  await lab.until(
    "packets at the new gateway",
    () => [...new Set(stream.sinkOfFlow.values())],
    (sinks) => sinks.join() === addressOf(3),
  );
  await expectWhole(stream);
});

test("a gateway that the file drains is not used until it does not any more", async () => {
  const { lab, daemon, reload, begin, survey } = await setUp(`${ALL}${vpn('"g1", "g3"')}${rest()}`);
  const before = await survey();
  const drained = `${PROBE}${gatewayTable(1, "drained = true\n")}${gatewayTables(2, 3)}${vpn('"g1", "g3"')}${rest()}`;
  const whileDrained = await begin();
  await reload(drained);
  await expectWhole(whileDrained);
  expect([...new Set((await survey()).values())]).toEqual([addressOf(3)]);
  await daemon.log.next(/gateway g1 .* drained by the configuration/);
  expect((await daemon.metrics()).value("gateway_drained", { gateway_ip: addressOf(1) })).toBe(1);
  expect(await lab.run(["undrain", "g1"])).toMatchObject({ status: 1 });
  const whileBack = await begin();
  await reload(`${ALL}${vpn('"g1", "g3"')}${rest()}`);
  await expectWhole(whileBack);
  expect(movesBetween(before, await survey())).toEqual({});
  expect((await daemon.metrics()).value("gateway_drained", { gateway_ip: addressOf(1) })).toBe(0);
});

test("another period of probes is in force at once, and begins with what is known", async () => {
  const { lab, daemon, reload } = await setUp(
    `${ALL.replace('period = "1s"', 'period = "1h"')}${vpn('"g1", "g3"')}${rest()}`,
  );
  const { length } = daemon.log.matching(/gateway g\d \(\S+\) (up|down)/);
  await reload(`${ALL}${vpn('"g1", "g3"')}${rest()}`);
  const before = lab.gateway(1).requests.length;
  await lab.until(
    "probes of the new period",
    () => lab.gateway(1).requests.length - before,
    (count) => count >= 4,
  );
  expect(daemon.log.matching(/gateway g\d \(\S+\) (up|down)/)).toHaveLength(length);
  lab.gateway(1).becomes(refusing);
  await daemon.log.next(/gateway g1 .*down:/);
});

test("hooks of the new file get what happens from then on, and those of the earlier one nothing more", async () => {
  const lab = await openLab({ gateways: 3 });
  const [first, second] = [writeScript(lab), writeScript(lab)];
  const file = (command?: string): string =>
    `${command === undefined ? "" : `[service]\non-change = "${command}"\n`}${ALL}${vpn('"g1", "g3"')}${rest()}`;
  const { daemon, reload } = await start(lab, file(first.command));
  const turn = async (up: boolean): Promise<void> => {
    lab.gateway(3).becomes(up ? answering(200) : refusing);
    await daemon.log.next(up ? /gateway g3 \(\S+\) up/ : /gateway g3 \(\S+\) down/);
  };
  const has = (script: typeof first, event: string) =>
    lab.until(
      event,
      () => script.notifications.map((one) => one.event),
      (events) => events.includes(event as never),
    );
  await turn(false);
  await has(first, "gateway-down");
  await reload(file(second.command));
  await turn(true);
  await has(second, "gateway-up");
  expect(first.notifications.map(({ event }) => event)).not.toContain("gateway-up");
  await reload(file());
  const before = second.notifications.length;
  await turn(false);
  await daemon.untilRounds(2);
  expect(second.notifications).toHaveLength(before);
});

test("an exit check that a reload adds finds the leak of a gateway that is up, and forgets it when it goes", async () => {
  const lab = await openLab({ gateways: 3 });
  const exits = await Exits.open(lab);
  await exits.startLeak(3);
  const without = `${ALL}${vpn('"g1", "g3"')}${rest()}`;
  const { daemon, reload } = await start(lab, without);
  expect(exits.clients).toEqual([]);
  await reload(`[exit-check]\nservices = ["http://${SERVICE}/"]\nperiod = "1s"\n${without}`);
  await daemon.log.next(/g3 .*LEAKS/);
  const isUp = async (number: number) =>
    (await daemon.metrics()).value("gateway_up", { gateway_ip: addressOf(number) });
  await lab.until(
    "the leak",
    () => isUp(3),
    (up) => up === 0,
  );
  expect(await isUp(1)).toBe(1);
  await reload(`[exit-check]\nservices = ["http://${SERVICE}/?x"]\nperiod = "2s"\n${without}`);
  await daemon.untilRounds(2);
  expect(await isUp(3)).toBe(0);
  await reload(without);
  await lab.until(
    "the gateway without a check",
    () => isUp(3),
    (up) => up === 1,
  );
  const { length } = exits.clients;
  await daemon.untilRounds(4);
  expect(exits.clients).toHaveLength(length);
});

test("another DNS name gets the addresses, and the earlier one keeps its records", async () => {
  const lab = await openLab({ gateways: 2 });
  const ddns = await DdnsLab.open(lab); // without its check that records of other names stay
  const key = lab.file("key", ddns.dynu.key);
  const namesOf = (node: string): string[] =>
    ddns.dynu
      .records()
      .flatMap(({ nodeName, recordType, content }) =>
        nodeName.toLowerCase() === node && recordType === "A" ? content : [],
      )
      .sort();
  const file = (hostname: string): string =>
    `${PROBE}${gatewayTables(1, 2)}[[pool]]
members = ["g1", "g2"]
[public-ip]
service-port = ${SERVICE_PORT}
service-scheme = "http"
service-path = "/v1/publicip/ip"
refresh = "1s"
[[ddns]]
provider = "dynudns"
hostname = "${hostname}"
password-file = "${key}"
api-url = "https://${UPSTREAM}:8443/v2"
`;
  const { hostname } = ddns.dynu;
  const other = hostname.replace(/^gw\./, "other.");
  const { daemon, reload } = await start(lab, file(hostname), {
    env: { NODE_EXTRA_CA_CERTS: ddns.env.NODE_EXTRA_CA_CERTS },
  });
  await lab.until(
    "the first name",
    () => namesOf("gw").join(),
    (it) => it === `${publicOf(1)},${publicOf(2)}`,
  );
  const { length } = daemon.log.matching(/gateway g\d \(\S+\) (up|down)/);
  await reload(file(other));
  await lab.until(
    "the other name",
    () => namesOf("other").join(),
    (it) => it === `${publicOf(1)},${publicOf(2)}`,
  );
  expect(namesOf("gw")).toEqual([publicOf(1), publicOf(2)]);
  expect(daemon.log.matching(/gateway g\d \(\S+\) (up|down)/)).toHaveLength(length);
  lab.gateway(2).becomes(refusing);
  await lab.until(
    "one address",
    () => namesOf("other").join(),
    (it) => it === publicOf(1),
  );
  expect(namesOf("gw")).toEqual([publicOf(1), publicOf(2)]);
});
