/** The plan command with IPv6: it prints what the service then runs in both families, and nothing beside a settled one. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { expectPlanAgrees, planOf } from "./lab/plan.ts";
import {
  address6Of,
  addressOf,
  answering,
  CALM,
  type Daemon,
  INTERNET6,
  openLab,
  refusing,
  snapshot6,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

const NUMBERS = [1, 2, 3];
const BOTH = {
  gateway: NUMBERS.map((number) => `${addressOf(number)}+${address6Of(number)}`),
  route: ["default", "default6"],
  "exclude-cidr": ["9.0.0.0/8", "2606:4700::/32"],
  "check-period": "500ms",
  timeout: "500ms",
};

/** The commands that the service has run, by its log, those of each family in their order. */
function commandsOf({ log }: Daemon): string[][] {
  const lines = log.matching(/msg="(IPv[46]: )?ip /);
  return inFamilies(lines.map(({ text }) => /msg="(?:IPv[46]: )?([^"]*)"/.exec(text)![1]!));
}

/** The families take turns as they please. */
function inFamilies(commands: readonly string[]): string[][] {
  const isIpv6 = (line: string): boolean => /^ip (-6|nexthop) |:.*table/.test(line);
  return [commands.filter((line) => !isIpv6(line)), commands.filter(isIpv6)];
}

test("the plan of both families is what the service then runs, and changes nothing through losses in either of them", async () => {
  const lab = await openLab({ ipv6: true });
  lab.gateway(1).becomes(refusing);
  lab.gateway6(2).becomes(refusing);
  const [before, before6] = [await lab.snapshot(), await snapshot6(lab.router)];
  const planned = await planOf(lab, { flags: BOTH });
  expect([await lab.snapshot(), await snapshot6(lab.router)]).toEqual([before, before6]);
  const healthy = planned.gateways.map(({ address, healthy }) => [address, healthy]);
  expect(healthy).toEqual([
    ...NUMBERS.map((number) => [addressOf(number), number !== 1]),
    ...NUMBERS.map((number) => [address6Of(number), number !== 2]),
  ]);

  const daemon = lab.start({ ...BOTH, ...CALM });
  await daemon.untilReady();
  await lab.untilRouted([2, 3]);
  await lab.untilRouted6([1, 3]);
  await expectPlanAgrees(lab, { flags: BOTH });
  expect(commandsOf(daemon)).toEqual(inFamilies(planned.kernel.commands));

  lab.gateway6(2).becomes(answering(200));
  await lab.untilRouted6([1, 2, 3]);
  await expectPlanAgrees(lab, { flags: BOTH });
  for (const number of NUMBERS) lab.gateway6(number).becomes(refusing);
  await lab.untilRouted6([]);
  await lab.untilRouted([2, 3]);
  await expectPlanAgrees(lab, { flags: BOTH });
  lab.gateway6(3).becomes(answering(200));
  await lab.untilRouted6([3]);
  await daemon.kill();
  await expectPlanAgrees(lab, { flags: BOTH });

  const text = (await lab.start(BOTH, { command: ["plan"] }).ended()).stdout;
  expect(text).toStartWith(
    "2 of 3 gateways are healthy in IPv4, 1 of 3 in IPv6; no instance manages table 180\n  10.77.0.11 is not healthy: connection refused\n  fd00:77::11 is not healthy: connection refused\n",
  );
  expect(text).toContain("in the kernel:\n  nothing to change");
});

test("the plan of IPv6 alone has commands that people can run", async () => {
  const lab = await openLab({ ipv6: true });
  const flags = {
    "start-ip": address6Of(1),
    "end-ip": address6Of(3),
    route: "::/0",
    "when-no-gateways": "unreachable",
    ...CALM,
  };
  const { kernel } = await planOf(lab, { flags });
  for (const command of kernel.commands) await lab.router.ip(...command.split(" ").slice(1));
  await lab.untilRouted6([1, 2, 3]);
  expect((await planOf(lab, { flags })).kernel.commands).toEqual([]);
});

test("the plan has the rules and routes for probes of both families that the service then makes, and leaves none of its own", async () => {
  const lab = await openLab({ ipv6: true });
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
  const flags = { ...BOTH, through: `icmp:1.1.1.1,${INTERNET6}` };
  const before6 = await snapshot6(lab.router);
  const planned = await planOf(lab, { flags });
  expect(await snapshot6(lab.router)).toBe(before6);
  expect(planned.gateways.filter(({ healthy }) => !healthy)).toEqual([]);
  const daemon = lab.start(flags);
  await daemon.untilReady();
  await lab.untilRouted6(NUMBERS);
  await expectPlanAgrees(lab, { flags });
  const [made, expected] = [commandsOf(daemon), inFamilies(planned.kernel.commands)];
  expect(made.map((commands) => commands.toSorted())).toEqual(expected.map((commands) => commands.toSorted()));
  const explained = await lab.start({ ...flags, json: true }, { command: ["explain", INTERNET6] }).ended();
  expect(JSON.parse(explained.stdout)).toMatchObject({
    ...{ deviation: null, unexplained: false },
    probes: {
      paths: NUMBERS.map((number) => ({ gateway: address6Of(number), mark: `0xad00000${number}`, present: true })),
    },
  });
});
