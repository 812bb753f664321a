/** Rules and routes for probes beyond the gateways: beside stops, kills, other programs and other users of marks. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Flags } from "./lab/executable.ts";
import { addressOf, type Lab, openLab, UPSTREAM } from "./lab/index.ts";
import { paste } from "./lab/remedies.ts";

setDefaultTimeout(60_000);

const THROUGH = { through: "icmp:1.1.1.1,9.9.9.9", "through-period": "500ms", "through-timeout": "300ms" };
/** Timings with which a busy machine does not take a healthy gateway for a failed one. */
const CALM = { ...THROUGH, "check-period": "1s", timeout: "1s", "through-period": "1s", "through-timeout": "1s" };

const openBeyond = () => openLab({ beyond: true });

/** The lines of a snapshot that are about probes: rules, and routes in tables of their own. */
const aboutProbes = (text: string): string[] =>
  text.split("\n").filter((line) => /^10[0-3]:|fwmark|table 1[89]00\d/.test(line));

const inPlace = (lab: Lab): string[] => [
  "100: not from all fwmark 0xad000000/0xff000000 goto 102 proto 173",
  ...[1, 2, 3].map((number) => `101: from all fwmark 0xad00000${number}/0xff0000ff lookup 1800${number} proto 173`),
  "102: from all fwmark 0xad000000/0xff000000 unreachable proto 173",
  ...lab.gateways.flatMap(({ address }, index) => [
    `unicast default via ${address} dev gw0 table 1800${index + 1} proto 173 scope global`,
    `unreachable default table 1800${index + 1} proto 173 scope global metric 4294967295`,
  ]),
];

const trimmed = (lines: readonly string[]): string[] => lines.map((line) => line.trim()).sort();

/** Rules with the same preference may be in another order. */
async function untilAboutProbes(lab: Lab, settled: readonly string[]): Promise<void> {
  const now = async (): Promise<string[]> => trimmed(aboutProbes(await lab.snapshot()));
  await lab.until("the rules and routes for probes to be as before", now, (it) => String(it) === String(settled));
}

test("rules and routes for probes are those of the guide while the service runs, and none is left after a stop", async () => {
  const lab = await openBeyond();
  const before = await lab.snapshot();
  const daemon = lab.start(THROUGH);
  await lab.untilRouted([1, 2, 3]);
  expect(trimmed(aboutProbes(await lab.snapshot()))).toEqual(trimmed(inPlace(lab)));
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  expect(await lab.snapshot()).toBe(before);
});

describe("a start after a kill", () => {
  test("takes over the rules and routes for probes unchanged", async () => {
    const lab = await openBeyond();
    const before = await lab.snapshot();
    const first = lab.start(CALM);
    await lab.untilRouted([1, 2, 3]);
    const settled = await lab.snapshot();
    const monitor = await lab.monitor();
    await first.kill();
    expect(await lab.snapshot()).toBe(settled);
    const second = lab.start(CALM);
    await second.untilReady();
    await second.untilRounds(3);
    await monitor.caughtUp();
    expect(monitor.events.matching(/^\[(RULE|ROUTE)\](?!.*table 9999)/).map(({ text }) => text)).toEqual([]);
    expect((await second.stop()).status).toBe(0);
    expect(await lab.snapshot()).toBe(before);
  });

  test.each<[what: string, flags: Flags]>([
    ["without -through", {}],
    [
      "with others",
      { ...CALM, "probe-rule-preference": 200, "first-probe-table-id": 19001, "probe-mark": "0xae000000" },
    ],
  ])("%s removes those of the killed one", async (_, flags) => {
    const lab = await openBeyond();
    const before = await lab.snapshot();
    const first = lab.start(CALM);
    await lab.untilRouted([1, 2, 3]);
    await first.kill();
    const second = lab.start(flags);
    await second.untilReady();
    const stale = async (): Promise<string[]> =>
      (await lab.snapshot()).split("\n").filter((line) => /0xad00|table 1800\d|lookup 1800\d|^10[0-3]:/.test(line));
    await lab.until("nothing of the killed one", stale, (lines) => lines.length === 0);
    expect((await second.stop()).status).toBe(0);
    expect(await lab.snapshot()).toBe(before);
  });
});

