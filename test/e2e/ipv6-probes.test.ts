/** Probes of gateways of IPv6, and beyond them: a gateway counts in each family by what its packets of that family do. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { Beyond6, exit6Of, OTHER_TARGET6, OWN_EXIT6, TARGET6 } from "./lab/beyond6.ts";
import { serveDns } from "./lab/dns-server.ts";
import { address6Of, addressOf, CALM, type Lab, openLab, readSlots, ROUTER6, TABLE } from "./lab/index.ts";
import { serveSite } from "./lab/web.ts";

setDefaultTimeout(120_000);

const THROUGH = { "through-period": "500ms", "through-timeout": "300ms" };
const FOUND_WITHIN_MS = 2 * 500 + 300;

/** Flags with the IPv6 addresses of two gateways, and nothing of IPv4. */
const alone = (of = address6Of) => ({ "start-ip": of(1), "end-ip": of(2), route: ["default6"], ...THROUGH });

/** Flags with both addresses of two gateways. */
const BOTH = {
  gateway: [1, 2].map((number) => `${addressOf(number)}+${address6Of(number)}`),
  route: ["default", "default6"],
  ...THROUGH,
};

const linkLocal = (gateway: number): string => `fe80::${gateway}%gw0`;

async function open(): Promise<{ lab: Lab; beyond: Beyond6 }> {
  const lab = await openLab({ gateways: 2, ipv6: true });
  return { lab, beyond: await Beyond6.open(lab) };
}

/** Waits until the slots of IPv6 have exactly these gateways. */
const untilSlots = (lab: Lab, gateways: readonly string[]): Promise<string[]> =>
  lab.until(
    `slots with ${gateways.join() || "no gateway"}`,
    () => readSlots(lab.router, TABLE),
    (slots) => [...new Set(slots)].sort().join() === [...gateways].sort().join(),
  );

const down = (gateway: string): RegExp => new RegExp(`gateway ${gateway} down: `);

test("a tunnel that dies behind a healthy endpoint of IPv6 takes its gateway out in time, until it is back", async () => {
  const { lab, beyond } = await open();
  const daemon = lab.start({ ...alone(), through: `icmp:${TARGET6},${OTHER_TARGET6}` });
  await lab.untilRouted6([1, 2]);
  const found: number[] = [];
  for (let time = 0; time < 3; time++) {
    await beyond.setDead(2);
    const died = performance.now();
    await lab.untilRouted6([1]);
    found.push(performance.now() - died);
    await beyond.setDead(2, false);
    await lab.untilRouted6([1, 2]);
  }
  const { text } = await daemon.log.next(down(address6Of(2)));
  expect(text).toMatch(/down: icmp (2606:\S+, 2620:\S+|2620:\S+, 2606:\S+): no answer through it/);
  console.log(`a silent death in IPv6 left the slots after ${found.map(Math.round).join(", ")} ms`);
  expect(Math.min(...found)).toBeLessThan(FOUND_WITHIN_MS + 700);
  await daemon.stop();
  expect(await lab.router.ip("-6", "rule", "show")).not.toContain("fwmark");
  expect(await lab.router.ip("-6", "route", "show", "table", "all", "proto", "173")).toBe("");
});

describe("every kind of target of IPv6", () => {
  test.each<[kind: string, through: string, reason: string]>([
    ["icmp", `icmp:${TARGET6}`, `icmp ${TARGET6}: no answer through it`],
    ["tcp", `tcp:[${TARGET6}]:80`, `tcp [${TARGET6}]:80: no answer through it`],
    ["dns", `dns:${OTHER_TARGET6}`, `dns ${OTHER_TARGET6}: no answer through it`],
    ["http", `http://[${TARGET6}]/up`, `url http://[${TARGET6}]/up: no answer through it`],
  ])(
    "%s answers through a gateway with a link-local address, and no more when its tunnel is dead",
    async (_, through, reason) => {
      const { lab, beyond } = await open();
      serveSite(lab, beyond.internet, { hostname: "::", port: 80, fetch: () => new Response("up") });
      await serveDns(lab, beyond.internet, OTHER_TARGET6);
      for (const number of [1, 2]) {
        await lab.gatewaySpace(number).ip("address", "add", `fe80::${number}/64`, "dev", "eth0", "nodad");
        lab.serve(lab.gatewaySpace(number), "::", 9998);
      }
      const daemon = lab.start({ ...alone(linkLocal), port: 9998, through });
      await untilSlots(lab, ["fe80::1", "fe80::2"]);
      await beyond.setDead(2);
      await untilSlots(lab, ["fe80::1"]);
      expect((await daemon.log.next(down("fe80::2%gw0"))).text).toContain(`down: ${reason}`);
    },
  );
});

test("a link-local gateway is probed at its own endpoint, over its interface", async () => {
  const lab = await openLab({ gateways: 2, ipv6: true });
  const fakes = [];
  for (const number of [1, 2]) {
    await lab.gatewaySpace(number).ip("address", "add", `fe80::${number}/64`, "dev", "eth0", "nodad");
    fakes.push(lab.serve(lab.gatewaySpace(number), "::", 9998));
  }
  const daemon = lab.start({ ...alone(linkLocal), ...CALM, port: 9998 });
  await untilSlots(lab, ["fe80::1", "fe80::2"]);
  fakes[1]!.becomes({ kind: "answer", status: 503 });
  await untilSlots(lab, ["fe80::1"]);
  await daemon.log.next(/gateway fe80::2%gw0 down: status 503/);
});

