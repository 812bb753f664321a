/** Gateways of IPv6, alone and beside those of IPv4: routed by nexthop objects, with real packets. */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  address6Of,
  addressOf,
  CALM,
  INTERNET6,
  IP,
  type Lab,
  openLab,
  readSlots,
  refusing,
  answering,
  ROUTER6,
  snapshot6,
  TABLE,
} from "./lab/index.ts";
import { run } from "./lab/namespace.ts";

setDefaultTimeout(120_000);

const NUMBERS = [1, 2, 3];

/** Flags with the IPv6 addresses of these gateways, and nothing of IPv4. */
const ALONE = { "start-ip": address6Of(1), "end-ip": address6Of(3), route: ["::/0"], ...CALM };

/** Flags with both addresses of each gateway. */
const BOTH = {
  gateway: NUMBERS.map((number) => `${addressOf(number)}+${address6Of(number)}`),
  route: ["default", "default6"],
  ...CALM,
};

/** Where flows of the client arrive in IPv6. */
const survey6 = (lab: Lab, flows = 200) => lab.traffic.survey(flows, lab.client, INTERNET6);

/** How many flows of the first survey are elsewhere in the other one, of those that were not at this gateway. */
function movedOf(before: Map<number, string>, after: Map<number, string>, lost: string): number {
  return [...before].filter(([flow, sink]) => sink !== lost && after.get(flow) !== sink).length;
}

test("a gateway of IPv6 that fails leaves its slots, and has the same ones again when it is back", async () => {
  const lab = await openLab({ ipv6: true });
  const before = await snapshot6(lab.router);
  const daemon = lab.start(ALONE);
  const slots = await lab.untilRouted6([1, 2, 3]);
  const flows = await survey6(lab);
  expect(new Set(flows.values())).toEqual(new Set(NUMBERS.map(addressOf)));

  lab.gateway6(2).becomes(refusing);
  const without = await lab.untilRouted6([1, 3]);
  expect(without).toEqual(slots.map((gateway, index) => (gateway === address6Of(2) ? without[index]! : gateway)));
  expect(movedOf(flows, await survey6(lab), addressOf(2))).toBe(0);

  lab.gateway6(2).becomes(answering(200));
  expect(await lab.untilRouted6([1, 2, 3])).toEqual(slots);
  expect(await survey6(lab)).toEqual(flows);

  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  expect(await snapshot6(lab.router)).toBe(before);
});

test("a gateway with two addresses is used in each family by its own result", async () => {
  const lab = await openLab({ ipv6: true });
  const [before, before6] = [await lab.snapshot(), await snapshot6(lab.router)];
  const daemon = lab.start(BOTH);
  await lab.untilRouted([1, 2, 3]);
  await lab.untilRouted6([1, 2, 3]);
  lab.gateway6(2).becomes(refusing);
  await lab.untilRouted6([1, 3]);
  await lab.untilRouted([1, 2, 3]);
  lab.gateway(3).becomes(refusing);
  await lab.untilRouted([1, 2]);
  expect(new Set(await readSlots(lab.router, TABLE))).toEqual(new Set([address6Of(1), address6Of(3)]));
  expect(new Set((await lab.traffic.survey(100)).values())).toEqual(new Set([1, 2].map(addressOf)));
  expect(new Set((await survey6(lab)).values())).toEqual(new Set([1, 3].map(addressOf)));

  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  expect(await snapshot6(lab.router)).toBe(before6);
  expect(await lab.snapshot()).toBe(before);
});

test("a stop and a start keep slots and flows, also after a kill", async () => {
  const lab = await openLab({ ipv6: true });
  const first = lab.start(BOTH);
  await lab.untilRouted([1, 2, 3]);
  lab.gateway6(2).becomes(refusing);
  const slots = await lab.untilRouted6([1, 3]);
  const [before, flows] = [await snapshot6(lab.router), await survey6(lab)];
  await first.kill();
  const second = lab.start(BOTH);
  await second.untilReady();
  await second.log.next(/carry traffic since an earlier run/);
  await second.untilRounds(3);
  expect(await readSlots(lab.router, TABLE)).toEqual(slots);
  expect(await snapshot6(lab.router)).toBe(before);
  expect(await survey6(lab)).toEqual(flows);
  expect(second.log.matching(/ip (-6 )?(route|nexthop|rule) /)).toEqual([]);
});

