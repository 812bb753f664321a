/** Exit checks while a kill switch is closed and a reverse path filter is on: answers come in, so no leak is missed. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { Exits, OWN_EXIT, SERVICE } from "./lab/exits.ts";
import { addressOf, openLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

const FLAGS = {
  "exit-check": `http://${SERVICE}/`,
  "exit-check-period": "20s",
  "through-timeout": "500ms",
  "when-no-gateways": "unreachable",
};

test.each([0, 2])("with rp_filter %d, a gateway that leaks at the start is never used", async (filter) => {
  const lab = await openLab({ gateways: 2 });
  lab.router.tune({ "ipv4/conf/all/rp_filter": filter });
  const exits = await Exits.open(lab);
  await exits.startLeak(2);
  const monitor = await lab.monitor();
  const daemon = lab.start(FLAGS);
  await lab.untilRouted([1]);
  await daemon.untilRounds(3);
  const used = monitor.changesOf("default", 180).flatMap(({ gateways }) => gateways);
  expect(new Set(used)).toEqual(new Set([addressOf(1)]));
  expect(daemon.log.matching(/cannot determine/)).toEqual([]);
  expect(exits.clients).toContain(OWN_EXIT);
  await daemon.stop();
  expect(await lab.router.ip("rule", "show")).not.toContain("18255");
});
