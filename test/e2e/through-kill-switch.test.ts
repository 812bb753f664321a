/** Probes beyond the gateways with a kill switch: answers come in under any reverse path filter, and nothing gets out. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { check } from "./lab/check.ts";
import { addressOf, type Lab, openLab, refusing, ROUTER } from "./lab/index.ts";
import { IP, type Namespace } from "./lab/namespace.ts";
import { paste } from "./lab/remedies.ts";

setDefaultTimeout(120_000);

const TARGETS = ["1.1.1.1", "9.9.9.9"];
const THROUGH = { "through-period": "500ms", "through-timeout": "300ms", "when-no-gateways": "unreachable" };

async function nft(space: Namespace, command: string): Promise<string> {
  const child = Bun.spawn([IP, "netns", "exec", space.name, "nft", command], { stdout: "pipe", stderr: "inherit" });
  const text = await child.stdout.text();
  expect(await child.exited).toBe(0);
  return text;
}

/** Counts the packets to targets that arrive past the gateways; returns how many have. */
async function countPast({ upstream }: Lab): Promise<() => Promise<number>> {
  const rule = `ip daddr { ${TARGETS.join(", ")} } counter`;
  await nft(upstream, `table ip watch { chain pre { type filter hook prerouting priority -500; ${rule}; }; }`);
  return async () => Number(/counter packets (\d+)/.exec(await nft(upstream, "list table ip watch"))![1]);
}

/** Sends packets to the targets without an end: from the client, and from the router with and without a source. */
async function sendToTargets(lab: Lab): Promise<void> {
  const senders = [
    { space: lab.client, hostname: "0.0.0.0" },
    { space: lab.router, hostname: "0.0.0.0" },
    { space: lab.router, hostname: ROUTER },
  ];
  for (const { space, hostname } of senders) {
    const socket = await space.enter(() => Bun.udpSocket({ hostname, socket: { error() {} } }));
    const send = (target: string): void => {
      try {
        socket.send("x", 5001, target);
      } catch {} // rejected
    };
    const timer = setInterval(() => TARGETS.forEach(send), 10);
    lab.onClose(() => {
      clearInterval(timer);
      socket.close();
    });
  }
}

/** Ends or restores the tunnels of gateways behind healthy endpoints. */
async function setTunnels(spaces: readonly Namespace[], state: "dead" | "well"): Promise<void> {
  const [old, now] = state === "dead" ? ["local", "blackhole"] : ["blackhole", "local"];
  const routes = ["1.0.0.0/8", "9.0.0.0/8"].map((network) => (type: string): string => {
    return `${type} ${network}${type === "local" ? " dev lo" : ""}`;
  });
  for (const space of spaces) {
    await space.batch(routes.flatMap((route) => [`route del ${route(old!)}`, `route add ${route(now!)}`]));
  }
}

test.each([
  [0, "icmp:1.1.1.1,9.9.9.9"],
  [1, "icmp:1.1.1.1,9.9.9.9"],
  [2, "icmp:1.1.1.1,9.9.9.9"],
  [2, "tcp:1.1.1.1:853,9.9.9.9:853"],
])("with rp_filter %d, gateways come up by %s, and again after an outage", async (filter, through) => {
  const lab = await openLab();
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647", "ipv4/conf/all/rp_filter": filter });
  for (const space of lab.gatewaySpaces) for (const target of TARGETS) lab.serve(space, target, 853);
  const past = await countPast(lab);
  const before = await lab.snapshot();
  const daemon = lab.start({ ...THROUGH, through });
  await daemon.log.next(/msg="probing/);
  await sendToTargets(lab);
  await lab.untilRouted([1, 2, 3]);
  await setTunnels(lab.gatewaySpaces, "dead");
  await lab.untilRouted([]);
  await Bun.sleep(1000);
  await setTunnels(lab.gatewaySpaces, "well");
  await lab.untilRouted([1, 2, 3]);
  expect(await past()).toBe(0);
  await daemon.stop();
  expect(await lab.snapshot()).toBe(before);
});

test.each([1, 2])("with rp_filter %d, the first gateway to come up may be behind any interface", async (filter) => {
  const lab = await openLab();
  await lab.giveLink(1);
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647", "ipv4/conf/all/rp_filter": filter });
  await setTunnels(lab.gatewaySpaces, "dead");
  await lab.start({ ...THROUGH, through: "icmp:1.1.1.1,9.9.9.9" }).untilReady();
  for (const number of [1, 2]) {
    const space = lab.gatewaySpace(number);
    await setTunnels([space], "well");
    await lab.untilRouted([number]);
    await setTunnels([space], "dead");
    await lab.untilRouted([]);
  }
});

test("check asks targets by the entries of a service without a gateway in use, and by its own after a kill", async () => {
  const lab = await openLab();
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647", "ipv4/conf/all/rp_filter": 1 });
  for (const gateway of lab.gateways) gateway.becomes(refusing);
  const flags = { ...THROUGH, through: "icmp:1.1.1.1,9.9.9.9" };
  const daemon = lab.start(flags);
  await daemon.untilReady();
  const before = await lab.snapshot();
  const levels = async () => (await check(lab, flags)).about(`through ${addressOf(1)}`).map(({ level }) => level);
  expect(before).toContain("lookup 18255");
  expect(await levels()).toEqual(["ok"]);
  await daemon.kill();
  expect(await levels()).toEqual(["ok"]);
  expect(await lab.snapshot()).toBe(before);
});

test("the command that the service names with -on-exit keep removes all rules and routes of probes", async () => {
  const lab = await openLab();
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
  for (const gateway of lab.gateways) gateway.becomes(refusing);
  const before = await lab.snapshot();
  const daemon = lab.start({ ...THROUGH, through: "icmp:1.1.1.1,9.9.9.9", "on-exit": "keep" });
  await daemon.untilReady();
  const { stdout } = await daemon.stop();
  expect(await lab.snapshot()).toContain("lookup 18255");
  await paste(lab.router, /To remove it by hand: (.*)"/.exec(stdout)![1]!);
  expect(await lab.snapshot()).toBe(before);
});