test.each([
  ["the carrier of their interface is lost", (lab: Lab) => lab.setCarrier("down"), (lab: Lab) => lab.setCarrier("up")],
  [
    "their interface is down, which takes its addresses",
    (lab: Lab) => lab.router.ip("link", "set", "gw0", "down"),
    (lab: Lab) => lab.router.batch(["link set gw0 up", `address add ${ROUTER6}/64 dev gw0 nodad`]),
  ],
] as const)("probes go through gateways of IPv6 again after %s", async (_, take, give) => {
  const { lab } = await open();
  lab.start({ ...alone(), "through-only": true, through: `icmp:${TARGET6}` });
  await lab.untilRouted6([1, 2]);
  await take(lab);
  await lab.untilRouted6([]);
  await give(lab);
  await lab.untilRouted6([1, 2]);
});

test("a gateway of IPv6 without an endpoint is probed by echo requests through it alone", async () => {
  const { lab, beyond } = await open();
  for (const number of [1, 2]) lab.gateway6(number).becomes({ kind: "refuse" });
  lab.start({ ...alone(), "through-only": true, through: `icmp:${TARGET6}` });
  await lab.untilRouted6([1, 2]);
  await beyond.setDead(1);
  await lab.untilRouted6([2]);
});

test("a gateway of both families whose tunnel is dead in one of them is used in the other", async () => {
  const lab = await openLab({ gateways: 2, ipv6: true, beyond: true });
  const beyond = await Beyond6.open(lab);
  const daemon = lab.start({ ...BOTH, through: `icmp:1.1.1.1,${TARGET6},9.9.9.9` });
  await lab.untilRouted([1, 2]);
  await lab.untilRouted6([1, 2]);
  await beyond.setDead(2);
  await lab.untilRouted6([1]);
  expect((await daemon.log.next(down(address6Of(2)))).text).toContain(`down: icmp ${TARGET6}: no answer through it`);
  await daemon.untilRounds(4);
  await lab.untilRouted([1, 2]);
  expect(daemon.log.matching(down(addressOf(2)))).toEqual([]);
  await lab.beyond.setLoss(1, 100);
  await lab.untilRouted([2]);
  await lab.untilRouted6([1]);
});

test.each(["unreachable", "blackhole"])(
  "gateways of IPv6 come up by probes beyond them while the kill switch (%s) is closed, since no filter drops answers",
  async (mode) => {
    const { lab, beyond } = await open();
    lab.router.tune({ "ipv4/conf/all/rp_filter": 1 }); // which IPv6 does not have
    await Promise.all([1, 2].map((number) => beyond.setDead(number)));
    const daemon = lab.start({ ...alone(), through: `tcp:[${TARGET6}]:7`, "when-no-gateways": mode });
    await daemon.log.next(down(address6Of(1)));
    await Promise.all([1, 2].map((number) => beyond.setDead(number, false)));
    serveSite(lab, beyond.internet, { hostname: "::", port: 7, fetch: () => new Response() });
    await lab.untilRouted6([1, 2]);
  },
);

test("addresses of IPv6 that no route uses need no targets, and are in nothing's way", async () => {
  const lab = await openLab({ gateways: 2, ipv6: true, beyond: true });
  const daemon = lab.start({ ...BOTH, route: ["default"], "through-only": true, through: "icmp:1.1.1.1" });
  await lab.untilRouted([1, 2]);
  await daemon.untilRounds(2);
  expect((await lab.run(["status"])).stdout).toContain(addressOf(1));
  await lab.run(["drain", addressOf(1)]);
  await lab.untilRouted([2]);
  expect(await lab.router.ip("-6", "rule", "show")).not.toContain("fwmark");
  expect(await daemon.stop()).toMatchObject({ status: 0 });
});

test("a gateway that leaks in IPv6 is found by its exit there, and stays in use in IPv4", async () => {
  const { lab, beyond } = await open();
  const clients: string[] = [];
  const fetch = (request: Request, server: Bun.Server<undefined>): Response => {
    clients.push(server.requestIP(request)!.address);
    return new Response(clients.at(-1)!);
  };
  const site = beyond.internet.enter(() => Bun.serve({ hostname: "::", port: 80, fetch }));
  lab.onClose(() => void site.stop(true));
  const exits = { "exit-check": `http://[${TARGET6}]/`, "exit-check-period": "1s", "public-ip-allow-private": true };
  const daemon = lab.start({ ...BOTH, ...exits });
  await lab.untilRouted6([1, 2]);
  await lab.untilRouted([1, 2]);
  await daemon.log.next(new RegExp(`this router's own public address of IPv6: ${OWN_EXIT6}`));
  expect(new Set(clients)).toEqual(new Set([OWN_EXIT6, exit6Of(1), exit6Of(2)]));
  await beyond.startLeak(2);
  await lab.untilRouted6([1]);
  await daemon.log.next(new RegExp(`gateway ${address6Of(2)} LEAKS: .* come out at ${OWN_EXIT6}`));
  await lab.untilRouted([1, 2]);
});
