import { describe, expect, test } from "bun:test";

import { renderStatus } from "../../../../src/cli/status-view/format.ts";
import { statusOfPool, viewOfPool } from "../../../../src/cli/status-view/one-pool.ts";
import type { TierReport } from "../../../../src/pool/events.ts";
import { failed, observed, route, setUp, turned } from "../../status/model.fixture.ts";
import { FILE, LTE, NORWAY, setUpPools, SWEDEN, up } from "../../status/pools.fixture.ts";

const hop = (gateway: string, weight = 1) => ({ gateway, weight, device: "eth0" });
const REPORT: TierReport = { least: 1, shortage: "replace", counts: [] };
const ruleTo = (table: number, preference: number) =>
  ({ family: 4, kind: "lookup", protocol: 173, table, preference }) as const;

/** Two pools, of which the second one does not use the gateway that they share. */
function twoPools(file = FILE) {
  const opened = setUpPools(file);
  const { clock, record, recordIn, status } = opened;
  record(up(SWEDEN), up(NORWAY), up(LTE, "down"));
  record({ ...failed(1, "timeout after 1s"), gateway: LTE } as ReturnType<typeof failed>);
  recordIn("vpn", { type: "tier", tier: 1, before: undefined, ...REPORT });
  recordIn("vpn", observed([route([hop(SWEDEN, 2), hop(NORWAY)])], [ruleTo(180, 10888)]));
  recordIn("rest", { type: "held", gateway: NORWAY, waitMs: 20_000, losses: 2 });
  recordIn("rest", observed([], [ruleTo(181, 10896)]));
  clock.now += 5000;
  return (width = Infinity): string => renderStatus(status(), { width, colour: false });
}

test("pools are shown one below the other, after the gateways that they share", () => {
  expect(twoPools()()).toBe(`down: pool rest: no gateway carries traffic; pool vpn: 2 of 3 gateways are up
traffic of rest takes the next pool or the normal routing tables, traffic of vpn is spread over 2 gateways, kill switch of vpn on (unreachable), but its rules are missing, kill switch of rest off
gateway-route-manager 1.2.3, running for 5s

NAME    GATEWAY     STATE  SINCE  P50  P95  FLAPS  POOLS      REASON
sweden  10.77.0.10  up        5s    -    -      0  vpn
norway  10.77.0.11  up        5s    -    -      0  vpn, rest
lte     10.77.0.12  down      5s    -    -      0  vpn        timeout after 1s

pool vpn: degraded: 2 of 3 gateways are up
for packets from 10.78.0.0/24
2 of 3 usable, tier 1 in use, without any: packets are rejected (unreachable)
MEMBER  STATE  TIER  WEIGHT   SHARE
sweden  up        1       2  66.7 %
norway  up        1       1  33.3 %
lte     down      2       1       -
routes in table 180, rule 10888, read 5s ago
right
  0.0.0.0/0
    sweden (10.77.0.10) dev eth0 weight 2, norway (10.77.0.11) dev eth0 weight 1

pool rest: down: no gateway carries traffic
for all packets, not to 198.51.100.0/24 and the reserved ranges
0 of 1 usable, without any: packets fall through to the next pool or the normal routing tables
MEMBER  STATE      SHARE  REASON
norway  flap hold      -  flap hold for 15s more: went down 2 times in a short time
routes in table 181, rule 10896, read 5s ago
right
  none
`);
});

test("a pool with a DNS name has its public addresses and its records", () => {
  const dns =
    '[[ddns]]\npool = "rest"\nprovider = "dynudns"\nhostname = "gw.example.net"\npassword-file = "/run/dns"\n';
  const text = twoPools(`${FILE}${dns}`)();
  expect(text).toContain("MEMBER  STATE      SHARE  PUBLIC ADDRESS  REASON\n");
  expect(text).toContain("  none\nDNS name gw.example.net at ");
});

describe("the display of pools", () => {
  const name = "p".repeat(63);
  const long = FILE.replace('name = "vpn"', `name = "${name}"`).replaceAll("sweden", "s".repeat(63));

  test.each([60, 80, 100, 130])("no line is longer than %d characters, also with the longest names", (width) => {
    const { record, status } = setUpPools(long);
    record(up(SWEDEN, "down"));
    const lines = renderStatus(status(), { width, colour: false }).split("\n");
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
  });

  test("colours do not change the text", () => {
    const { status } = setUpPools();
    const coloured = renderStatus(status(), { width: 80, colour: true });
    expect(Bun.stripANSI(coloured)).toBe(renderStatus(status(), { width: 80, colour: false }));
  });
});

test("weights have a column where they differ", () => {
  const { record, status } = setUp({ gateway: "10.0.0.1,weight=2" }, false);
  record(turned(1, "up"));
  expect(renderStatus(status(), { width: 200, colour: false })).toMatch(/STATE +WEIGHT +SINCE .*\n.*up +2 .*\n.* 1 /);
});

describe("one pool", () => {
  const { status, record, recordIn } = setUpPools();
  record(up(SWEDEN), up(NORWAY), up(LTE, "down"));
  recordIn("vpn", { type: "tier", tier: 1, before: undefined, ...REPORT });
  recordIn("vpn", observed([route([hop(SWEDEN, 2), hop(NORWAY)])], [ruleTo(180, 10888)]));
  recordIn("rest", observed([route([hop(NORWAY)], { table: 181 })], [ruleTo(181, 10896)]));

  test("is shown with its verdict, its gateways and its routes, and without what concerns others", () => {
    const rest = statusOfPool(status(), "rest")!;
    expect(rest).toMatchObject({ verdict: "healthy", routing: { table: 181 }, pools: [{ name: "rest" }] });
    expect(rest.gateways.map(({ address }) => address)).toEqual([NORWAY]);
    expect(rest).not.toHaveProperty("tiers");
    const vpn = statusOfPool(status(), "vpn")!;
    expect(vpn).toMatchObject({ verdict: "degraded", routing: { table: 180 }, tiers: { inUse: [1] } });
    const text = renderStatus(rest, { width: Infinity, colour: false });
    expect(text).toContain("pool rest: healthy");
    expect(text).not.toContain("pool vpn");
  });

  test("is undefined where no pool has its name", () => {
    expect(statusOfPool(status(), "other")).toBeUndefined();
    expect(statusOfPool(setUp().status(), "vpn")).toBeUndefined();
  });

  test("has its own lines of the log, and those of no pool", () => {
    const entry = (id: number, pool?: string) => ({
      id,
      time: "",
      level: "info" as const,
      text: "",
      ...(pool && { pool }),
    });
    const view = { status: status(), entries: [entry(1, "vpn"), entry(2, "rest"), entry(3)], lost: undefined };
    expect(viewOfPool(view, "rest").entries.map(({ id }) => id)).toEqual([2, 3]);
    expect(viewOfPool({ ...view, status: undefined }, "rest").status).toBeUndefined();
  });
});
