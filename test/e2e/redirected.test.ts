/** ICMP redirects that the kernel obeys: they lead packets to a host that is no gateway, behind rules and routes. */
import { expect, setDefaultTimeout, test } from "bun:test";

import type { Explanation } from "../../src/diagnose/format-explanation.ts";
import { check } from "./lab/check.ts";
import { addressOf, IP, INTERNET, type Lab, openLab, UPSTREAM } from "./lab/index.ts";

setDefaultTimeout(60_000);

/** The second address is a host beside the gateway, and not in the range. */
const FLAGS = { "end-ip": addressOf(1), "when-no-gateways": "unreachable" };

/** The gateway forwards packets to that host, which is its neighbour, and tells the sender so. */
async function redirectFrom(lab: Lab): Promise<void> {
  const gateway = lab.gatewaySpace(1);
  gateway.tune({ "ipv4/ip_forward": 1, "ipv4/conf/all/send_redirects": 1, "ipv4/conf/eth0/send_redirects": 1 });
  await gateway.batch(["route delete local 8.0.0.0/8 dev lo", `route add ${INTERNET}/32 via ${addressOf(2)} dev eth0`]);
}

async function explain(lab: Lab, flags: Parameters<Lab["start"]>[0]): Promise<{ json: Explanation; text: string }> {
  const run = (more: object) => lab.start({ ...flags, ...more }, { command: ["explain", INTERNET] }).ended();
  return { json: JSON.parse((await run({ json: true })).stdout) as Explanation, text: (await run({})).stdout };
}

test("a redirect moves packets to a host that is no gateway; check warns, explain names it, the remedy ends it", async () => {
  const lab = await openLab({ gateways: 2 });
  await redirectFrom(lab);
  lab.router.tune({ "ipv4/conf/all/accept_redirects": 1, "ipv4/conf/gw0/accept_redirects": 1 });
  const daemon = lab.start(FLAGS);
  await daemon.untilReady();
  await lab.untilRouted([1]);
  const sendAPacket = async () => {
    const stream = await lab.traffic.stream({
      flows: 1,
      packetsPerSecond: 50,
      limit: 5,
      from: lab.router,
      lossy: true,
    });
    await stream.finish();
  };
  const gatewayNow = async () => (await lab.localRoute(INTERNET)).gateway;
  expect(await gatewayNow()).toBe(addressOf(1));
  await sendAPacket();
  expect(await gatewayNow()).toBe(addressOf(2));
  const { json, text } = await explain(lab, FLAGS);
  expect(json.kernel).toMatchObject({ gateway: addressOf(2), redirected: true });
  expect(text).toContain(`via ${addressOf(2)}, which is not a gateway: an ICMP redirect leads there`);
  const { bad, about } = await check(lab, FLAGS);
  expect(bad).toEqual(["accept_redirects"]);
  const [sysctl, flush] = about("accept_redirects")[0]!.remedy!.split(", then ");
  for (const command of [sysctl!, flush!]) {
    await Bun.spawn([IP, "netns", "exec", lab.router.name, "sh", "-c", command], { stdout: "ignore" }).exited;
  }
  expect(await gatewayNow()).toBe(addressOf(1));
  await sendAPacket();
  expect(await gatewayNow()).toBe(addressOf(1));
  expect((await check(lab, FLAGS)).bad).toEqual([]);
});

test("explain calls neither a route of another program in the table nor its next hop a gateway", async () => {
  const lab = await openLab({ gateways: 2 });
  const daemon = lab.start();
  await daemon.untilReady();
  await lab.router.ip("route", "add", "8.0.0.0/8", "via", UPSTREAM, "table", "180");
  const { json, text } = await explain(lab, {});
  expect(json).toMatchObject({ managed: true, takesGateways: false, shares: [] });
  expect(json.deviation).toBe(
    `a route of another program in table 180 decides: 8.0.0.0/8 via ${UPSTREAM} (protocol 3)`,
  );
  expect(text).toMatch(/table 180 decides: 8\.0\.0\.0\/8, a route of another program/);
  expect(text).not.toContain("GATEWAY");
});

test("explain names a next hop of ours that is not in the range", async () => {
  const lab = await openLab({ gateways: 2 });
  const daemon = lab.start();
  await daemon.untilReady();
  await lab.untilRouted([1, 2]);
  const { json, text } = await explain(lab, { "end-ip": addressOf(1) });
  expect(json.shares.map(({ gateway, inRange }) => [gateway, inRange])).toEqual([
    [addressOf(1), true],
    [addressOf(2), false],
  ]);
  expect(text).toContain(`${addressOf(2)} (not in -start-ip to -end-ip)`);
});
