/** Rules of other programs that come before that of the service: it notices and reports which packets they divert. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Status } from "../../src/status/schema.ts";
import { check } from "./lab/check.ts";
import { CALM, type Daemon, type Lab, openLab, UPSTREAM } from "./lab/index.ts";

setDefaultTimeout(60_000);

async function statusOf(lab: Lab): Promise<{ exit: number; status: Status }> {
  const { status, stdout } = await lab.start({ json: true }, { command: ["status"] }).ended();
  return { exit: status, status: JSON.parse(stdout) as Status };
}

/** Waits until the service reports such rules, and returns what `status` prints then. */
async function untilPreceded(lab: Lab, daemon: Daemon, all: number, some: number) {
  await daemon.untilMetrics(`${all} and ${some} preceding rules`, (metrics) => {
    const count = (extent: string): number => metrics.value("preceding_rules_count", { extent });
    return count("all") === all && count("some") === some;
  });
  return statusOf(lab);
}

/** The lines about such rules in the log. */
const linesOf = (daemon: Daemon): string[] =>
  daemon.log.matching(/a rule of another program/).map(({ text }) => /msg="(.*?)"/.exec(text)![1]!);

/** What wg-quick does for a tunnel that should take everything: the rules have no preference. */
const WG_QUICK = [
  `route add default via ${UPSTREAM} table 51820`,
  "rule add not fwmark 51820 table 51820",
  "rule add table main suppress_prefixlength 0",
];

describe("a tunnel of wg-quick that starts beside the service", () => {
  test("is reported as diverting all packets in log, status, metrics and check, and its end as well", async () => {
    const lab = await openLab();
    const daemon = lab.start(CALM);
    await daemon.untilReady();
    expect(await statusOf(lab)).toMatchObject({ exit: 0, status: { routing: { precedingRules: [] } } });
    await lab.router.batch(WG_QUICK);
    expect((await lab.forwardedRoute("8.8.8.8")).table).toBe("51820");
    const { exit, status } = await untilPreceded(lab, daemon, 1, 0);
    expect([exit, status.verdict]).toEqual([3, "down"]);
    expect(status.why).toMatch(
      /^no gateway carries traffic: 10887: not from all fwmark 0xca6c lookup 51820: no packet/,
    );
    expect(status.routing.precedingRules).toMatchObject([{ extent: "all", networks: ["0.0.0.0/0"] }]);
    const { about } = await check(lab);
    expect(about("preceding rules")).toMatchObject([
      { level: "error", remedy: expect.stringContaining("Table = off") },
    ]);
    await daemon.untilRounds(3);
    expect(linesOf(daemon)).toHaveLength(1);

    await lab.router.batch([
      "rule delete not fwmark 51820 table 51820",
      "rule delete table main suppress_prefixlength 0",
    ]);
    expect(await untilPreceded(lab, daemon, 0, 0)).toMatchObject({ exit: 0, status: { verdict: "healthy" } });
    expect(linesOf(daemon)[1]).toStartWith(
      "a rule of another program no longer keeps packets from the gateways: 10887: not from all",
    );
    expect((await check(lab)).status).toBe(0);
  });
});

describe("rules that stand before the service starts", () => {
  test("of an exit node (tailscale at 5270) divert all packets until the preference of the remedy is used", async () => {
    const lab = await openLab();
    await lab.router.batch([
      "rule add pref 5210 from all fwmark 0x80000/0xff0000 lookup main",
      "rule add pref 5270 from all lookup 52",
      `route add default via ${UPSTREAM} table 52`,
      "route add throw 10.0.0.0/8 table 52", // --exit-node-allow-lan-access
    ]);
    const daemon = lab.start(CALM);
    await daemon.untilReady();
    expect((await untilPreceded(lab, daemon, 1, 0)).status.verdict).toBe("down");
    const [bypass, finding] = (await check(lab)).about("preceding rules");
    expect(bypass!.level).toBe("ok");
    const preference = /set -first-rule-preference (\d+)/.exec(finding!.remedy!)![1]!;
    expect(preference).toBe("5269");
    await daemon.stop();
    const flags = { "first-rule-preference": preference };
    const cured = lab.start(flags);
    await cured.untilReady();
    expect((await check(lab, flags)).about("preceding rules").map(({ level }) => level)).toEqual(["ok"]);
    expect((await lab.forwardedRoute("8.8.8.8")).table).toBe("180");
    expect((await untilPreceded(lab, cured, 0, 0)).exit).toBe(0);
  });

  test("that take some packets, by mark (mwan3) or destination, are reported and degrade the verdict", async () => {
    const lab = await openLab();
    await lab.router.batch([
      "rule add pref 2001 from all fwmark 0x100/0x3f00 lookup 1",
      `route add default via ${UPSTREAM} table 1`,
      "rule add pref 3000 from all lookup 53",
      `route add 44.0.0.0/8 via ${UPSTREAM} table 53`,
    ]);
    const daemon = lab.start(CALM);
    await daemon.untilReady();
    const { exit, status } = await untilPreceded(lab, daemon, 0, 2);
    expect([exit, status.verdict]).toEqual([1, "degraded"]);
    expect(status.why).toStartWith("2001: from all fwmark 0x100/0x3f00 lookup 1: no packet that it selects");
    expect(status.routing.precedingRules.map(({ networks }) => networks)).toEqual([["0.0.0.0/0"], ["44.0.0.0/8"]]);
    await daemon.untilRounds(3);
    expect(linesOf(daemon)).toHaveLength(2);
    const { stdout } = await lab.start({}, { command: ["status"] }).ended();
    expect(stdout).toContain("before ours, 3000: from all lookup 53: no packet to 44.0.0.0/8 reaches the gateways");
  });
});

test("a rule behind ours that no longer decides is named by check, and decides again with the preference of the remedy", async () => {
  const lab = await openLab({ gateways: 2 });
  await lab.router.batch([
    "rule add pref 20000 from 10.66.0.2 lookup 200",
    `route add default via ${UPSTREAM} table 200`,
  ]);
  lab.start(CALM);
  await lab.untilRouted([1, 2]);
  expect((await lab.forwardedRoute("8.8.8.8")).table).toBe("180");
  const [finding] = (await check(lab)).about("following rules");
  expect(finding).toMatchObject({ level: "warning", remedy: expect.stringContaining("a preference below 10888") });
  await lab.router.batch(["rule delete pref 20000", "rule add pref 10887 from 10.66.0.2 lookup 200"]);
  expect((await lab.forwardedRoute("8.8.8.8")).table).toBe("200");
  expect((await check(lab)).about("following rules")[0]!.level).toBe("ok");
});
