/** The plan command for several pools of a file: it makes the decisions of the service, whatever state that has reached. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";

import type { Finding } from "../../src/diagnose/finding.ts";
import type { ServicePlan } from "../../src/diagnose/planned.ts";
import { LTE, NORWAY, POOLS_FILE, SWEDEN } from "./lab/pools.ts";
import { expectPlanAgrees, planOf } from "./lab/plan.ts";
import {
  addressOf,
  answering,
  type Daemon,
  INTERNET,
  type Lab,
  openDdnsLab,
  openLab,
  publicOf,
  refusing,
  runExecutable,
  SERVICE_PORT,
  UPSTREAM,
} from "./lab/index.ts";

setDefaultTimeout(120_000);

/** Has exactly these gateways answer with success. */
function setHealthy(lab: Lab, ...healthy: readonly number[]): void {
  for (const number of [SWEDEN, NORWAY, LTE]) {
    lab.gateway(number).becomes(healthy.includes(number) ? answering(200) : refusing);
  }
}

/** Waits until the packets of each pool take these gateways, and the plan has nothing to change. */
async function untilAgreed(lab: Lab, daemon: Daemon, ...active: readonly (readonly number[])[]): Promise<void> {
  const wanted = active.map((some) => some.map(addressOf));
  await lab.until(
    `the plan for ${JSON.stringify(wanted)}`,
    async () => (await expectPlanAgrees(lab, daemon)).pools!,
    (pools) => JSON.stringify(pools.map(usedBy)) === JSON.stringify(wanted) && pools.every(({ running }) => running),
  );
}

function usedBy({ gateways }: { readonly gateways: readonly { readonly address: string; readonly share: number }[] }) {
  return gateways.filter(({ share }) => share > 0).map(({ address }) => address);
}

