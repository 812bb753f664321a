/** What the API and the status command say of two pools of a configuration file. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { LogEntries, Pool, Status } from "../../src/status/schema.ts";
import { schemaChecks } from "../unit/http/schema-checks.ts";
import { addressOf, answering, openLab, refusing } from "./lab/index.ts";

setDefaultTimeout(120_000);

const [SWEDEN, NORWAY, LTE] = [addressOf(1), addressOf(2), addressOf(3)];

/** The file gives its gateways the addresses from 10.77.0.10 on, the lab those from 10.77.0.11 on. */
const FILE = readFileSync(join(import.meta.dir, "../unit/config/file/pools.toml"), "utf8").replaceAll(
  /10\.77\.0\.1(\d)/g,
  (_, last) => addressOf(Number(last) + 1),
);

/** Two pools at work. */
async function setUp() {
  const lab = await openLab({ gateways: 3 });
  await lab.addClient("iot0", "10.78.0");
  const daemon = lab.startWithFile(FILE);
  await daemon.untilReady();
  const json = async <T>(path: string): Promise<T> => JSON.parse((await daemon.get(path)).body) as T;
  const status = () => json<Status>("/api/v1/status");
  const until = (what: string, holds: (status: Status) => boolean) => lab.until(what, status, holds);
  const run = (...words: string[]) => lab.run([...words, "-config", String(daemon.flags["config"])]);
  return { lab, daemon, json, status, until, run };
}

const brief = ({ verdict, usable, tiers, members }: Pool) => ({
  verdict,
  usable,
  tiers: tiers?.inUse,
  carrying: members.flatMap(({ name, carriesTraffic }) => (carriesTraffic ? name : [])),
});

test("the status follows both pools while gateways fail and return, and conforms to its description", async () => {
  const { lab, json, status, until } = await setUp();
  const { checkStatus, checkLog } = schemaChecks(await json<object>("/api/v1/openapi.json"));
  const first = await until("both pools to carry traffic", ({ verdict }) => verdict === "healthy");
  expect(checkStatus(first)).toEqual([]);
  const [vpn, rest] = first.pools!;
  expect(vpn).toMatchObject({
    name: "vpn",
    selectors: { from: ["10.78.0.0/24"], in: [], mark: null },
    destinations: ["0.0.0.0/0"],
    routing: { table: 180, whenNoGateways: "unreachable" },
    members: [
      { gateway: SWEDEN, name: "sweden", weight: 2, tier: 1, share: expect.closeTo(0.6667, 1) },
      { gateway: NORWAY, name: "norway", weight: 1, tier: 1, share: expect.closeTo(0.3333, 1) },
      { gateway: LTE, name: "lte", weight: 1, tier: 2, standby: true, share: 0 },
    ],
  });
  expect(rest).toMatchObject({ name: "rest", excluded: { networks: ["198.51.100.0/24"] }, routing: { table: 181 } });
  expect(first.gateways.map(({ address }) => address)).toEqual([SWEDEN, NORWAY, LTE]);
  expect(first.routing).toMatchObject({ table: 180 });

  for (const gateway of [1, 2]) lab.gateway(gateway).becomes(refusing);
  const tier2 = await until("lte to carry pool vpn alone", ({ pools }) => {
    return Bun.deepEquals(pools!.map(brief), [
      { verdict: "degraded", usable: 1, tiers: [2], carrying: ["lte"] },
      { verdict: "down", usable: 0, tiers: undefined, carrying: [] },
    ]);
  });
  expect(tier2.verdict).toBe("down");
  expect(tier2.why).toStartWith("pool rest: no gateway carries traffic; pool vpn: 1 of 3 gateways are up");
  expect(checkStatus(tier2)).toEqual([]);

  lab.gateway(3).becomes(refusing);
  await until("both pools to be down", ({ pools }) => pools!.every(({ verdict }) => verdict === "down"));
  expect((await status()).pools![0]!.why).toContain("packets are rejected (-when-no-gateways unreachable)");
  for (const gateway of [1, 2, 3]) lab.gateway(gateway).becomes(answering(200));
  await until("both pools to be healthy again", ({ verdict }) => verdict === "healthy");

  const log = await json<LogEntries>("/api/v1/log");
  expect(checkLog(log)).toEqual([]);
  const ofVpn = log.entries.filter(({ text }) => text.startsWith("pool vpn: "));
  expect(ofVpn.length).toBeGreaterThan(0);
  expect(new Set(ofVpn.map(({ pool }) => pool))).toEqual(new Set(["vpn"]));
  expect(log.entries.some(({ pool }) => pool === undefined)).toBe(true);
});

