/** Gateways that are reached over another interface from some time on, as when their interface joins a bridge. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { addressOf, openLab, refusing, ROUTER } from "./lab/index.ts";

setDefaultTimeout(60_000);

test("a gateway that fails after its interface has joined a bridge is logged with its own fault", async () => {
  const lab = await openLab();
  const daemon = lab.start({ "when-no-gateways": "unreachable", "check-period": "500ms", timeout: "400ms" });
  await lab.untilRouted([1, 2, 3]);
  await lab.router.batch([
    "link add br0 type bridge",
    "link set br0 up",
    "address flush dev gw0",
    "link set gw0 master br0",
  ]);
  await daemon.log.next(/gateway \S+ down: gw0 has lost its address/);
  await lab.router.ip("address", "add", `${ROUTER}/24`, "dev", "br0");
  await lab.untilRouted([1, 2, 3]);
  const moved = daemon.log.mark();
  lab.gateway(1).becomes(refusing);
  const { text } = await daemon.log.next(new RegExp(`gateway ${addressOf(1)} down`), moved);
  expect(text).toContain(`gateway ${addressOf(1)} down: connection refused (2 of 3 healthy)`);
  expect(daemon.log.matching(/no fault of this router's own links explains it/)).toEqual([]);
});
