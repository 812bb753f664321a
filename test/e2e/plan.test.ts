/** The plan command: it prints what the service then does, and changes nothing itself. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { ServicePlan } from "../../src/diagnose/format-plan.ts";
import {
  addressOf,
  answering,
  type Daemon,
  type Lab,
  openDdnsLab,
  openLab,
  publicOf,
  refusing,
  ROUTER,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

type How = Parameters<Lab["start"]>;

/** Runs the command on the lab's router, and expects that nothing in the kernel is changed, not even for a moment. */
async function plan(lab: Lab, flags: How[0] = {}, start = lab.start.bind(lab)): Promise<ServicePlan> {
  const monitor = await lab.monitor();
  const before = await lab.snapshot();
  const { status, output, complaint } = await start({ json: true, ...flags }, { command: ["plan"] }).ended();
  expect({ status, complaint }).toEqual({ status: 0, complaint: "" });
  expect(await lab.snapshot()).toBe(before);
  const mark = ["rule", "add", "pref", "9999", "to", "203.0.113.9", "lookup", "main"];
  await lab.router.ip(...mark);
  await monitor.events.next(/9999/);
  await lab.router.ip("rule", "del", "pref", "9999");
  expect(monitor.events.matching(/^\[(ROUTE|RULE|ADDR)\]/).filter(({ text }) => !text.includes("9999"))).toEqual([]);
  return JSON.parse(output) as ServicePlan;
}

/** The commands that the service has run, by its log. */
function commandsOf(daemon: Daemon, since = 0): string[] {
  return daemon.log.matching(/msg="ip (route|rule) /, since).map(({ text }) => /msg="([^"]*)"/.exec(text)![1]!);
}

/** Plans, starts the service, and expects that it runs exactly the planned commands. */
async function startAsPlanned(lab: Lab, flags: How[0] = {}): Promise<{ planned: ServicePlan; daemon: Daemon }> {
  const planned = await plan(lab, flags);
  const daemon = lab.start(flags);
  await daemon.untilReady();
  expect(commandsOf(daemon)).toEqual([...planned.kernel.commands]);
  return { planned, daemon };
}

describe("in the kernel", () => {
  test("a first start runs the planned commands, with gateways that fail and others that cannot be used", async () => {
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

  test("nothing is planned beside a settled service, which does not notice the command", async () => {
    const lab = await openLab();
    const { daemon } = await startAsPlanned(lab);
    const mark = daemon.log.mark();
    const again = await plan(lab);
    expect(again).toMatchObject({ running: true, kernel: { commands: [], cleaning: [], obstacles: [] }, ddns: null });
    expect(commandsOf(daemon, mark)).toEqual([]);
  });

  test("after a kill the plan keeps the slots of a pool that has lost a gateway, and adds other exclusions", async () => {
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
      `ip route replace default table 180 proto 173 ${[1, 2, 3].map((number) => `nexthop via ${addressOf(number)}`).join(" ")}`,
    ]);
  });

  test("a start with another table removes what is planned, a few seconds later", async () => {
    const lab = await openLab({ gateways: 1 });
    const { daemon } = await startAsPlanned(lab);
    const other = { "first-routing-table-id": 181, "first-rule-preference": 10889, "metrics-port": 9091 };
    expect((await plan(lab, other)).kernel.cleaning).toEqual([]); // it runs
    await daemon.kill();
    const { planned, daemon: next } = await startAsPlanned(lab, other);
    expect(planned.kernel.cleaning[0]).toBe("ip rule del pref 10888 from all lookup 180 protocol 173");
    await next.log.next(new RegExp(`removed ${planned.kernel.cleaning.length} `));
    expect(await lab.routes(180)).toEqual([]);
  });

  test("a route of another program in the place of the managed one is named as an obstacle", async () => {
    const lab = await openLab({ gateways: 1 });
    await lab.router.ip("route", "add", "default", "via", "10.88.0.1", "table", "180");
    const { kernel } = await plan(lab);
    expect(kernel.obstacles).toEqual([
      "another program holds route 0.0.0.0/0; no rule leads into the table until it is gone",
    ]);
    expect(kernel.commands.filter((command) => command.startsWith("ip rule"))).toEqual([]);
  });
});

describe("at the DNS provider", () => {
  test("the service makes the planned changes", async () => {
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

  test("nothing is planned without the required address or without the provider, and the reason is named", async () => {
    const { lab, ddns } = await openDdnsLab();
    const start = ddns.start.bind(ddns);
    const standby = await plan(lab, { "ddns-require-ip-address": "10.77.0.200" }, start);
    expect(standby.ddns).toMatchObject({ changes: [] });
    expect(standby.ddns!.remarks[0]).toContain("10.77.0.200");
    expect((await plan(lab, { "ddns-require-ip-address": ROUTER }, start)).ddns!.changes).toHaveLength(3);
    ddns.disconnect();
    expect((await plan(lab, {}, start)).ddns!.remarks[0]).toContain("cannot be reached");
  });

  test("an unknown public address is named", async () => {
    const { lab, ddns } = await openDdnsLab();
    ddns.service(2).becomes(refusing);
    const { changes, remarks } = (await plan(lab, {}, ddns.start.bind(ddns))).ddns!;
    expect(changes).toHaveLength(2);
    expect(remarks).toEqual([`the public address of ${addressOf(2)} is not known: connection refused`]);
  });
});

test("the text for people is a list of commands", async () => {
  const lab = await openLab({ gateways: 2 });
  lab.gateway(2).becomes(refusing);
  const { status, output } = await lab.start({}, { command: ["plan"] }).ended();
  expect(status).toBe(0);
  expect(output).toStartWith(
    "1 of 2 gateways are healthy; no instance manages table 180\n  10.77.0.12 is not healthy: connection refused\n\nin the kernel:\n  ip route add throw ",
  );
  expect(output).toContain(`\n  ip route replace default table 180 proto 173 nexthop via ${addressOf(1)}\n`);
});

test("a missing ip is reported with status 1, and a wrong command line with status 2", async () => {
  const lab = await openLab({ gateways: 1 });
  const missing = await lab.start({}, { command: ["plan"], env: { PATH: "/nowhere" } }).ended();
  expect({ status: missing.status, named: missing.complaint.includes("iproute2") }).toEqual({ status: 1, named: true });
  const wrong = await lab.start({ timeout: "5" }, { command: ["plan"] }).ended();
  expect({ status: wrong.status, named: wrong.complaint.includes("5s") }).toEqual({ status: 2, named: true });
});
