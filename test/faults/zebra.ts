/** What happens beside a real zebra of FRR. */
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "bun:test";
import { answering, type Lab, readSlots, refusing, TABLE } from "../e2e/lab/index.ts";
import { IP } from "../e2e/lab/namespace.ts";
import { FLAGS, NUMBERS } from "./both-families.ts";
import type { Fault } from "./fault.ts";

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

export const zebraFaults: readonly Fault[] = [
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
