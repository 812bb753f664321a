/** Packets of IPv6 beside a pool of IPv4 alone: with -block-ipv6 they are rejected, with real packets. */
import { writeFileSync } from "node:fs";

import { expect, setDefaultTimeout, test } from "bun:test";

import {
  address6Of,
  addressOf,
  CALM,
  INTERNET6,
  type Lab,
  openLab,
  refusing,
  snapshot6,
  UPSTREAM6,
} from "./lab/index.ts";

setDefaultTimeout(120_000);

const NUMBERS = [1, 2, 3];
const CLOSED = { "when-no-gateways": "unreachable" } as const;
const BLOCKED = { ...CLOSED, "block-ipv6": true } as const;

/** Where a few packets of IPv6 arrive, from the client and from the router. */
async function arrivals(lab: Lab, to = INTERNET6): Promise<readonly (readonly string[])[]> {
  const load = { flows: 8, packetsPerSecond: 2000, limit: 40, to, lossy: true };
  const streams = [await lab.traffic.stream(load), await lab.traffic.stream({ ...load, from: lab.router })];
  const reports = await Promise.all(streams.map((stream) => stream.finish()));
  return reports.map(({ arrived }) => Object.keys(arrived));
}

const NOWHERE = [[], []];
const PAST_GATEWAYS = [["upstream"], ["upstream"]];

test("without the flag packets of IPv6 bypass the gateways, with it none does, whatever gateways do", async () => {
  const lab = await openLab({ ipv6: true });
  const before = await snapshot6(lab.router);
  const open = lab.start(CLOSED);
  await lab.untilRouted([1, 2, 3]);
  expect(await arrivals(lab)).toEqual(PAST_GATEWAYS);
  expect(await snapshot6(lab.router)).toBe(before);
  await open.stop();

  const daemon = lab.start(BLOCKED);
  await daemon.untilReady();
  await lab.untilRouted([1, 2, 3]);
  expect(await arrivals(lab)).toEqual(NOWHERE);
  expect(await arrivals(lab, UPSTREAM6)).toEqual(PAST_GATEWAYS);
  expect(new Set((await lab.traffic.survey(60)).values())).toEqual(new Set([1, 2, 3].map(addressOf)));
  for (const gateway of lab.gateways) gateway.becomes(refusing);
  await lab.untilRouted([]);
  expect(await arrivals(lab)).toEqual(NOWHERE);

  await daemon.kill();
  expect(await arrivals(lab)).toEqual(NOWHERE);
  const next = lab.start(BLOCKED);
  await next.untilReady();
  expect(await arrivals(lab)).toEqual(NOWHERE);
  expect(await next.stop()).toMatchObject({ status: 0, stderr: "" });
  expect(await arrivals(lab)).toEqual(PAST_GATEWAYS);
  expect(await snapshot6(lab.router)).toBe(before);
});

/** An `ip` without nexthop objects, also in batches. */
const TINY = `case "$*" in *monitor*) exec "$IP" "$@" ;; esac
input=$(cat)
if printf '%s\\n%s\\n' "$*" "$input" | grep -Eq '^(-\\S+ +)*nexthop '; then
  echo 'Object "nexthop" is unknown, try "ip help".' >&2
  exit 255
fi
printf '%s\\n' "$input" | "$IP" "$@"`;

test("an ip without nexthop objects is enough", async () => {
  const lab = await openLab({ ipv6: true });
  const before = await snapshot6(lab.router);
  const daemon = lab.start(BLOCKED, lab.fakeIp(TINY));
  await daemon.untilReady();
  await lab.untilRouted([1, 2, 3]);
  expect(await arrivals(lab)).toEqual(NOWHERE);
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  expect(await snapshot6(lab.router)).toBe(before);
});

test("packets of IPv6 that cannot be routed without nexthop objects are rejected with a closed mode", async () => {
  const lab = await openLab({ ipv6: true });
  const gateway = NUMBERS.map((number) => `${addressOf(number)}+${address6Of(number)}`);
  const daemon = lab.start({ gateway, route: ["default", "default6"], ...CLOSED, ...CALM }, lab.fakeIp(TINY));
  await daemon.log.next(/cannot route IPv6: this ip has no nexthop objects.*packets of IPv6 are rejected/);
  await daemon.untilReady();
  await lab.untilRouted([1, 2, 3]);
  expect(await arrivals(lab)).toEqual(NOWHERE);
  expect(await arrivals(lab, UPSTREAM6)).toEqual(PAST_GATEWAYS);
});

test("a network without IPv6 addresses has IPv6 rejected all the same", async () => {
  const lab = await openLab();
  lab.router.tune({ "ipv6/conf/all/disable_ipv6": 1, "ipv6/conf/lo/disable_ipv6": 1 });
  const before = await snapshot6(lab.router);
  const daemon = lab.start(BLOCKED);
  await daemon.untilReady();
  await lab.untilRouted([1, 2, 3]);
  expect(await lab.router.ip("-6", "route", "show", "table", "180", "type", "unreachable")).toContain("default");
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  expect(await snapshot6(lab.router)).toBe(before);
});

test("a reload begins and ends it, and routed IPv6 takes its place without a packet past the gateways", async () => {
  const lab = await openLab({ ipv6: true });
  const gateways = NUMBERS.map(
    (number) => `[[gateway]]\naddress = ["${addressOf(number)}", "${address6Of(number)}"]\n`,
  );
  const probe = '[probe.http]\ntype = "http"\nperiod = "250ms"\ntimeout = "250ms"\n';
  const fileOf = (pool: string): string =>
    `${probe}${gateways.join("")}[[pool]]\nwhen-no-gateways = "unreachable"\n${pool}`;
  const [plain, blocked] = [fileOf(""), fileOf("block-ipv6 = true")];
  const routed = fileOf('routes = ["default", "default6"]');
  const daemon = lab.startWithFile(plain);
  await daemon.untilReady();
  await lab.untilRouted([1, 2, 3]);
  const before = await snapshot6(lab.router);
  const reload = async (text: string): Promise<void> => {
    writeFileSync(String(daemon.flags["config"]), text);
    expect(await lab.run(["reload"])).toMatchObject({ status: 0 });
  };
  expect(await arrivals(lab)).toEqual(PAST_GATEWAYS);
  await reload(blocked);
  expect(await arrivals(lab)).toEqual(NOWHERE);

  const load = { flows: 64, packetsPerSecond: 2000, limit: 1_000_000, to: INTERNET6, lossy: true };
  const stream = await lab.traffic.stream(load);
  for (const text of [routed, blocked, routed, blocked]) {
    await reload(text);
    await lab.untilRouted6(text === routed ? NUMBERS : []);
    await stream.more(200);
  }
  const { arrived } = await stream.stop();
  expect(arrived["upstream"]).toBeUndefined();
  expect(Object.keys(arrived).sort()).toEqual(NUMBERS.map(addressOf));

  await reload(plain);
  expect(await arrivals(lab)).toEqual(PAST_GATEWAYS);
  expect(await snapshot6(lab.router)).toBe(before);
});
