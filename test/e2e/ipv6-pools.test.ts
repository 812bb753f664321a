/** Weights, tiers and selectors in IPv6, and as many gateways as one group of nexthops holds. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { flagArguments, runExecutable, runIn } from "./lab/executable.ts";
import {
  address6Of,
  addressOf,
  answering,
  CALM,
  flagsOfIpv6,
  INTERNET6,
  type Lab,
  openLab,
  readSlots,
  refusing,
  TABLE,
} from "./lab/index.ts";

setDefaultTimeout(120_000);

const [SWEDEN, NORWAY, LTE] = [1, 2, 3];

const GATEWAYS = [SWEDEN, NORWAY, LTE].map(
  (number) => `[[gateway]]\nname = "g${number}"\naddress = "${address6Of(number)}"\n`,
);

/** A pool for the clients, with a weight and a tier, and one for this machine and all others. */
const POOLS = `[probe.health]
type = "http"
port = 9999
period = "300ms"
timeout = "200ms"
${GATEWAYS.join("")}[[pool]]
name = "clients"
from = ["fd00:66::/64"]
routes = ["default6"]
members = [{ gateway = "g1", weight = 2 }, "g2", { gateway = "g3", tier = 2 }]
when-no-gateways = "unreachable"
[[pool]]
name = "rest"
routes = ["default6"]
members = ["g3"]
`;

/** How many of so many flows reach each gateway. */
async function sharesOf(lab: Lab, from = lab.client, flows = 600, to = INTERNET6): Promise<Record<string, number>> {
  const sinks = [...(await lab.traffic.survey(flows, from, to)).values()];
  return Object.fromEntries([...Map.groupBy(sinks, (sink) => sink)].map(([sink, all]) => [sink, all.length / flows]));
}

const untilSlots = (lab: Lab, ...numbers: readonly number[]): Promise<string[]> => lab.untilRouted6(numbers);

test("pools of IPv6 have packets by their source, gateways by weight and tier, and a kill switch each", async () => {
  const lab = await openLab({ ipv6: true });
  const daemon = lab.startWithFile(POOLS);
  await daemon.untilReady();
  await untilSlots(lab, SWEDEN, NORWAY);

  const { [addressOf(SWEDEN)]: two = 0, [addressOf(NORWAY)]: one = 0, ...others } = await sharesOf(lab);
  expect(others).toEqual({});
  expect(Math.abs(two - 2 / 3)).toBeLessThan(0.06);
  expect(Math.abs(one - 1 / 3)).toBeLessThan(0.06);
  expect(await sharesOf(lab, lab.router, 100)).toEqual({ [addressOf(LTE)]: 1 });

  const before = await lab.traffic.survey(600, lab.client, INTERNET6);
  lab.gateway6(SWEDEN).becomes(refusing);
  await untilSlots(lab, NORWAY);
  lab.gateway6(NORWAY).becomes(refusing);
  await untilSlots(lab, LTE); // of the other tier
  expect(await sharesOf(lab, lab.client, 100)).toEqual({ [addressOf(LTE)]: 1 });
  lab.gateway6(LTE).becomes(refusing);
  await untilSlots(lab);
  await lab.until(
    "packets of a client to be rejected",
    () => lab.router.ip("-6", "route", "get", INTERNET6, "from", "fd00:66::2", "iif", "lan0").catch(String),
    (text) => /No route to host|unreachable/.test(text),
  );
  for (const number of [SWEDEN, NORWAY, LTE]) lab.gateway6(number).becomes(answering(200));
  await untilSlots(lab, SWEDEN, NORWAY);
  expect(await lab.traffic.survey(600, lab.client, INTERNET6)).toEqual(before);
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
});

test("pools of IPv6 have packets by the interface on which they come in, and by their mark", async () => {
  const lab = await openLab({ ipv6: true });
  const pools = ['in = ["lan0"]', "mark = 7", ""].map(
    (selector, index) =>
      `[[pool]]\nname = "p${index}"\n${selector}\nroutes = ["default6"]\nmembers = ["g${index + 1}"]\n`,
  );
  const probe = '[probe.health]\ntype = "http"\nport = 9999\nperiod = "1s"\ntimeout = "1s"\n';
  const daemon = lab.startWithFile(`${probe}${GATEWAYS.join("")}${pools.join("")}`);
  await daemon.untilReady();
  await untilSlots(lab, SWEDEN);
  const chain = `type route hook output priority mangle; ip6 daddr ${MARKED} meta mark set 7`;
  expect(await runIn(lab.router, ["nft", `table ip6 m { chain c { ${chain}; }; }`])).toMatchObject({ status: 0 });
  const wayOf = (...more: readonly string[]): Promise<string> =>
    lab.router.ip("-6", "route", "get", INTERNET6, "from", "::", ...more);
  await lab.until("packets with the mark at their pool", () => wayOf("mark", "7"), isVia(NORWAY));
  await lab.until("other packets at theirs", () => wayOf(), isVia(LTE));
  expect(await sharesOf(lab, lab.client, 100)).toEqual({ [addressOf(SWEDEN)]: 1 });
  expect(await sharesOf(lab, lab.router, 100)).toEqual({ [addressOf(LTE)]: 1 });
  expect(await sharesOf(lab, lab.router, 100, MARKED)).toEqual({ [addressOf(NORWAY)]: 1 });
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
});

/** The router's own packets to this address get a mark. */
const MARKED = "2001:4860:4860::9999";

const isVia =
  (number: number) =>
  (text: string): boolean =>
    text.includes(`via ${address6Of(number)} `);

const MOST = 126;

/** Half of so many gateways of IPv6 fail and return under a stream of packets, none of which may be lost. */
async function failHalf(lab: Lab, count: number, slotsOfEach: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const daemon = lab.start({ ...flagsOfIpv6(count), ...CALM });
  const slots = await lab.untilRouted6(numbers);
  expect(slots).toHaveLength(count * slotsOfEach);
  // All of them are one host, which takes the packets of each: only the kernel can lose any.
  const stream = await lab.traffic.stream({ flows: 256, packetsPerSecond: 5000, limit: 1_000_000, to: INTERNET6 });
  lab.gateway6(50).becomes(refusing);
  const without = await lab.untilRouted6(numbers.filter((number) => number !== 50));
  expect(without.filter((gateway, index) => gateway !== slots[index])).toHaveLength(slotsOfEach);
  const half = numbers.filter((number) => number % 2 === 0);
  for (const number of half) lab.gateway6(number).becomes(refusing);
  await lab.untilRouted6(numbers.filter((number) => !half.includes(number)));
  for (const number of half) lab.gateway6(number).becomes(answering(200));
  expect(await lab.untilRouted6(numbers)).toEqual(slots);
  const { sent, lost, arrived } = await stream.stop();
  expect(sent).toBeGreaterThan(1000);
  expect({ lost, upstream: arrived["upstream"] }).toEqual({ lost: 0, upstream: undefined });
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  expect(await readSlots(lab.router, TABLE)).toEqual([]);
}

test("60 and 126 gateways of IPv6 come and go without a lost packet, one that fails moves no slot of another; 127 are refused", async () => {
  const lab = await openLab({ gateways: MOST, shared: true, ipv6: true });
  await failHalf(lab, 60, 2);
  await failHalf(lab, MOST, 1);
  for (const command of [[], ["check"], ["plan"]]) {
    const args = [...command, ...flagArguments({ ...flagsOfIpv6(MOST + 1), ...CALM })];
    const refused = await runExecutable(lab.router, args);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/126 more by -gateway, but one group of nexthops holds at most 126/);
  }
});