test("the status command shows both pools, and a drained gateway in each", async () => {
  const { run, until } = await setUp();
  await until("both pools to carry traffic", ({ verdict }) => verdict === "healthy");
  const healthy = await run("status");
  expect({ status: healthy.status, stderr: healthy.stderr }).toEqual({ status: 0, stderr: "" });
  expect(healthy.stdout).toStartWith("healthy: all gateways of 2 pools are up\n");
  expect(healthy.stdout).toMatch(
    /\npool vpn: healthy: .*\nfor packets from 10\.78\.0\.0\/24\n3 of 3 usable, tier 1 in use, /,
  );
  expect(healthy.stdout).toMatch(/\nsweden +up +1 +2 +\d+\.\d %\n/);
  expect(healthy.stdout).toMatch(/\npool rest: healthy: .*\nfor all packets, not to 198\.51\.100\.0\/24 and the /);
  expect(await run("drain", "norway", "-force")).toMatchObject({ status: 0 });
  await until("norway to be drained in both pools", ({ pools }) => {
    return pools!.every(({ members }) => members.every(({ gateway, drained }) => drained === (gateway === NORWAY)));
  });
  expect((await run("status")).stdout.match(/\nnorway +drained +/g)).toHaveLength(2);
});

test("after a reload the status has the pools of the new file, and what it knows of those that stay", async () => {
  const { daemon, run, until } = await setUp();
  const before = await until("both pools to carry traffic", ({ verdict }) => verdict === "healthy");
  const renamed = FILE.replace('name = "rest"', 'name = "others"').replace("weight = 2", "weight = 5");
  writeFileSync(String(daemon.flags["config"]), renamed);
  expect(await run("reload")).toMatchObject({ status: 0 });
  const after = await until("both pools to carry traffic again", ({ verdict, pools }) => {
    return verdict === "healthy" && pools![1]!.name === "others" && pools![0]!.members[0]!.share > 0.8;
  });
  expect(after.pools!.map(({ name }) => name)).toEqual(["vpn", "others"]);
  expect(after.pools![0]!.members[0]).toMatchObject({ weight: 5, carriesTraffic: true });
  expect(after.gateways[0]!.since.time).toBe(before.gateways[0]!.since.time);
});

test("the status of one pool has its verdict alone, also as the exit status", async () => {
  const { lab, run, until } = await setUp();
  await until("both pools to carry traffic", ({ verdict }) => verdict === "healthy");
  lab.gateway(2).becomes(refusing);
  await until("pool rest to be down", ({ verdict }) => verdict === "down");
  const vpn = await run("status", "-pool", "vpn");
  expect({ status: vpn.status, stderr: vpn.stderr }).toEqual({ status: 1, stderr: "" });
  expect(vpn.stdout).toStartWith("degraded: 2 of 3 gateways are up");
  expect(vpn.stdout).not.toContain("pool rest");
  expect(await run("status", "-pool", "rest", "-json")).toMatchObject({ status: 3 });
  expect(await run("status", "-pool", "other")).toEqual({
    status: 2,
    stdout: "",
    stderr: 'gateway-route-manager: -pool "other": there is no such pool; the pools are vpn, rest\n',
  });
  expect(await run("status", "-watch", "-pool", "other")).toMatchObject({ status: 2, stdout: "" });
});
