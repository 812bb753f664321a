/** What happens to IPv6 that is routed beside IPv4: to its objects, its addresses and its prefixes. */
import { expect } from "bun:test";
import { address6Of, type Lab, PREFERENCE, readSlots, refusing, ROUTER6, snapshot6, TABLE } from "../e2e/lab/index.ts";
import { slotIdsOf } from "../../src/routing/nexthop-ids.ts";
import { FLAGS, NUMBERS, ofBoth } from "./both-families.ts";
import type { Fault } from "./fault.ts";

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
];
