/** What happens to IPv6 that is routed beside IPv4: to its objects, its addresses and its prefixes. */
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "bun:test";
import {
  address6Of,
  addressOf,
  answering,
  type Lab,
  PREFERENCE,
  readSlots,
  refusing,
  ROUTER6,
  snapshot6,
  TABLE,
} from "../e2e/lab/index.ts";
import { IP } from "../e2e/lab/namespace.ts";
import { slotIdsOf } from "../../src/routing/nexthop-ids.ts";
import type { Fault } from "./fault.ts";
import type { Scene } from "./scene.ts";

const NUMBERS = [1, 2, 3];
const FLAGS = {
  gateway: NUMBERS.map((number) => `${addressOf(number)}+${address6Of(number)}`),
  route: ["default", "default6"],
  "when-no-gateways": "unreachable",
};

/** A row about a service that routes both families; `act` gets the slots of IPv6 at rest. */
function ofBoth(
  name: string,
  promise: string,
  act: (scene: Scene, slots: readonly string[]) => Promise<string>,
): Fault {
  return {
    ...{ name, promise, lab: { ipv6: true } },
    async run(scene) {
      await scene.settle(FLAGS);
      const slots = await scene.lab.untilRouted6(NUMBERS);
      return act(scene, slots);
    },
  };
}

const until = (lab: Lab, what: string, snapshot: string): Promise<unknown> =>
  lab.until(
    what,
    () => snapshot6(lab.router),
    (now) => now === snapshot,
  );

