/** Exit checks while a kill switch is closed and a reverse path filter is on: answers come in, so no leak is missed. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { check } from "./lab/check.ts";
import { Exits, OWN_EXIT, SERVICE, SERVICE_NAME, startWithLeak } from "./lab/exits.ts";
import { openLab } from "./lab/index.ts";
import { withFile } from "./lab/resolver.ts";

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
  const daemon = await startWithLeak(lab, exits, FLAGS);
  expect(daemon.log.matching(/cannot determine/)).toEqual([]);
  expect(exits.clients).toContain(OWN_EXIT);
  await daemon.stop();
  expect(await lab.router.ip("rule", "show")).not.toContain("18255");
});

test("with a name, whose answers cannot be let in before, a leak is found soon after the gateway is used", async () => {
  const lab = await openLab({ gateways: 2 });
  lab.router.tune({ "ipv4/conf/all/rp_filter": 2 });
  const exits = await Exits.open(lab);
  await exits.startLeak(2);
  const { wrapper } = withFile(lab, "/etc/hosts", `${SERVICE} ${SERVICE_NAME}\n`);
  const daemon = lab.start({ ...FLAGS, "exit-check": `http://${SERVICE_NAME}/` }, { wrapper });
  await lab.untilRouted([1, 2]);
  const start = performance.now();
  await lab.untilRouted([1]);
  expect(performance.now() - start).toBeLessThan(4000);
  await daemon.log.next(/LEAKS/);
  expect(daemon.log.matching(/LEAKS/)).toHaveLength(1);
});

test("check finds the strict filter that keeps the own exit unknown while gateways are in use", async () => {
  const lab = await openLab({ gateways: 2 });
  await Exits.open(lab);
  const flags = { ...FLAGS, "exit-check-period": "1s" };
  lab.router.tune({ "ipv4/conf/all/rp_filter": 0, "ipv4/conf/wan0/rp_filter": 1 });
  const daemon = lab.start(flags);
  await lab.untilRouted([1, 2]);
  await daemon.log.next(/cannot determine this router's own public address: .*timeout/);
  const isWithoutAnswers = (state: string): boolean => !state.includes("18255");
  await lab.until("what lets answers in to be removed", () => lab.snapshot(), isWithoutAnswers);
  const [found] = (await check(lab, flags)).about("rp_filter").filter(({ level }) => level === "error");
  expect(found!.message).toContain("strict (1) on wan0");
  expect(found!.remedy).toContain("net.ipv4.conf.wan0.rp_filter=2");
  lab.router.tune({ "ipv4/conf/all/rp_filter": 2, "ipv4/conf/wan0/rp_filter": 2 });
  await daemon.log.next(new RegExp(`this router's own public address: ${OWN_EXIT}`));
  expect((await check(lab, flags)).about("rp_filter").filter(({ level }) => level === "error")).toEqual([]);
});
