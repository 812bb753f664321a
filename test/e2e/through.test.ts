/** Probes beyond the gateways: a gateway counts when packets come out at its far end. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { addressOf, openLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

const THROUGH = { through: "icmp:1.1.1.1,9.9.9.9", "through-period": "500ms", "through-timeout": "300ms" };

test("a gateway whose tunnel dies behind a healthy endpoint leaves the route, and comes back with the tunnel", async () => {
  const lab = await openLab();
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
  const daemon = lab.start(THROUGH);
  await lab.untilRouted([1, 2, 3]);
  await lab.gatewaySpaces[1]!.batch(
    ["route del local 1.0.0.0/8", "route del local 9.0.0.0/8"].map((one) => `${one} dev lo`),
  );
  await lab.gatewaySpaces[1]!.batch(["route add blackhole 1.0.0.0/8", "route add blackhole 9.0.0.0/8"]);
  await lab.untilRouted([1, 3]);
  const [line] = daemon.log.matching(/gateway .* down/);
  expect(line!.text).toContain(`gateway ${addressOf(2)} down: icmp`);
  await daemon.stop();
});