test.each([
  "rule delete preference 100",
  "rule delete preference 102",
  "rule delete preference 101 fwmark 0xad000002/0xff0000ff",
  "route flush table 18002",
  "route delete default table 18002",
  "route delete unreachable default table 18002 metric 4294967295",
  `route replace default via ${addressOf(1)} table 18002`,
])("rules and routes for probes are restored after another program runs: ip %s", async (command) => {
  const lab = await openBeyond();
  const daemon = lab.start(CALM);
  await lab.untilRouted([1, 2, 3]);
  await daemon.untilRounds(2); // what is lost within a second after an event of interfaces is no drift
  const settled = trimmed(aboutProbes(await lab.snapshot()));
  await lab.router.ip(...command.split(" "));
  await untilAboutProbes(lab, settled);
  setTimeout(
    () =>
      console.log(
        daemon.log
          .toString()
          .split("\n")
          .filter((l) => !l.includes("probe of"))
          .slice(-12)
          .join("\n"),
      ),
    2000,
  );
  await daemon.untilMetrics("a repair", (it) => it.value("routing_drift_repairs_total") >= 1);
});

test("rules and routes for probes are restored after the interface to the gateways was deleted", async () => {
  const lab = await openBeyond();
  lab.start(CALM);
  await lab.untilRouted([1, 2, 3]);
  const settled = trimmed(aboutProbes(await lab.snapshot()));
  await lab.unplugGateways();
  await lab.untilRouted([]);
  await lab.plugGateways();
  await lab.untilRouted([1, 2, 3]);
  await untilAboutProbes(lab, settled);
});

/** What other programs that mark packets add, each with a table of its own. */
const OTHERS = {
  "wg-quick": {
    table: 51820,
    mark: "0x1", // any but its own goes into its tunnel
    rules: ["pref 10887 not fwmark 51820 table 51820", "pref 10886 table main suppress_prefixlength 0"],
  },
  mwan3: {
    table: 201,
    mark: "0x100",
    rules: ["pref 2001 fwmark 0x100/0x3f00 lookup 201", "pref 2061 fwmark 0x3d00/0x3f00 blackhole"],
  },
  tailscale: {
    table: 52, // of an exit node
    mark: "0x40000",
    rules: [
      "pref 5209 to 10.0.0.0/8 lookup main",
      ...["main", "default"].map((table, index) => `pref ${5210 + 20 * index} fwmark 0x80000/0xff0000 lookup ${table}`),
      "pref 5250 fwmark 0x80000/0xff0000 unreachable",
      "pref 5270 lookup 52",
    ],
  },
};

describe("beside the rules of another program that marks packets", () => {
  test.each(Object.entries(OTHERS))("%s, probes use their gateways, and its packets its table", async (_, other) => {
    const lab = await openBeyond();
    await lab.router.batch([
      `route add default via ${UPSTREAM} table ${other.table}`,
      ...other.rules.map((rule) => `rule add ${rule}`),
    ]);
    const before = await lab.snapshot();
    const tableOf = async (mark: string): Promise<string | undefined> =>
      /\btable (\S+)/.exec(await lab.router.ip("-d", "route", "get", "1.1.1.1", "mark", mark))?.[1];
    expect(await tableOf(other.mark)).toBe(String(other.table));
    const daemon = lab.start(CALM);
    await lab.untilRouted([1, 2, 3]);
    for (const number of [1, 2, 3]) expect(await tableOf(`0xad00000${number}`)).toBe(`1800${number}`);
    expect(await tableOf(other.mark)).toBe(String(other.table));
    await lab.beyond.setLoss(2, 100);
    await lab.untilRouted([1, 3]);
    expect((await daemon.stop()).status).toBe(0);
    expect(await lab.snapshot()).toBe(before);
  });
});

test("probes use their gateways where a firewall sets bits of its own in the marks of all packets, as mwan3 does", async () => {
  const lab = await openBeyond();
  const marking = "meta mark & 0x00003f00 == 0 meta mark set meta mark | 0x00000100";
  await paste(lab.router, `nft 'table ip grm { chain out { type route hook output priority mangle; ${marking}; }; }'`);
  lab.start(CALM);
  await lab.untilRouted([1, 2, 3]);
  await lab.beyond.setLoss(2, 100);
  await lab.untilRouted([1, 3]);
});

test("100 gateways are probed each second, and the one that vanishes leaves the route", async () => {
  const lab = await openLab({ gateways: 100, shared: true, beyond: true });
  const daemon = lab.start({ ...CALM, "through-timeout": "500ms", "log-level": "info" });
  await daemon.untilReady();
  await daemon.untilRounds(3);
  expect(daemon.log.matching(/gateway \S+ down/)).toEqual([]);
  // All gateways share a namespace, so no tunnel of one can die: its packets go to a link-layer address that is unused.
  await lab.router.ip("neighbour", "replace", addressOf(57), "lladdr", "02:00:00:00:00:01", "dev", "gw0");
  await daemon.log.next(new RegExp(`gateway ${addressOf(57)} down`));
  const others = lab.gateways.map((_, index) => index + 1).filter((number) => number !== 57);
  await lab.untilRouted(others);
});
