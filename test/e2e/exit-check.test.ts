/** Exits of gateways: with which address packets come out beyond them. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { Exits, exitOf, inPlainText, OWN_EXIT, SERVICE, startWithLeak } from "./lab/exits.ts";
import { addressOf, type Daemon, type Lab, openLab, openReceiver, runExecutable } from "./lab/index.ts";

setDefaultTimeout(60_000);

const FLAGS = { "exit-check": `http://${SERVICE}/`, "exit-check-period": "1s" };

interface Exit {
  readonly address: string | null;
  readonly leaking: boolean;
  readonly sharedWith: readonly string[];
}

async function exitsIn(daemon: Daemon): Promise<Exit[]> {
  const { body } = await daemon.get("/api/v1/status");
  return (JSON.parse(body) as { gateways: { exit: Exit }[] }).gateways.map(({ exit }) => exit);
}

async function open(): Promise<{ lab: Lab; exits: Exits }> {
  const lab = await openLab({ gateways: 2 });
  return { lab, exits: await Exits.open(lab) };
}

test("each gateway is shown with its exit address, and a change of it as well", async () => {
  const { lab, exits } = await open();
  const daemon = lab.start(FLAGS);
  await lab.untilRouted([1, 2]);
  expect((await exitsIn(daemon)).map(({ address }) => address)).toEqual([exitOf(1), exitOf(2)]);
  expect(new Set(exits.clients)).toEqual(new Set([OWN_EXIT, exitOf(1), exitOf(2)]));
  await exits.setExit(2, "5.0.1.2");
  await daemon.log.next(/exit address of 10\.77\.0\.12: 5\.0\.1\.2 \(was 5\.0\.0\.2\)/);
  await exits.setExit(2, exitOf(1));
  await daemon.log.next(/level=warn.*gateways with one exit address, 5\.0\.0\.1: 10\.77\.0\.11, 10\.77\.0\.12/);
  expect((await exitsIn(daemon)).map(({ sharedWith }) => sharedWith)).toEqual([[addressOf(2)], [addressOf(1)]]);
  await daemon.stop();
  expect(await lab.router.ip("rule", "show")).not.toContain("fwmark");
  expect(await lab.router.ip("route", "show", "table", "all", "proto", "173")).toBe("");
});

test("a gateway that leaks at the start is never used", async () => {
  const { lab, exits } = await open();
  const daemon = await startWithLeak(lab, exits, FLAGS);
  const { stdout } = await runExecutable(lab.router, ["status"]);
  expect(stdout).toContain(`leaking: its exit address ${OWN_EXIT} is that of this router`);
  expect((await exitsIn(daemon))[1]).toMatchObject({ address: OWN_EXIT, leaking: true });
});

test("a gateway that leaks is down with -through-require any as well, although all its probers succeed", async () => {
  const { lab, exits } = await open();
  const through = { through: `tcp:${SERVICE}:80`, "through-period": "500ms", "through-timeout": "300ms" };
  const daemon = lab.start({ ...FLAGS, ...through, "through-require": "any" });
  await lab.untilRouted([1, 2]);
  await exits.startLeak(2);
  await lab.untilRouted([1]);
  await daemon.log.next(/gateway 10\.77\.0\.12 down: leaking: its exit address 5\.0\.0\.99 is that of this router/);
  await exits.endLeak(2);
  await lab.untilRouted([1, 2]);
});

test("a gateway that begins to leak leaves the route with a loud error, a notification and a metric, until it leaks no more", async () => {
  const { lab, exits } = await open();
  const receiver = openReceiver(lab);
  const daemon = lab.start({ ...FLAGS, "webhook-url": receiver.url, "min-healthy": 2 });
  await lab.untilRouted([1, 2]);
  await exits.startLeak(2);
  await lab.untilRouted([1]); // -min-healthy does not keep it
  await daemon.log.next(/level=error.*gateway 10\.77\.0\.12 LEAKS: .* come out at 5\.0\.0\.99/);
  await daemon.log.next(/gateway 10\.77\.0\.12 down: leaking: its exit address 5\.0\.0\.99 is that of this router/);
  await daemon.untilMetrics("a leak", (it) => it.value("gateway_leaking", { gateway_ip: addressOf(2) }) === 1);
  await lab.until(
    "a notification of the leak",
    () => JSON.stringify(receiver.deliveries),
    (text) => text.includes("gateway-leaks"),
  );
  expect(daemon.log.matching(/LEAKS/)).toHaveLength(1);
  await exits.endLeak(2);
  await lab.untilRouted([1, 2]);
  await daemon.log.next(/gateway 10\.77\.0\.12 leaks no more: its exit address is 5\.0\.0\.2/);
});

test("a service that fails, and a router without an exit of its own, take no gateway down", async () => {
  const { lab, exits } = await open();
  exits.reply = () => ({ status: 503, body: "" });
  const daemon = lab.start(FLAGS);
  await lab.untilRouted([1, 2]);
  await daemon.log.next(/level=warn.*cannot determine the exit address of 10\.77\.0\.11: 5\.1\.0\.1: status 503/);
  await lab.router.ip("route", "delete", "default");
  exits.reply = inPlainText;
  await daemon.log.next(/has no exit of its own, so nothing can leak/);
  await daemon.log.next(/exit address of 10\.77\.0\.12: 5\.0\.0\.2/);
  await daemon.untilRounds(8);
  await lab.untilRouted([1, 2]);
  expect(daemon.log.matching(/gateway .* down: .*leak/)).toHaveLength(0);
});

test("rules that another program removes are restored, and never make a gateway look as if it leaked", async () => {
  const { lab } = await open();
  const daemon = lab.start(FLAGS);
  await lab.untilRouted([1, 2]);
  const before = await lab.router.ip("rule", "show");
  expect(before).toContain("fwmark 0xad0000ff/0xff0000ff lookup main");
  for (let round = 0; round < 5; round++) {
    for (const preference of ["100", "101", "102"]) await lab.router.ip("rule", "flush", "pref", preference);
    await lab.until(
      "the rules to be back",
      () => lab.router.ip("rule", "show"),
      (now) => now.split("\n").sort().join() === before.split("\n").sort().join(),
    );
  }
  await daemon.untilRounds(8);
  expect(daemon.log.matching(/LEAKS/)).toHaveLength(0);
});

test("where the main table leads through a gateway, that gateway does not count as leaking", async () => {
  const { lab } = await open();
  await lab.router.ip("route", "replace", "default", "via", addressOf(1));
  const daemon = lab.start(FLAGS);
  await lab.untilRouted([1, 2]);
  await daemon.log.next(/has no exit of its own/);
  await daemon.untilRounds(8);
  await lab.untilRouted([1, 2]);
});

test("when one service fails, the next one is asked", async () => {
  const { lab, exits } = await open();
  const daemon = lab.start({ ...FLAGS, "exit-check": [`http://${SERVICE}:81/`, `http://${SERVICE}/`] });
  await lab.untilRouted([1, 2]);
  await exits.startLeak(1);
  await lab.untilRouted([2]);
  expect(daemon.log.matching(/cannot determine the exit/)).toHaveLength(0);
});
