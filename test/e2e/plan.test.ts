/** The plan command: it prints the changes that the service then makes, and makes none itself. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { ServicePlan } from "../../src/diagnose/planned.ts";
import {
  addressOf,
  answering,
  type Daemon,
  type Lab,
  openDdnsLab,
  CALM,
  openLab,
  publicOf,
  refusing,
  ROUTER,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

type Flags = Parameters<Lab["start"]>[0];

/** Runs the command on the lab's router, and expects no change of rules, routes or addresses, not even a temporary one. */
async function plan(lab: Lab, flags: Flags = {}, start = lab.start.bind(lab)): Promise<ServicePlan> {
  const monitor = await lab.monitor();
  const before = await lab.snapshot();
  const { status, stdout, stderr } = await start({ json: true, ...flags }, { command: ["plan"] }).ended();
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(await lab.snapshot()).toBe(before);
  const mark = ["rule", "add", "pref", "9999", "to", "203.0.113.9", "lookup", "main"];
  await lab.router.ip(...mark);
  await monitor.events.next(/9999/);
  await lab.router.ip("rule", "del", "pref", "9999");
  expect(monitor.events.matching(/^\[(ROUTE|RULE|ADDR)\]/).filter(({ text }) => !text.includes("9999"))).toEqual([]);
  return JSON.parse(stdout) as ServicePlan;
}

