/** What check, plan and explain say of packets that come out beyond the gateways: exit checks, and look-ups at a service. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Level } from "../../src/diagnose/finding.ts";
import type { ServicePlan } from "../../src/diagnose/planned.ts";
import { check } from "./lab/check.ts";
import { WITHOUT_EXECUTABLE_MEMORY } from "./lab/executable.ts";
import { Exits, exitOf, inPlainText, OWN_EXIT, SERVICE } from "./lab/exits.ts";
import { addressOf, openDdnsLab, openLab, refusing } from "./lab/index.ts";
import { expectPlanAgrees, planOf } from "./lab/plan.ts";

setDefaultTimeout(60_000);

const EXIT_CHECK = { "exit-check": `http://${SERVICE}/`, "exit-check-period": "1s" };
const AT_SERVICE = {
  "public-ip-service-hostname": SERVICE,
  "public-ip-service-scheme": "http",
  "public-ip-service-port": 80,
  "public-ip-service-path": "/",
};

async function openExits() {
  const lab = await openLab({ gateways: 2 });
  return { lab, exits: await Exits.open(lab) };
}

describe("look-ups at a service", () => {
  test("check and plan ask through each gateway, and leave no rule", async () => {
    const { lab, ddns } = await openDdnsLab();
    const exits = await Exits.open(lab);
    const { about } = await check(lab, AT_SERVICE, {}, ddns.start.bind(ddns));
    expect(about("public address").map(({ message }) => message)).toEqual(
      [1, 2, 3].map((gateway) => `${addressOf(gateway)} has ${exitOf(gateway)}`),
    );
    const { stdout } = await ddns.start({ ...AT_SERVICE, json: true }, { command: ["plan"] }).ended();
    expect((JSON.parse(stdout) as ServicePlan).ddns!.changes.join("\n")).toContain(exitOf(3));
    expect(exits.clients.toSorted()).toEqual([1, 1, 2, 2, 3, 3].map(exitOf));
    expect(await lab.router.ip("rule", "show")).not.toContain("fwmark");
  });

  test("where packets cannot be marked, plan asks over the usual routes as the service does, and says so", async () => {
    const { lab, ddns } = await openDdnsLab();
    await Exits.open(lab);
    const { status, stdout } = await ddns
      .start({ ...AT_SERVICE, json: true }, { command: ["plan"], wrapper: WITHOUT_EXECUTABLE_MEMORY })
      .ended();
    expect(status).toBe(0);
    const { kernel, ddns: planned } = JSON.parse(stdout) as ServicePlan;
    expect(planned!.remarks[0]).toMatch(/cannot call the C library.*will be wrong and change/);
    expect(planned!.changes.join("\n")).toContain(OWN_EXIT);
    expect(kernel.commands.join("\n")).not.toContain("fwmark");
  });

  test("check and plan judge a gateway by its address with -public-ip-required", async () => {
    const { lab, exits } = await openExits();
    exits.reply = (client) => ({ status: 200, body: client === exitOf(2) ? '{"ip":""}' : client });
    const flags = { ...AT_SERVICE, "public-ip-required": true, timeout: "2s", "check-period": "5s" };
    const { about } = await check(lab, flags);
    expect(about(`gateway ${addressOf(1)}`)[0]!.level).toBe("ok");
    expect(about(`gateway ${addressOf(2)}`)[0]!.message).toContain("no public address");
    const { gateways } = await planOf(lab, { flags });
    expect(gateways.map(({ healthy }) => healthy)).toEqual([true, false]);
    expect(exits.clients).not.toContain(OWN_EXIT);
  });
});

describe("exit checks", () => {
  test("plan leaves out a gateway that leaks, as the service does", async () => {
    const { lab, exits } = await openExits();
    await exits.startLeak(2);
    const flags = { ...EXIT_CHECK, "min-healthy": 2 };
    const before = await planOf(lab, { flags });
    expect(before.gateways.map(({ healthy, active }) => [healthy, active])).toEqual([
      [true, true],
      [false, false],
    ]);
    expect(before.gateways[1]!.detail).toBe(`leaking: its exit address ${OWN_EXIT} is that of this router itself`);
    expect(before.kernel.commands.join("\n")).toMatch(
      /^ip rule add pref 101 from all fwmark 0xad0000ff\/0xff0000ff lookup 254 protocol 173$/m,
    );
    const daemon = lab.start(flags);
    await lab.untilRouted([1]);
    await expectPlanAgrees(lab, daemon);
    await exits.endLeak(2);
    await lab.untilRouted([1, 2]);
    await expectPlanAgrees(lab, daemon);
  });

  test("check reports the exit of each gateway, one that leaks, and exits that are shared", async () => {
    const { lab, exits } = await openExits();
    const sound = await check(lab, EXIT_CHECK);
    expect(sound.about("own exit")[0]).toMatchObject({ level: "ok", message: expect.stringContaining(OWN_EXIT) });
    expect(sound.about(`exit ${addressOf(1)}`)[0]).toMatchObject({
      level: "ok",
      message: expect.stringContaining(exitOf(1)),
    });
    exits.reply = (client) => ({ status: 200, body: client === OWN_EXIT ? client : exitOf(1) });
    expect((await check(lab, EXIT_CHECK)).about(`exit ${addressOf(1)}`)[0]).toMatchObject({
      level: "warning",
      message: expect.stringContaining(`${exitOf(1)}, the same as ${addressOf(2)}`),
    });
    exits.reply = inPlainText;
    await exits.startLeak(2);
    const leak = await check(lab, EXIT_CHECK);
    expect(leak.about(`exit ${addressOf(2)}`)[0]).toMatchObject({
      level: "error",
      message: expect.stringContaining("so it leaks"),
    });
    expect(leak.about("rules 100 to 103")[0]!.level).toBe("ok");
  });

  test.each<[string, Level[]]>([
    ["any", ["ok"]],
    ["all", []],
  ])(
    "check asks through gateways that only targets beyond find up with -through-require %s",
    async (require, levels) => {
      const { lab } = await openExits();
      for (const gateway of lab.gateways) gateway.becomes(refusing);
      const flags = { ...EXIT_CHECK, through: `tcp:${SERVICE}:80`, "through-require": require };
      expect((await check(lab, flags)).about(`exit ${addressOf(1)}`).map(({ level }) => level)).toEqual(levels);
    },
  );

  test("check warns where no service answers, and says where nothing can leak", async () => {
    const { lab, exits } = await openExits();
    exits.reply = () => ({ status: 503, body: "" });
    const failing = await check(lab, EXIT_CHECK);
    expect(failing.about("own exit")[0]).toMatchObject({
      level: "warning",
      message: expect.stringContaining("status 503"),
    });
    expect(failing.about(`exit ${addressOf(1)}`)[0]).toMatchObject({
      level: "warning",
      message: expect.stringContaining("status 503"),
    });
    await lab.router.ip("route", "delete", "default");
    expect((await check(lab, EXIT_CHECK)).about("own exit")[0]).toMatchObject({
      level: "ok",
      message: expect.stringContaining("nothing can leak"),
    });
  });

  test("explain shows the rules with the marks, and how the questions get to the service", async () => {
    const { lab } = await openExits();
    const daemon = lab.start(EXIT_CHECK);
    await lab.untilRouted([1, 2]);
    const { status, stdout } = await lab.start({ ...daemon.flags }, { command: ["explain", SERVICE] }).ended();
    expect(status).toBe(0);
    const text = stdout.replaceAll(/\s+/g, " ");
    expect(text).toContain(`${SERVICE} goes through the gateways: -route 0.0.0.0/0 covers it`);
    expect(text).toContain("100: not from all fwmark 0xad000000/0xff000000 goto 102 continues there");
    expect(text).toContain(
      "exit checks to it have the marks 0xad000001 to 0xad000002, each of which leads through its gateway, by table 18001 to 18002; the one past all gateways has 0xad0000ff, by table main",
    );
  });
});