/** The commands that a service has run until now. */
function commandsOf({ log }: Daemon): string[] {
  const lines = log.matching(/msg="?(?:pool \w+: )?ip (route|rule) /);
  return lines.map(({ text }) => /ip (?:route|rule) [^"]*/.exec(text)![0]);
}

test("the plan without a service has the commands that the service then runs", async () => {
  const lab = await openLab();
  await lab.addClient("iot0", "10.78.0");
  const flags = { config: lab.file("planned.toml", POOLS_FILE) };
  const before = await lab.snapshot();
  const planned = await planOf(lab, { flags });
  expect(await lab.snapshot()).toBe(before);
  expect(planned).toMatchObject({ running: false, kernel: { cleaning: [], obstacles: [] } });
  expect(planned.pools!.map(({ name, table, commands }) => [name, table, commands.length > 10])).toEqual([
    ["vpn", 180, true],
    ["rest", 181, true],
  ]);
  expect(planned.pools![0]!.gateways.map(({ share }) => share.toFixed(3))).toEqual(["0.667", "0.333", "0.000"]);
  const daemon = lab.startWithFile(POOLS_FILE);
  await daemon.untilReady();
  await expectPlanAgrees(lab, daemon);
  expect(commandsOf(daemon).sort()).toEqual([...planned.kernel.commands].sort());
});

test("the plan beside the service changes nothing, through losses of each tier, repairs, a kill and a new start", async () => {
  const lab = await openLab();
  await lab.addClient("iot0", "10.78.0");
  const daemon = lab.startWithFile(POOLS_FILE);
  await daemon.untilReady();
  await untilAgreed(lab, daemon, [SWEDEN, NORWAY], [NORWAY]);
  setHealthy(lab, SWEDEN, LTE);
  await untilAgreed(lab, daemon, [SWEDEN], []);
  setHealthy(lab, LTE);
  await untilAgreed(lab, daemon, [LTE], []);
  setHealthy(lab);
  await untilAgreed(lab, daemon, [], []);
  setHealthy(lab, SWEDEN, NORWAY, LTE);
  await untilAgreed(lab, daemon, [SWEDEN, NORWAY], [NORWAY]);
  await lab.router.ip("rule", "del", "pref", "10896");
  await lab.router.ip("route", "flush", "table", "181");
  await untilAgreed(lab, daemon, [SWEDEN, NORWAY], [NORWAY]);
  await lab.router.ip("link", "set", "gw0", "down");
  await untilAgreed(lab, daemon, [], []);
  await lab.router.ip("link", "set", "gw0", "up");
  await untilAgreed(lab, daemon, [SWEDEN, NORWAY], [NORWAY]);
  await daemon.kill();
  const afterKill = await planOf(lab, daemon);
  expect(afterKill).toMatchObject({ running: false, kernel: { commands: [], cleaning: [] } });
});

test("plan prints the pool that is asked for alone, and names all pools where there is none of that name", async () => {
  const lab = await openLab();
  const config = lab.file("config.toml", POOLS_FILE);
  const { stdout, status } = await lab.run(["plan", "-pool", "rest", "-config", config]);
  expect(status).toBe(0);
  expect(stdout).toContain(
    "pool rest, asked next: all packets to 0.0.0.0/0 but 198.51.100.0/24 (table 181, rule 10896)",
  );
  expect(stdout).not.toContain("table 180");
  expect(await lab.run(["plan", "-pool", "all", "-config", config])).toEqual({
    status: 2,
    stdout: "",
    stderr: 'gateway-route-manager: -pool "all": there is no such pool; the pools are vpn, rest\n',
  });
  const single = await lab.run(["plan", "-pool", "vpn", "-start-ip", addressOf(1), "-end-ip", addressOf(2)]);
  expect(single).toMatchObject({ status: 2, stderr: expect.stringContaining("the only pool has no name") });
});

test("beside the service, the plan removes the pool that the file no longer has, as a reload does", async () => {
  const lab = await openLab();
  await lab.addClient("iot0", "10.78.0");
  const daemon = lab.startWithFile(POOLS_FILE);
  await daemon.untilReady();
  const path = String(daemon.flags["config"]);
  writeFileSync(path, POOLS_FILE.replace(/\[\[pool\]\]\nname = "vpn"[^]*?(?=\[\[pool\]\])/, ""));
  const { kernel } = await planOf(lab, daemon);
  expect(kernel).toMatchObject({ commands: [], cleaning: [] });
  const entries = async () => (await lab.snapshot()).split("\n").filter((line) => /^\S/.test(line)); // nexthops are indented
  const before = await entries();
  expect((await lab.run(["reload", "-config", path])).status).toBe(0);
  const after = await entries();
  expect(after.join("\n")).not.toMatch(/from 10\.78\.0\.0\/24|table 180/);
  expect(before.length - after.length).toBe(kernel.removal!.length);
  expect((await planOf(lab, daemon)).kernel).not.toHaveProperty("removal");
  const { stdout } = await lab.run(["plan", "-config", path]);
  expect(stdout).toContain("nothing to change");
});

test("after a reload that puts a pool first in the file, all commands know that the others have kept their places", async () => {
  const lab = await openLab();
  await lab.addClient("iot0", "10.78.0");
  const daemon = lab.startWithFile(POOLS_FILE);
  await daemon.untilReady();
  const path = String(daemon.flags["config"]);
  const tv = '[[pool]]\nname = "tv"\nfrom = ["10.66.0.0/28"]\nmembers = ["lte"]\n';
  writeFileSync(path, POOLS_FILE.replace("[[pool]]", `${tv}[[pool]]`));
  const planned = await planOf(lab, daemon);
  expect(planned.pools!.map(({ name, table, preference, running }) => [name, table, preference, running])).toEqual([
    ["tv", 182, 10880, false],
    ["vpn", 180, 10888, true],
    ["rest", 181, 10896, true],
  ]);
  expect(planned.pools!.map(({ commands }) => commands.length > 0)).toEqual([true, false, false]);
  expect((await lab.run(["reload", "-config", path])).status).toBe(0);
  await untilAgreed(lab, daemon, [LTE], [SWEDEN, NORWAY], [NORWAY]);
  const explained = await lab.run(["explain", INTERNET, "-from", "10.66.0.2", "-json", "-config", path]);
  expect(JSON.parse(explained.stdout)).toMatchObject({ pool: { name: "tv", now: "tv" }, kernel: { table: "182" } });
  const checked = await lab.run(["check", "-json", "-config", path]);
  expect({ status: checked.status, text: checked.stdout }).toMatchObject({ status: 0 });
  expect(checked.stdout).toContain("an instance runs that manages table 182");
});

test("the name of a pool that is not the first one is planned, and checked, with the gateways of that pool", async () => {
  const { lab, ddns } = await openDdnsLab();
  const { NODE_EXTRA_CA_CERTS, DDNS_PASSWORD } = ddns.env;
  const key = lab.file("key", DDNS_PASSWORD);
  const text = `${POOLS_FILE}
[public-ip]
service-port = ${SERVICE_PORT}
service-scheme = "http"
service-path = "/v1/publicip/ip"
[[ddns]]
pool = "rest"
provider = "dynudns"
hostname = "${ddns.dynu.hostname}"
password-file = "${key}"
api-url = "https://${UPSTREAM}:8443/v2"
`;
  const config = lab.file("named.toml", text);
  const run = (...words: string[]) =>
    runExecutable(lab.router, [...words, "-config", config], { ...lab.ownFiles(), NODE_EXTRA_CA_CERTS });
  const { status, stdout, stderr } = await run("plan", "-json");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { pools = [], ...rest } = JSON.parse(stdout) as ServicePlan;
  expect(rest).not.toHaveProperty("ddns");
  expect(pools.map((pool) => pool.ddns?.changes ?? null)).toEqual([
    null,
    [`add ${publicOf(NORWAY)}, with a time to live of 60s`],
  ]);
  const checked = await run("check", "-json");
  const { findings } = JSON.parse(checked.stdout) as { findings: Finding[] };
  expect(findings.filter(({ topic }) => topic === "ddns records")).toMatchObject([{ level: "ok" }]);
  expect(ddns.writes()).toEqual([]);
});