/** The `ip` commands that the service has run, by its log. */
function commandsOf(daemon: Daemon, since = 0): string[] {
  return daemon.log.matching(/msg="ip (route|rule) /, since).map(({ text }) => /msg="([^"]*)"/.exec(text)![1]!);
}

/** Runs the plan command, starts the service, and expects that it runs exactly the planned commands. */
async function startAsPlanned(lab: Lab, flags: Flags = {}): Promise<{ planned: ServicePlan; daemon: Daemon }> {
  const planned = await plan(lab, flags);
  const daemon = lab.start({ ...CALM, ...flags });
  await daemon.untilReady();
  expect(commandsOf(daemon)).toEqual([...planned.kernel.commands]);
  return { planned, daemon };
}

describe("the plan of kernel changes", () => {
  test("is what a first start does, with failed gateways and one that cannot be a nexthop", async () => {
    const lab = await openLab({ gateways: 4 });
    lab.gateway(2).becomes(refusing);
    lab.gateway(3).becomes(answering(503));
    await lab.router.ip("address", "add", `${addressOf(5)}/32`, "dev", "lo");
    lab.serve(lab.router, addressOf(5));
    const flags = { "end-ip": addressOf(5), "exclude-cidr": "9.0.0.0/8", route: ["default", "1.0.0.0/8"] };
    const { planned } = await startAsPlanned(lab, flags);
    expect(planned.running).toBe(false);
    expect(planned.kernel.commands.at(-1)).toBe("ip rule add pref 10888 from all lookup 180 protocol 173");
    expect(planned.kernel.commands).toContain("ip route add throw 9.0.0.0/8 table 180 proto 173");
    expect(planned.gateways.map(({ active }) => active)).toEqual([true, false, false, true, false]);
    expect(planned.gateways.map(({ healthy }) => healthy)).toEqual([true, false, false, true, true]);
    expect(planned.gateways[4]!.leftOut).toContain("this machine itself");
  });

  test("is empty while the service runs and has no repairs to make, and plan does not disturb the service", async () => {
    const lab = await openLab();
    const { daemon } = await startAsPlanned(lab);
    const mark = daemon.log.mark();
    const again = await plan(lab);
    expect(again).toMatchObject({ running: true, kernel: { commands: [], cleaning: [], obstacles: [] }, ddns: null });
    expect(commandsOf(daemon, mark)).toEqual([]);
  });

  test("keeps the slots of a killed service, and adds a gateway and an exclusion to them", async () => {
    const lab = await openLab();
    const { daemon } = await startAsPlanned(lab);
    lab.gateway(2).becomes(refusing);
    await lab.untilRouted([1, 3]);
    await daemon.kill();
    expect((await plan(lab)).kernel.commands).toEqual([]);
    lab.gateway(2).becomes(answering(200));
    const { planned } = await startAsPlanned(lab, { "exclude-cidr": "9.0.0.0/8" });
    expect(planned.kernel.commands).toEqual([
      "ip route add throw 9.0.0.0/8 table 180 proto 173",
      `ip route replace default table 180 proto 173 ${[1, 2, 3].map((number) => `nexthop via ${addressOf(number)} dev gw0`).join(" ")}`,
    ]);
  });

  test("lists what a start with another table removes of a killed service", async () => {
    const lab = await openLab({ gateways: 1 });
    const { daemon } = await startAsPlanned(lab);
    const other = { "first-routing-table-id": 181, "first-rule-preference": 10889, "metrics-port": 9091 };
    expect((await plan(lab, other)).kernel.cleaning).toEqual([]); // the first one still runs
    await daemon.kill();
    const { planned, daemon: next } = await startAsPlanned(lab, other);
    expect(planned.kernel.cleaning[0]).toBe("ip rule del pref 10888 from all lookup 180 protocol 173");
    await next.log.next(new RegExp(`removed ${planned.kernel.cleaning.length} `));
    expect(await lab.routes(180)).toEqual([]);
  });

  test("names a foreign route that blocks the managed one, and adds no rule", async () => {
    const lab = await openLab({ gateways: 1 });
    await lab.router.ip("route", "add", "default", "via", "10.88.0.1", "table", "180");
    const { kernel } = await plan(lab);
    expect(kernel.obstacles).toEqual([
      "another program holds route 0.0.0.0/0; no rule leads into the table until it is gone",
    ]);
    expect(kernel.commands.filter((command) => command.startsWith("ip rule"))).toEqual([]);
  });
});

describe("the plan of DNS changes", () => {
  test("is what the service then does at the provider", async () => {
    const { lab, ddns } = await openDdnsLab();
    ddns.dynu.put({ nodeName: "gw", content: publicOf(1), ttl: 5 });
    ddns.dynu.put({ nodeName: "gw", content: "9.9.9.9" });
    const start = ddns.start.bind(ddns);
    const planned = await plan(lab, {}, start);
    expect(planned.ddns).toEqual({
      hostname: ddns.dynu.hostname,
      provider: "DynuDNS",
      changes: [
        `correct ${publicOf(1)}, time to live 5s to 60s`,
        `change 9.9.9.9 to ${publicOf(2)}`,
        `add ${publicOf(3)}, with a time to live of 60s`,
      ],
      remarks: [],
    });
    expect(ddns.writes()).toEqual([]);
    ddns.start();
    await ddns.untilReadBack([1, 2, 3]);
    expect(ddns.writes().map(({ call }) => call)).toEqual(["change", "change", "add"]);
    expect((await plan(lab, {}, start)).ddns!.changes).toEqual([]);
  });

  test("is empty with a remark when the required address is missing or the provider cannot be reached", async () => {
    const { lab, ddns } = await openDdnsLab();
    const start = ddns.start.bind(ddns);
    const standby = await plan(lab, { "ddns-require-ip-address": "10.77.0.200" }, start);
    expect(standby.ddns).toMatchObject({ changes: [] });
    expect(standby.ddns!.remarks[0]).toContain("10.77.0.200");
    expect((await plan(lab, { "ddns-require-ip-address": ROUTER }, start)).ddns!.changes).toHaveLength(3);
    ddns.disconnect();
    expect((await plan(lab, {}, start)).ddns!.remarks[0]).toContain("cannot be reached");
  });

  test("has a remark for a gateway whose public address cannot be determined", async () => {
    const { lab, ddns } = await openDdnsLab();
    ddns.service(2).becomes(refusing);
    const { changes, remarks } = (await plan(lab, {}, ddns.start.bind(ddns))).ddns!;
    expect(changes).toHaveLength(2);
    expect(remarks).toEqual([`the public address of ${addressOf(2)} is not known: connection refused`]);
  });
});

test("plan without -json prints a list of commands", async () => {
  const lab = await openLab({ gateways: 2 });
  lab.gateway(2).becomes(refusing);
  const { status, stdout } = await lab.start({}, { command: ["plan"] }).ended();
  expect(status).toBe(0);
  expect(stdout).toStartWith(
    "1 of 2 gateways are healthy; no instance manages table 180\n  10.77.0.12 is not healthy: connection refused\n\nin the kernel:\n  ip route add throw ",
  );
  expect(stdout).toContain(`\n  ip route replace default table 180 proto 173 nexthop via ${addressOf(1)} dev gw0\n`);
});

test("plan exits with status 1 when ip is missing, and with status 2 for a wrong command line", async () => {
  const lab = await openLab({ gateways: 1 });
  const missing = await lab.start({}, { command: ["plan"], env: { PATH: "/nowhere" } }).ended();
  expect(missing).toMatchObject({ status: 1, stderr: expect.stringContaining("iproute2") });
  const wrong = await lab.start({ timeout: "5" }, { command: ["plan"] }).ended();
  expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining("5s") });
});