test("a start without IPv6 removes what a killed run has left of it", async () => {
  const lab = await openLab({ ipv6: true });
  const before = await snapshot6(lab.router);
  const first = lab.start({ ...BOTH, "when-no-gateways": "unreachable" });
  await lab.untilRouted([1, 2, 3]);
  await lab.untilRouted6([1, 2, 3]);
  await first.kill();
  lab.start(CALM);
  await lab.untilRouted([1, 2, 3]);
  await lab.until(
    "IPv6 to be as before",
    () => snapshot6(lab.router),
    (now) => now === before,
  );
});

test("objects, routes and rules that another program removes are restored", async () => {
  const lab = await openLab({ ipv6: true });
  const daemon = lab.start(BOTH);
  await lab.untilRouted([1, 2, 3]);
  const slots = await lab.untilRouted6([1, 2, 3]);
  await daemon.untilReady(); // the rule comes after the slots
  const before = await snapshot6(lab.router);
  for (const command of [
    "nexthop flush proto 173",
    "-6 rule del pref 10888",
    `nexthop del id ${173_000_000 + 256 * TABLE + 2}`,
  ]) {
    const start = daemon.log.mark();
    await lab.router.ip(...command.split(" "));
    await daemon.log.next(/removed or altered by another program; restored/, start);
    await lab.until(
      `IPv6 to be as before: ${command}`,
      () => snapshot6(lab.router),
      (now) => now === before,
    );
  }
  expect(await readSlots(lab.router, TABLE)).toEqual(slots);
});

test("after a flap of the link the objects are there again, as soon as the address is", async () => {
  const lab = await openLab({ ipv6: true });
  lab.start(BOTH);
  await lab.untilRouted([1, 2, 3]);
  const slots = await lab.untilRouted6([1, 2, 3]);
  await lab.setCarrier("down");
  await lab.untilRouted6([]);
  await lab.setCarrier("up");
  expect(await lab.untilRouted6([1, 2, 3])).toEqual(slots);
  await lab.router.ip("link", "set", "gw0", "down"); // the kernel removes the addresses of IPv6
  await lab.untilRouted6([]);
  await lab.router.batch(["link set gw0 up", `address add ${ROUTER6}/64 dev gw0 nodad`]);
  expect(await lab.untilRouted6([1, 2, 3])).toEqual(slots);
  await lab.untilRouted([1, 2, 3]);
});

test("networks of this machine are excluded as they come and go", async () => {
  const lab = await openLab({ ipv6: true });
  lab.start(BOTH);
  await lab.untilRouted6([1, 2, 3]);
  const excluded = async (): Promise<string> =>
    lab.router.ip("-6", "route", "show", "table", String(TABLE), "type", "throw");
  await lab.router.ip("address", "add", "2001:470:1::1/64", "dev", "lan0", "nodad");
  await lab.until("the new network to be excluded", excluded, (text) => text.includes("2001:470:1::/64"));
  await lab.router.ip("address", "del", "2001:470:1::1/64", "dev", "lan0");
  await lab.until("the former network not to be excluded", excluded, (text) => !text.includes("2001:470:1::/64"));
});

test("a drain takes a gateway out in both families, over a restart", async () => {
  const lab = await openLab({ ipv6: true });
  const first = lab.start(BOTH);
  await lab.untilRouted([1, 2, 3]);
  await lab.untilRouted6([1, 2, 3]);
  expect(await lab.run(["drain", address6Of(2)])).toMatchObject({ status: 0 });
  await lab.untilRouted([1, 3]);
  await lab.untilRouted6([1, 3]);
  await first.stop();
  lab.start(BOTH);
  await lab.untilRouted([1, 3]);
  await lab.untilRouted6([1, 3]);
  expect(await lab.run(["undrain", addressOf(2)])).toMatchObject({ status: 0 });
  await lab.untilRouted([1, 2, 3]);
  await lab.untilRouted6([1, 2, 3]);
});

test("without nexthop objects IPv6 is left out with the reason, and IPv4 goes on", async () => {
  const lab = await openLab({ ipv6: true });
  const before = await snapshot6(lab.router);
  const tiny =
    'case "$*" in *nexthop*) echo \'Object "nexthop" is unknown, try "ip help".\' >&2; exit 255 ;; esac\nexec "$IP" "$@"';
  const { env } = lab.fakeIp(tiny);
  const daemon = lab.start(BOTH, { env });
  await daemon.log.next(/level=warn .*cannot route IPv6: this ip has no nexthop objects/);
  await lab.untilRouted([1, 2, 3]);
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  expect(await snapshot6(lab.router)).toBe(before);
  const { status, stderr } = await lab.start(ALONE, { env }).ended();
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("cannot route IPv6") });
});

