/** Routes of other programs in the tables of the service: it reports which packets take them past the kill switch, or would. */
import { expect, setDefaultTimeout, test } from "bun:test";

import type { Status } from "../../src/status/schema.ts";
import { check } from "./lab/check.ts";
import { CALM, openLab, refusing } from "./lab/index.ts";

setDefaultTimeout(60_000);

const FLAGS = { ...CALM, "when-no-gateways": "unreachable" };

test("a narrower route that leads past the kill switch is named in status, metrics, log and check, and its end as well", async () => {
  const lab = await openLab({ deviceDefault: true });
  const daemon = lab.start(FLAGS);
  await lab.untilRouted([1, 2, 3]);
  for (const gateway of lab.gateways) gateway.becomes(refusing);
  await lab.untilRouted([]);
  await lab.router.ip("route", "add", "8.0.0.0/7", "dev", "wan0", "table", "180");
  expect(await lab.localRoute("8.8.8.8")).toMatchObject({ dev: "wan0", table: "180" });

  const { text } = await daemon.log.next(/a route of another program comes first/);
  const effect = "route 8.0.0.0/7 dev wan0 in table 180: packets to 8.0.0.0/7 use it";
  expect(text).toContain(effect);
  await daemon.untilMetrics("the route", (it) => it.value("preceding_rules_count", { extent: "some" }) === 1);
  const { stdout } = await lab.start({ json: true }, { command: ["status"] }).ended();
  const { why, routing } = JSON.parse(stdout) as Status;
  expect(why).toContain(`packets are rejected (-when-no-gateways unreachable), except by ${effect}`);
  expect(routing.precedingRules).toMatchObject([{ extent: "some", networks: ["8.0.0.0/7"] }]);
  const [finding] = (await check(lab, FLAGS)).about("table 180");
  expect(finding).toMatchObject({ level: "error", message: expect.stringContaining("packets to 8.0.0.0/7 use it") });
  await daemon.untilRounds(3);
  expect(daemon.log.matching(/a route of another program comes first/)).toHaveLength(1);

  await lab.router.ip("route", "delete", "8.0.0.0/7", "table", "180");
  await daemon.log.next(/a route of another program no longer keeps packets .*: route 8\.0\.0\.0\/7 dev wan0/);
  await daemon.untilMetrics("no route", (it) => it.value("preceding_rules_count", { extent: "some" }) === 0);
});

test("a route in a table for probes takes none of them: it is named in the log, the status and check, and its end as well", async () => {
  const lab = await openLab({ beyond: true });
  const flags = { ...CALM, through: "icmp:1.1.1.1,9.9.9.9" };
  const daemon = lab.start(flags);
  await lab.untilRouted([1, 2, 3]);
  await lab.router.ip("route", "add", "1.1.1.1", "via", lab.gateways[0]!.address, "table", "18002");
  await lab.untilRouted([1, 3]);

  const named = "cannot set rule 101 for probes through table 18002";
  const { text } = await daemon.log.next(/cannot set rule 101/);
  expect(text).toContain(`${named}: another program has a unicast route of protocol 3 via ${lab.gateways[0]!.address}`);
  expect(text).toContain("1.1.1.1/32 in that table; remove it, or choose another -first-probe-table-id");
  const { stdout } = await lab.start({ json: true }, { command: ["status"] }).ended();
  expect(JSON.stringify(JSON.parse(stdout) as Status)).toContain("rule 101 for probes through table 18002");
  const [finding] = (await check(lab, flags)).about("tables 18001 to 18003");
  expect(finding).toMatchObject({ level: "error", message: expect.stringContaining("no rule leads probes there") });

  expect((await lab.start(flags, { command: ["plan"] }).ended()).stdout.replaceAll(/\s+/g, " ")).toContain(named);

  await lab.router.ip("route", "delete", "1.1.1.1", "table", "18002");
  await lab.untilRouted([1, 2, 3]);
  expect(daemon.log.matching(/cannot set/)).toHaveLength(1);
});
