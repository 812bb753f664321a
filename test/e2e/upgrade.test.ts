/**
 * The first start after an upgrade: it takes over what the released version has left in the kernel, with the same flags and
 * then with the file that `config` prints of them. See lab/released.ts for where that comes from.
 */
import { expect, setDefaultTimeout, test } from "bun:test";

import { CALM, type Daemon, type Lab, openLab } from "./lab/index.ts";
import { Connections } from "./lab/connections.ts";
import { flagArguments } from "./lab/executable.ts";
import { leaveReleased, type Past, RELEASED } from "./lab/released.ts";

setDefaultTimeout(120_000);

const THROUGH = { through: "icmp:1.1.1.1,9.9.9.9", "through-period": "1s", "through-timeout": "1s" };
const CLOSED = { "when-no-gateways": "unreachable" };

const PASTS: readonly (Past & { readonly gateways: number })[] = [
  { name: "killed", gateways: 3, flags: CALM },
  { name: "kept", gateways: 3, flags: { ...CALM, "on-exit": "keep" } },
  { name: "after-failures", gateways: 6, flags: CALM, failures: [[2], [2, 4], [2, 4, 5], [4, 5], [5]] },
  {
    name: "kill-switch",
    gateways: 4,
    flags: { ...CALM, ...CLOSED, "exclude-cidr": ["9.9.9.0/24", "1.1.1.1/32"], route: ["8.0.0.0/7", "1.0.0.0/8"] },
    failures: [[3]],
  },
  { name: "through", gateways: 3, flags: { ...CALM, ...THROUGH }, failures: [[1]] },
  { name: "through-and-kill-switch", gateways: 3, flags: { ...CALM, ...THROUGH, ...CLOSED } },
  {
    name: "other-places",
    gateways: 3,
    flags: { ...CALM, "first-routing-table-id": 300, "first-rule-preference": 9000, "on-exit": "keep" },
  },
  { name: "quorum", gateways: 4, flags: { ...CALM, "min-healthy": 3, "min-healthy-policy": "keep" }, failures: [[1]] },
  { name: "one-left", gateways: 3, flags: CALM, failures: [[1], [1, 3]] },
];

test.each(PASTS)("an upgrade moves no flow and changes no rule or route: $name", async ({ gateways, ...past }) => {
  const lab = await openLab({ gateways });
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
  const before = await lab.snapshot();
  await leaveReleased(lab, past);

  const left = await lab.snapshot();
  const flows = await lab.traffic.survey(400);
  const connections = await Connections.open(lab, 50);
  const reached = await connections.ask(lab);
  const stream = await lab.traffic.stream({ flows: 64, packetsPerSecond: 2000, limit: 1_000_000 });
  const monitor = await lab.monitor();

  const expectUntouched = async (daemon: Daemon): Promise<void> => {
    await daemon.untilReady();
    await daemon.untilRounds(3);
    await monitor.caughtUp();
    expect(monitor.events.matching(/^\[(RULE|ROUTE)\]/).filter(({ text }) => !text.includes("table 9999"))).toEqual([]);
    expect(await lab.snapshot()).toBe(left);
    expect(await lab.traffic.survey(400)).toEqual(flows);
    expect(await connections.ask(lab)).toEqual(reached);
  };
  const upgraded = lab.start(past.flags);
  await expectUntouched(upgraded);
  await end(upgraded);
  const withFile = await startWithEqualFile(lab, upgraded);
  await expectUntouched(withFile);

  const { lost, arrived } = await stream.stop();
  expect({ lost, pastGateways: arrived["upstream"] }).toEqual({ lost: 0, pastGateways: undefined });
  if (past.flags["on-exit"] === "keep") return;
  await withFile.stop();
  expect(await lab.snapshot()).toBe(before);
});

const beside = RELEASED === undefined ? "needs scripts/test-upgrade, which gives the released version: " : "";

test.skipIf(RELEASED === undefined)(`${beside}the released version takes over what a newer one left`, async () => {
  const lab = await openLab();
  const flags = { ...CALM, ...CLOSED };
  const newer = lab.start(flags);
  await lab.untilRouted([1, 2, 3]);
  const left = await lab.snapshot();
  const monitor = await lab.monitor();
  await newer.kill();
  const older = lab.start(flags, { executable: RELEASED! });
  await older.untilReady();
  await older.untilRounds(3);
  await monitor.caughtUp();
  expect(monitor.events.matching(/^\[(RULE|ROUTE)\]/).filter(({ text }) => !text.includes("table 9999"))).toEqual([]);
  expect(await lab.snapshot()).toBe(left);
});

/** Ends it as an upgrade does where routes are kept, or as a crash does. */
async function end(daemon: Daemon): Promise<void> {
  if (daemon.flags["on-exit"] === "keep") await daemon.stop();
  else await daemon.kill();
}

/** Starts the service with the file that `config` prints for the flags of another run. */
async function startWithEqualFile(lab: Lab, { flags }: Daemon): Promise<Daemon> {
  const { status, stdout, stderr } = await lab.run(["config", ...flagArguments(flags)]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return lab.startWithFile(stdout);
}
