/**
 * A router whose default route names an interface and no nexthop, as over PPP, LTE or a tunnel: it covers the addresses of
 * the gateways too, and must not carry their packets while their own interface is lost.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { addressOf, CALM, type Lab, openLab, ROUTER, TABLE } from "./lab/index.ts";

setDefaultTimeout(60_000);

/** Packets to managed destinations are rejected while no gateway is usable. */
const REJECTING = { ...CALM, "when-no-gateways": "unreachable" };

describe("on a router whose default route names an interface and no nexthop, as over PPP", () => {
  /** Packets of the client while the interface to the gateways is down, or without its address, until these are healthy. */
  async function arrivedDuring(lab: Lab, lose: string, restore: string, isLost: (lab: Lab) => Promise<boolean>) {
    const load = { flows: 16, packetsPerSecond: 500, limit: 100_000, lossy: true };
    const streams = [await lab.traffic.stream(load), await lab.traffic.stream({ ...load, from: lab.router })];
    for (const stream of streams) await stream.more(200);
    await lab.router.ip(...lose.split(" "));
    await lab.until("the loss to be noticed", () => isLost(lab), Boolean);
    for (const stream of streams) await stream.more(800); // more than a check period
    await lab.router.batch([restore]);
    await lab.untilRouted([1, 2, 3]);
    for (const stream of streams) await stream.more(200);
    const reports = [await streams[0]!.stop(), await streams[1]!.stop()];
    return [...new Set(reports.flatMap(({ arrived }) => Object.keys(arrived)))].sort();
  }

  const down = ["link set gw0 down", "link set gw0 up"] as const;
  const withoutAddress = [`address delete ${ROUTER}/24 dev gw0`, `address add ${ROUTER}/24 dev gw0`] as const;

  test.each([
    ["unreachable with -fall 1", { "when-no-gateways": "unreachable", fall: 1 }, down],
    ["unreachable with -fall 3", { "when-no-gateways": "unreachable", fall: 3 }, down],
    ["unreachable with -fall 3", { "when-no-gateways": "unreachable", fall: 3 }, withoutAddress],
    ["unreachable with -min-healthy 1", { "when-no-gateways": "unreachable", "min-healthy": 1 }, down],
  ] as const)(
    "%s lets no packet leave through it when the gateways' interface is lost: %#",
    async (_, flags, [lose, restore]) => {
      const lab = await openLab({ deviceDefault: true });
      lab.start({ ...CALM, ...flags });
      await lab.untilRouted([1, 2, 3]);
      const arrived = await arrivedDuring(lab, lose, restore, async () => (await lab.managedRoute()) === undefined);
      expect(arrived).toEqual([1, 2, 3].map(addressOf));
    },
  );

  test("keep writes no route through it while the gateways' interface has no address", async () => {
    const lab = await openLab({ deviceDefault: true });
    const daemon = lab.start({ ...CALM, "when-no-gateways": "keep", "min-healthy": 1 });
    await lab.untilRouted([1, 2, 3]);
    const { events } = await lab.monitor();
    await lab.router.ip("address", "delete", `${ROUTER}/24`, "dev", "gw0");
    await daemon.log.next(/left out as nexthop/);
    await daemon.log.next(/in use although they are down|gateway .* down/);
    await lab.router.ip("address", "add", `${ROUTER}/24`, "dev", "gw0");
    await lab.untilRouted([1, 2, 3]);
    expect(events.matching(new RegExp(`dev wan0 .*table ${TABLE} `))).toEqual([]);
  });

  test("unreachable lets no packet leave when the service starts without the gateways' interface", async () => {
    const lab = await openLab({ deviceDefault: true });
    await lab.router.ip("link", "set", "gw0", "down");
    const daemon = lab.start({ ...REJECTING, "min-healthy": 1 });
    await daemon.untilReady();
    const load = { flows: 16, packetsPerSecond: 500, limit: 100_000, lossy: true };
    const stream = await lab.traffic.stream({ ...load, from: lab.router });
    await stream.more(1000);
    expect((await stream.stop()).arrived).toEqual({});
  });
});