/** These changes by another program are undone. */
function restored(name: string, lines: readonly string[], options: readonly string[] = []): Fault {
  return ofBoth(name, "all of it is restored at once, each slot as it was; a warning is logged", async (scene) => {
    const { lab } = scene;
    const before = await snapshot6(lab.router);
    const start = scene.daemon.log.mark();
    await lab.router.batch([...lines], options);
    const seen = await scene.timed("restored", () => until(lab, "IPv6 to be as before", before));
    await scene.daemon.log.next(/level=warn msg=".* removed or altered by another program; restored/, start);
    return seen;
  });
}

/** The interface to the gateways becomes unusable, and usable again. */
function interfaceChange(name: string, change: (lab: Lab, isBack: boolean) => Promise<unknown>): Fault {
  return ofBoth(name, "its slots and the route go with it, and are as before when it is back", async (scene, slots) => {
    const { lab } = scene;
    await change(lab, false);
    await lab.untilRouted6([]);
    await change(lab, true);
    const seen = await scene.timed("restored", () => lab.untilRouted6(NUMBERS));
    expect(await readSlots(lab.router, TABLE)).toEqual([...slots]);
    await lab.untilRouted(scene.healthy);
    return seen;
  });
}

/** zebra in the router, as Debian configures it. */
function startZebra(lab: Lab) {
  const config = lab.file("zebra.conf", "hostname router\n");
  const folder = join(dirname(config), "run");
  mkdirSync(folder);
  for (const [path, mode] of [
    [dirname(config), 0o755],
    [folder, 0o777],
  ] as const)
    chmodSync(path, mode);
  writeFileSync(join(folder, "vtysh.conf"), "");
  const socket = join(folder, "zserv");
  const files = ["-f", config, "-i", join(folder, "zebra.pid"), "-z", socket, "--vty_socket", folder];
  const words = [
    IP,
    "netns",
    "exec",
    lab.router.name,
    "/usr/lib/frr/zebra",
    ...files,
    "-P",
    "0",
    "-u",
    "frr",
    "-g",
    "frr",
  ];
  const child = Bun.spawn(words, { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  return {
    socket,
    async stop(): Promise<void> {
      child.kill();
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A network that is advertised to the router. */
const ADVERTISED = "2001:470:5::/64";

/** radvd upstream, which advertises itself as a router and a network. */
function startRadvd(lab: Lab) {
  const device = "eth0";
  lab.upstream.tune({ "ipv6/conf/all/forwarding": 1 }); // without it, radvd says that it is no router
  const config = lab.file(
    "radvd.conf",
    `interface ${device} {
  AdvSendAdvert on;
  MinRtrAdvInterval 3;
  MaxRtrAdvInterval 4;
  prefix ${ADVERTISED} { };
};
`,
  );
  const words = [IP, "netns", "exec", lab.upstream.name, "radvd", "-n", "-m", "stderr", "-C", config];
  const child = Bun.spawn([...words, "-p", `${config}.pid`], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  return {
    async stop(): Promise<void> {
      child.kill();
      await child.exited;
    },
  };
}

export const ipv6Faults: readonly Fault[] = [
  restored("another program flushes the nexthop objects", ["nexthop flush proto 173"]),
  restored(
    "another program flushes the objects and the table of IPv6",
    ["nexthop flush proto 173", `route flush table ${TABLE}`],
    ["-6"],
  ),
  restored("another program deletes the rule of IPv6", [`rule delete preference ${PREFERENCE}`], ["-6"]),
  interfaceChange("the interface to the gateways of IPv6 loses its carrier", (lab, isBack) =>
    lab.setCarrier(isBack ? "up" : "down"),
  ),
  interfaceChange("the interface is set down, and its IPv6 addresses vanish until a manager sets them", (lab, isBack) =>
    lab.router.batch(isBack ? ["link set gw0 up", `address add ${ROUTER6}/64 dev gw0 nodad`] : ["link set gw0 down"]),
  ),
  ofBoth(
    "a router advertises itself (radvd), and then that it is none any more, with a lifetime of 0",
    "managed routes are not affected, and its network is excluded",
    async ({ lab }, slots) => {
      const advertised = (): Promise<string> => lab.router.ip("-6", "route", "show", "default", "proto", "ra");
      const excluded = (): Promise<string> => lab.router.ip("-6", "route", "show", "table", String(TABLE));
      lab.router.tune({ "ipv6/conf/wan0/accept_ra": 2 }); // forwarding would turn it off
      const radvd = startRadvd(lab);
      lab.onClose(() => void radvd.stop());
      await lab.until("the advertised default route", advertised, (text) => text !== "");
      await lab.until("its network to be excluded", excluded, (text) => text.includes(`throw ${ADVERTISED}`));
      expect(await readSlots(lab.router, TABLE)).toEqual([...slots]);
      await radvd.stop(); // it says so before it ends
      await lab.until("the end of the advertised default route", advertised, (text) => text === "");
      await Bun.sleep(1000); // time for a reaction that must not be
      expect(await readSlots(lab.router, TABLE)).toEqual([...slots]);
      return "the slots never changed";
    },
  ),
  ofBoth(
    "the prefix of the LAN changes",
    "the new network is excluded, and the former one is not",
    async (scene, slots) => {
      const { lab } = scene;
      const excluded = (): Promise<string> =>
        lab.router.ip("-6", "route", "show", "table", String(TABLE), "type", "throw");
      const has = async (network: string): Promise<unknown> =>
        lab.until(
          `${network} to be excluded alone`,
          excluded,
          (text) => String(text.match(/2001:470:\d::\/64/g) ?? []) === network,
        );
      await lab.router.ip("address", "add", "2001:470:1::1/64", "dev", "lan0", "nodad");
      await has("2001:470:1::/64");
      await lab.router.batch([
        "address add 2001:470:2::1/64 dev lan0 nodad",
        "address delete 2001:470:1::1/64 dev lan0",
      ]);
      const seen = await scene.timed("followed", () => has("2001:470:2::/64"));
      await lab.router.ip("address", "delete", "2001:470:2::1/64", "dev", "lan0");
      await has("");
      expect(await readSlots(lab.router, TABLE)).toEqual([...slots]);
      return seen;
    },
  ),
  ofBoth(
    "a gateway of IPv6 fails while the process is killed and started again",
    "only its slots move, once the new process has seen it",
    async (scene, slots) => {
      const { lab } = scene;
      await scene.daemon.kill();
      expect(await readSlots(lab.router, TABLE)).toEqual([...slots]);
      lab.gateway6(2).becomes(refusing);
      scene.start(FLAGS);
      const seen = await scene.timed("updated", () => lab.untilRouted6([1, 3]));
      const after = await readSlots(lab.router, TABLE);
      expect(slots.filter((one, index) => one !== address6Of(2) && after[index] !== one)).toEqual([]);
      await scene.rest();
      return seen;
    },
  ),
  ofBoth(
    "another program sets a slot back every 50 ms for 4 s, as zebra (FRR) does with small ids",
    "repairs are delayed and a warning is logged; the slot is right soon after the end",
    async (scene, slots) => {
      const { lab, daemon } = scene;
      const start = daemon.log.mark();
      const slot = slotIdsOf(TABLE, 0, slots.length)[0]!;
      const end = performance.now() + 4000;
      while (performance.now() < end) {
        await lab.router.batch([`nexthop replace id ${slot} via ${address6Of(3)} dev gw0 onlink proto zebra`]);
        await Bun.sleep(50); // ms: the fault itself
      }
      scene.mostWarnings = 25; // five repairs without delay, and then the delayed ones one by one
      await daemon.log.next(/level=warn msg=".*another program keeps undoing/, start);
      const isRight = async (): Promise<boolean> => String(await readSlots(lab.router, TABLE)) === String(slots);
      return scene.timed("right", () => lab.until("the slots to be right", isRight, Boolean, 60_000));
    },
  ),
  {
    // Measured with FRR 8.4.4: it takes ids such as ours for those of its own daemons, and cannot set them back.
    name: "zebra (FRR) without `no zebra nexthop kernel enable` runs while slots change, restarts, and sees the link flap",
    promise: "slots stay where the service lets them lead",
    lab: { ipv6: true },
    async run(scene) {
      const { lab } = scene;
      const zebra = startZebra(lab);
      lab.onClose(() => void zebra.stop());
      const objects = (): Promise<string> => lab.router.ip("nexthop", "show");
      await lab.until("zebra to run", objects, (text) => text.includes("proto zebra"));
      await scene.settle(FLAGS);
      const slots = await lab.untilRouted6(NUMBERS);
      lab.gateway6(2).becomes(refusing);
      await lab.untilRouted6([1, 3]);
      await Bun.sleep(1000); // time for zebra, which reacts within 10 ms
      await lab.untilRouted6([1, 3]);
      await zebra.stop();
      const other = startZebra(lab); // with the objects as they are now
      lab.onClose(() => void other.stop());
      await lab.until("the other zebra to run", () => existsSync(other.socket), Boolean);
      lab.gateway6(2).becomes(answering(200));
      expect(await lab.untilRouted6(NUMBERS)).toEqual(slots);
      await lab.setCarrier("down");
      await lab.untilRouted6([]);
      await lab.setCarrier("up");
      await lab.untilRouted6(NUMBERS);
      await Bun.sleep(1000); // time for zebra again
      expect(await readSlots(lab.router, TABLE)).toEqual(slots);
      await other.stop();
      return "no slot was set back";
    },
  },
];
