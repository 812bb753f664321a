/** What happens when other routers advertise themselves, by a real radvd. */
import { expect } from "bun:test";
import { check } from "../e2e/lab/check.ts";
import { INTERNET6, type Lab, readSlots, TABLE, UPSTREAM6 } from "../e2e/lab/index.ts";
import { IP, type Namespace } from "../e2e/lab/namespace.ts";
import { FLAGS, ofBoth } from "./both-families.ts";
import type { Fault } from "./fault.ts";

/** A network that is advertised to the router. */
const ADVERTISED = "2001:470:5::/64";
/** How long the advertised default route is valid, in seconds: far longer than a row takes. */
const LIFETIME = 1800;

/** radvd in a namespace, which advertises itself as a router and a network on its eth0. When it ends, it sends a lifetime of 0. */
function startRadvd(lab: Lab, space: Namespace) {
  space.tune({ "ipv6/conf/all/forwarding": 1 }); // without it, radvd says that it is no router
  const config = lab.file(
    "radvd.conf",
    `interface eth0 {
  AdvSendAdvert on;
  MinRtrAdvInterval 3;
  MaxRtrAdvInterval 4;
  AdvDefaultLifetime ${LIFETIME};
  prefix ${ADVERTISED} { };
};
`,
  );
  const words = [IP, "netns", "exec", space.name, "radvd", "-n", "-m", "stderr", "-C", config];
  const child = Bun.spawn([...words, "-p", `${config}.pid`], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  lab.onClose(() => child.kill());
  return {
    async stop(): Promise<void> {
      child.kill();
      await child.exited;
    },
  };
}

/** For how many seconds the default routes that the kernel has made of advertisements are still valid. */
async function lifetimesOf({ router }: Lab): Promise<number[]> {
  const routes = JSON.parse(await router.ip("-6", "-j", "route", "show", "default", "proto", "ra")) as {
    expires: number;
  }[];
  return routes.map(({ expires }) => expires);
}

const excluded = ({ router }: Lab): Promise<string> =>
  router.ip("-6", "route", "show", "table", String(TABLE), "type", "throw");

/** What check says of advertisements while the service runs. */
async function judge(lab: Lab): Promise<string> {
  const { about } = await check(lab, { ...FLAGS, "metrics-port": "9091" });
  const [finding] = about("router advertisements");
  return `${finding?.level}: ${finding?.message}`;
}

/** A router on this interface of ours begins to advertise itself, and ends. */
function advertised(name: string, device: string, spaceOf: (lab: Lab) => Namespace): Fault {
  const promise = "no packet is lost, status and check are right, and the network is excluded; no slot moves";
  return ofBoth(name, promise, async ({ lab }, slots) => {
    await lab.router.ip("-6", "route", "delete", "::/0", "via", UPSTREAM6); // so the advertised one is the only one
    lab.router.tune({ [`ipv6/conf/${device}/accept_ra`]: 2 }); // forwarding would turn it off
    const options = { flows: 64, packetsPerSecond: 500, limit: 1_000_000, to: INTERNET6 };
    const stream = await lab.traffic.stream(options);

    const radvd = startRadvd(lab, spaceOf(lab));
    await lab.until(
      "the advertised default route",
      () => lifetimesOf(lab),
      ([first = 0]) => first > LIFETIME / 2,
    );
    await lab.until(
      "its network to be excluded",
      () => excluded(lab),
      (text) => text.includes(ADVERTISED),
    );
    expect(await judge(lab)).toBe("ok: those of other routers are accepted");

    await radvd.stop();
    await lab.until(
      "the end of the advertised default route",
      () => lifetimesOf(lab),
      ({ length }) => length === 0,
    );
    await stream.more(500); // time for a reaction that must not be
    expect(await readSlots(lab.router, TABLE)).toEqual([...slots]);
    expect(await excluded(lab)).toContain(ADVERTISED); // its addresses stay
    expect((await lab.run(["status"])).status).toBe(0);
    lab.router.tune({ [`ipv6/conf/${device}/accept_ra`]: 1 });
    expect(await judge(lab)).toMatch(new RegExp(`^warning: accept_ra is 1, .*\\(addresses on ${device}\\)$`));

    const { sent, lost, arrived } = await stream.stop();
    expect({ lost, upstream: arrived["upstream"] }).toEqual({ lost: 0, upstream: undefined });
    return `0 of ${sent} packets lost`;
  });
}

export const advertisementFaults: readonly Fault[] = [
  advertised(
    "a router upstream advertises itself (radvd), and then that it is none any more, with a lifetime of 0",
    "wan0",
    (lab) => lab.upstream,
  ),
  advertised("a gateway advertises itself to the router (radvd), and then a lifetime of 0", "gw0", (lab) =>
    lab.gatewaySpace(1),
  ),
];