test("what is kept at a stop goes with the commands that are logged then", async () => {
  const lab = await openLab({ ipv6: true });
  const [before, before6] = [await lab.snapshot(), await snapshot6(lab.router)];
  const daemon = lab.start({ ...BOTH, "when-no-gateways": "unreachable", "on-exit": "keep" });
  await lab.untilRouted([1, 2, 3]);
  await lab.untilRouted6([1, 2, 3]);
  const { stdout } = await daemon.stop();
  await lab.untilRouted6([1, 2, 3]);
  const commands = /To remove it by hand: (.*)"/.exec(stdout)![1]!;
  await run([IP, "netns", "exec", lab.router.name, "sh", "-c", commands]);
  expect(await snapshot6(lab.router)).toBe(before6);
  expect(await lab.snapshot()).toBe(before);
});

test("an ip that fails in IPv6 does not stop IPv4", async () => {
  const lab = await openLab({ ipv6: true });
  // Changes of both families go to one run: it fails where there is anything of IPv6.
  const ip = lab.fakeIp(
    `[ -e "$0.on" ] || exec "$IP" "$@"
     case "$*" in *monitor*) exec "$IP" "$@" ;; esac
     input=$(cat); case "$* $input" in -6*|*nexthop*id*) echo broken >&2; exit 1 ;; esac
     printf '%s\\n' "$input" | "$IP" "$@"`,
  );
  const daemon = lab.start(BOTH, { env: ip.env });
  await lab.untilRouted([1, 2, 3]);
  const slots = await lab.untilRouted6([1, 2, 3]);
  ip.turnOn();
  for (const fake of [lab.gateway(2), lab.gateway6(2)]) fake.becomes(refusing);
  await lab.untilRouted([1, 3]);
  await daemon.log.next(/level=error msg="IPv6: .*broken/);
  expect(await readSlots(lab.router, TABLE)).toEqual(slots);
  expect((await daemon.get("/readyz")).body).toContain("IPv6: ");
  for (const fake of [lab.gateway(2), lab.gateway(3)]) fake.becomes(answering(200));
  await lab.untilRouted([1, 2, 3]);
  ip.turnOff();
  await lab.untilRouted6([1, 3]);
  await daemon.log.next(/IPv6: the kernel holds what it should again/);
});

test("link-local gateways are used over their interface", async () => {
  const lab = await openLab({ ipv6: true });
  const before = await snapshot6(lab.router);
  const addresses = NUMBERS.map((number) => `fe80::77:${number}`);
  const fakes = addresses.map((address, index) => ({ address, space: lab.gatewaySpace(index + 1) }));
  for (const { address, space } of fakes) await space.ip("address", "add", `${address}/64`, "dev", "eth0", "nodad");
  const served = fakes.map(({ address, space }) => lab.serve(space, `${address}%eth0`));
  const gateway = addresses.map((address) => `${address}%gw0`);
  const daemon = lab.start({ gateway, "start-ip": "", "end-ip": "", route: ["::/0"], ...CALM });
  const slotsOf = () => readSlots(lab.router, TABLE);
  const use = (...numbers: number[]) =>
    lab.until(
      "the slots",
      slotsOf,
      (slots) => [...new Set(slots)].sort().join() === numbers.map((one) => addresses[one - 1]).join(),
    );
  await use(1, 2, 3);
  const flows = await survey6(lab);
  expect(new Set(flows.values())).toEqual(new Set(NUMBERS.map(addressOf)));
  served[1]!.becomes(refusing);
  await use(1, 3);
  expect(movedOf(flows, await survey6(lab), addressOf(2))).toBe(0);
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  expect(await snapshot6(lab.router)).toBe(before);
});

test("packets to hosts beside the gateways reach them also where a program has chosen the interface", async () => {
  const lab = await openLab({ ipv6: true });
  await lab.start(BOTH).untilReady();
  for (const address of [address6Of(1), "fd00:77::99", "fe80::99", "2001:4860::1"]) {
    const route = await lab.router.ip("-6", "route", "get", address, "oif", "gw0");
    expect({ address, isSentToGateway: route.includes(" via ") }).toEqual({
      address,
      isSentToGateway: address.startsWith("2001"),
    });
  }
});
