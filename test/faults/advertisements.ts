/** What happens when other routers advertise themselves. */
import { expect } from "bun:test";
import { type Lab, readSlots, TABLE } from "../e2e/lab/index.ts";
import { IP } from "../e2e/lab/namespace.ts";
import { ofBoth } from "./both-families.ts";
import type { Fault } from "./fault.ts";

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

export const advertisementFaults: readonly Fault[] = [
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
];
