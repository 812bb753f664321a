/** The rules, tables and marks of probes beyond gateways: restored, removed, and apart from those of other programs. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { addressOf, type Daemon, type Lab, openLab } from "./lab/index.ts";
import { run } from "./lab/namespace.ts";

setDefaultTimeout(60_000);

const THROUGH = { through: "icmp:1.1.1.1", "through-period": "500ms", "through-timeout": "500ms" };
const OTHER_IDS = { "first-probe-table-id": 19001, "probe-rule-preference": 300, "probe-mark": "0xae000000" };

async function openThroughLab(): Promise<Lab> {
  const lab = await openLab();
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
  return lab;
}

/** A snapshot without the order, in which rules with one preference come. */
const contents = async (lab: Lab): Promise<string> => (await lab.snapshot()).split("\n").sort().join("\n");

const untilContents = (lab: Lab, expected: string): Promise<string> =>
  lab.until(
    "the router's rules and routes to be as before",
    () => contents(lab),
    (now) => now === expected,
  );

async function openReadyLab(): Promise<{ lab: Lab; daemon: Daemon; before: string }> {
  const lab = await openThroughLab();
  const daemon = lab.start(THROUGH);
  await daemon.untilReady();
  await lab.untilRouted([1, 2, 3]);
  return { lab, daemon, before: await contents(lab) };
}

test.each([
  ["deletes the rule that lets other packets pass", "rule", "rule del pref 100"],
  ["deletes the rule of a gateway", "rule", "rule del pref 101 fwmark 0xad000002/0xff0000ff"],
  ["deletes the rule that rejects the rest", "rule", "rule del pref 102"],
  ["empties the table of a gateway", "route", "route flush table 18002"],
  ["deletes the route that rejects", "route", "route del unreachable default table 18002 metric 4294967295"],
  ["replaces the route through a gateway", "route", `route replace default via ${addressOf(1)} table 18002`],
])("probes are restored after another program %s", async (_, object, command) => {
  const { lab, daemon, before } = await openReadyLab();
  // A route that is lost in the second after a change of links is no repair, and new ones get IPv6 addresses after 2 s.
  if (object === "route") await Bun.sleep(3000);
  await lab.router.ip(...command.split(" "));
  await untilContents(lab, before);
  await daemon.untilMetrics("a repair", (it) => it.value("routing_drift_repairs_total", { object }) >= 1);
  const { text } = await daemon.log.next(/restored/);
  expect(daemon.log.matching(/restored/)).toHaveLength(1);
  expect(text).toMatch(/rule 10[012] .*(probes|packets)|route .* for probes through table 18002/);
  expect(daemon.log.matching(/gateway .* down/)).toEqual([]);
  expect(await daemon.stop()).toMatchObject({ status: 0 });
});

test("while another program keeps emptying the table of a gateway, its probes do not take another route", async () => {
  const { lab, daemon } = await openReadyLab();
  // The router has another route to the target, on which it would answer.
  await lab.router.ip("address", "add", "192.0.2.1/32", "dev", "lo");
  await lab.router.ip("route", "add", "1.1.1.1/32", "via", addressOf(1), "table", "main");
  const emptying = setInterval(() => void lab.router.ip("route", "flush", "table", "18002").catch(() => {}), 20);
  await lab.untilRouted([1, 3]);
  clearInterval(emptying);
  await lab.untilRouted([1, 2, 3]);
  expect((await daemon.log.next(/keeps undoing/)).text).toContain("for probes through table 18002");
});

test("a stop removes all rules and routes for probes, and a start with -on-exit keep finds its own", async () => {
  const lab = await openThroughLab();
  const empty = await contents(lab);
  const first = lab.start({ ...THROUGH, "on-exit": "keep" });
  await lab.untilRouted([1, 2, 3]);
  const before = await contents(lab);
  expect(await first.stop()).toMatchObject({ status: 0 });
  expect(await contents(lab)).toBe(before);
  const second = lab.start(THROUGH);
  await second.untilReady();
  expect(await contents(lab)).toBe(before);
  expect(await second.stop()).toMatchObject({ status: 0 });
  expect(await contents(lab)).toBe(empty);
});

test.each<[string, Parameters<Lab["start"]>[0]]>([
  ["with other rules, tables and marks", { ...THROUGH, ...OTHER_IDS }],
  ["with another mark", { ...THROUGH, "probe-mark": "0xae000000" }],
  ["without probes beyond gateways", {}],
])("a start %s removes what a killed run left", async (_, flags) => {
  const lab = await openThroughLab();
  const empty = await contents(lab);
  const fresh = lab.start(flags);
  await lab.untilRouted([1, 2, 3]);
  await fresh.untilReady();
  const expected = await contents(lab);
  await fresh.stop();
  const first = lab.start(THROUGH);
  await first.untilReady();
  await lab.untilRouted([1, 2, 3]);
  await first.kill();
  const second = lab.start(flags);
  await second.untilReady();
  await untilContents(lab, expected);
  expect(await second.stop()).toMatchObject({ status: 0 });
  expect(await contents(lab)).toBe(empty);
});

test("a second instance with the same marks, tables or rules does not start, and says what overlaps", async () => {
  const { lab, daemon, before } = await openReadyLab();
  const own = { "first-routing-table-id": 181, "first-rule-preference": 10_900, "metrics-port": 9091 };
  for (const [flags, text] of [
    [{ ...OTHER_IDS, "probe-mark": "0xad000000" }, "another running instance probes with -probe-mark 0xad000000"],
    [
      { ...OTHER_IDS, "first-probe-table-id": 18100 },
      "another running instance with -first-probe-table-id 18001 overlaps",
    ],
    [
      { ...OTHER_IDS, "probe-rule-preference": 101 },
      "another running instance with -probe-rule-preference 100 overlaps",
    ],
  ] as const) {
    const { status, stderr } = await lab.start({ ...THROUGH, ...own, ...flags }).ended();
    expect(status).toBe(1);
    expect(stderr).toContain(text);
  }
  const second = lab.start({ ...THROUGH, ...own, ...OTHER_IDS, route: "9.0.0.0/8" });
  await lab.until(
    "the rules of both instances",
    () => contents(lab),
    (now) => now.includes("0xae000003") && now.includes("0xad000003"),
  );
  expect(await second.stop()).toMatchObject({ status: 0 });
  await untilContents(lab, before);
  expect(await daemon.stop()).toMatchObject({ status: 0 });
});

test("the commands that a stop with a hanging ip shows remove everything", async () => {
  const lab = await openThroughLab();
  const empty = await contents(lab);
  const ip = lab.fakeIp('[ -e "$0.on" ] && exec sleep 60\nexec "$IP" "$@"');
  const daemon = lab.start({ ...THROUGH, "when-no-gateways": "unreachable" }, { env: ip.env });
  await lab.untilRouted([1, 2, 3]);
  ip.turnOn();
  const { status, stdout } = await daemon.stop();
  expect(status).toBe(1);
  const commands = /remove them with: ([^"\n]+)/.exec(stdout)![1]!;
  await run(["ip", "netns", "exec", lab.router.name, "sh", "-c", commands]);
  expect(await contents(lab)).toBe(empty);
});
