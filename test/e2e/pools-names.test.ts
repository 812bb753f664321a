/** Two pools of a file, each with a DNS name at the same account, and a gateway that they share. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";

import type { Finding } from "../../src/diagnose/finding.ts";
import type { ServicePlan } from "../../src/diagnose/planned.ts";
import type { Status } from "../../src/status/schema.ts";
import { DdnsLab, publicOf, SERVICE_PORT } from "./lab/ddns.ts";
import { runExecutable } from "./lab/executable.ts";
import { addressOf, answering, type Lab, openLab, refusing, reporting, UPSTREAM, writeScript } from "./lab/index.ts";

setDefaultTimeout(120_000);

const [VPN, REST] = ["gw.example.net", "rest.example.net"] as const;

const SHARED = [1, 2, 3].map((one) => `[[gateway]]\nname = "g${one}"\naddress = "${addressOf(one)}"\n`).join("");
const BASE = `[probe.health]
type = "http"
port = 9999
period = "1s"
timeout = "1s"
[public-ip]
service-port = ${SERVICE_PORT}
service-scheme = "http"
service-path = "/v1/publicip/ip"
refresh = "1s"
${SHARED}[[pool]]
name = "vpn"
from = ["10.78.0.0/24"]
members = ["g1", "g2"]
[[pool]]
name = "rest"
members = ["g2", "g3"]
`;

/** The account, the file of its key, and the service with names of pools. */
async function setUp(names: (nameOf: NameOf) => string) {
  const lab = await openLab({ gateways: 3 });
  const ddns = await DdnsLab.open(lab); // without its check that records of other names stay
  const script = writeScript(lab);
  const keys = { right: lab.file("key", ddns.dynu.key), wrong: lab.file("key", "wrong") };
  const nameOf: NameOf = (pool, hostname, lines = "", key = "right") =>
    `[[ddns]]\npool = "${pool}"\nprovider = "dynudns"\nhostname = "${hostname}"\npassword-file = "${keys[key]}"
api-url = "https://${UPSTREAM}:8443/v2"\n${lines}`;
  const fileOf = (some: typeof names): string => `[service]\non-change = "${script.command}"\n${BASE}${some(nameOf)}`;
  const env = { NODE_EXTRA_CA_CERTS: ddns.env.NODE_EXTRA_CA_CERTS };
  const daemon = lab.startWithFile(fileOf(names), {}, { env });
  await daemon.untilReady();
  await lab.until("the control socket", () => existsSync(lab.ownFiles()["GRM_CONTROL_SOCKET"]!), Boolean);
  const reload = async (others: typeof names, edit = (text: string): string => text): Promise<void> => {
    writeFileSync(String(daemon.flags["config"]), edit(fileOf(others)));
    expect(await lab.run(["reload"])).toMatchObject({ status: 0, stderr: "" });
  };
  const run = async (...words: readonly string[]) =>
    runExecutable(lab.router, [...words, "-config", String(daemon.flags["config"])], { ...env, ...lab.ownFiles() });
  return { lab, ddns, daemon, reload, run, script };
}

type NameOf = (pool: string, hostname: string, lines?: string, key?: "right" | "wrong") => string;

const both = (nameOf: NameOf): string => nameOf("vpn", VPN) + nameOf("rest", REST);

/** Waits until a name has exactly the public addresses of these gateways. */
async function untilHas(lab: Lab, { dynu }: DdnsLab, hostname: string, ...gateways: readonly number[]): Promise<void> {
  await lab.until(
    `${hostname} to have the addresses of ${gateways.join()}`,
    () => recordsOf(dynu, hostname).join(),
    (now) => now === gateways.map(publicOf).join(),
  );
}

function recordsOf(dynu: DdnsLab["dynu"], hostname: string): string[] {
  const [node] = hostname.split(".");
  const own = dynu
    .records()
    .filter(({ nodeName, recordType }) => nodeName.toLowerCase() === node && recordType === "A");
  return own.flatMap(({ content, state }) => (state ? content : [])).sort();
}

test("each name has the gateways of its pool, a shared one is looked up once, and its failure moves both names", async () => {
  const { lab, ddns, daemon, run } = await setUp(both);
  await untilHas(lab, ddns, VPN, 1, 2);
  await untilHas(lab, ddns, REST, 2, 3);

  const before = [1, 2, 3].map((one) => ddns.service(one).requests.length);
  await lab.until(
    "look-ups of all gateways",
    () => ddns.services.map(({ requests }, index) => requests.length - before[index]!),
    (counts) => Math.min(...counts) >= 8,
  );
  const [own, shared] = [1, 2].map((one) => ddns.service(one).requests.length - before[one - 1]!);
  expect(shared! / own!).toBeLessThan(1.4);
  expect(daemon.log.matching(/gateway g2 \(\S+\) has the public address/)).toHaveLength(1);
  expect(daemon.log.matching(/pool vpn: ddns: gw\.example\.net resolves to 1\.0\.0\.1, 1\.0\.0\.2/)).not.toEqual([]);
  expect(daemon.log.matching(/pool rest: ddns: rest\.example\.net resolves to/)).not.toEqual([]);

  const status = JSON.parse((await daemon.get("/api/v1/status")).body) as Status;
  expect(status.pools!.map((pool) => pool.ddns!.hostname)).toEqual([VPN, REST]);
  expect(status.pools!.map((pool) => pool.ddns!.addresses.join())).toEqual(["1.0.0.1,1.0.0.2", "1.0.0.2,1.0.0.3"]);
  expect(status.ddns).toMatchObject({ hostname: VPN });
  for (const { members } of status.pools!) {
    expect(members.find(({ gateway }) => gateway === addressOf(2))!.publicAddress).toMatchObject({
      address: publicOf(2),
      state: "known",
    });
  }
  const { stdout } = await run("status");
  for (const name of [VPN, REST]) expect(stdout).toContain(`DNS name ${name} at DynuDNS`);

  const metrics = await daemon.metrics();
  expect(metrics.all("public_ip_fetch_total", { gateway_ip: addressOf(2), status: "success" })).toHaveLength(1);
  expect(metrics.all("public_ip_fetch_total").filter(({ labels }) => labels["pool"] !== undefined)).toEqual([]);
  for (const pool of ["vpn", "rest"]) {
    expect(metrics.value("ddns_updates_total", { pool, status: "success" })).toBeGreaterThan(0);
    expect(metrics.value("unique_public_ips_count", { pool })).toBe(2);
  }

  lab.gateway(2).becomes(refusing);
  await Promise.all([untilHas(lab, ddns, VPN, 1), untilHas(lab, ddns, REST, 3)]);
  ddns.service(2).becomes(reporting("1.0.9.2"));
  lab.gateway(2).becomes(answering(200));
  const newAddress = async (hostname: string, wanted: string): Promise<unknown> =>
    lab.until(
      `${hostname} to have the new address`,
      () => recordsOf(ddns.dynu, hostname).join(),
      (now) => now === wanted,
    );
  await Promise.all([newAddress(VPN, "1.0.0.1,1.0.9.2"), newAddress(REST, "1.0.0.3,1.0.9.2")]);
  expect(daemon.log.matching(/has the public address 1\.0\.9\.2 \(was 1\.0\.0\.2\)/)).toHaveLength(1);
});

test("a reload adds a name, renames it and removes it, and the other name goes on", async () => {
  const { lab, ddns, daemon, reload, run } = await setUp((nameOf) => nameOf("vpn", VPN));
  await untilHas(lab, ddns, VPN, 1, 2);
  await daemon.log.next(/pool vpn: ddns: gw\.example\.net resolves to 1\.0\.0\.1, 1\.0\.0\.2/);
  const { stdout } = await run("check", "-json");
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
  expect(findings.flatMap(({ topic, message }) => (topic === "public address" ? message : []))).toEqual(
    [1, 2].map((one) => `g${one} (${addressOf(one)}) has ${publicOf(one)}`),
  );
  const linesOfVpn = () => daemon.log.matching(/pool vpn: ddns:/).length;
  const seriesOf = async (name: string): Promise<readonly (string | undefined)[]> => {
    const samples = (await daemon.metrics()).all(name);
    return [...new Set(samples.map(({ labels }) => labels["pool"]))].sort();
  };
  const before = linesOfVpn();
  expect(await seriesOf("ddns_updates_total")).toEqual(["vpn"]);

  await reload(both);
  await untilHas(lab, ddns, REST, 2, 3);
  expect(await seriesOf("ddns_updates_total")).toEqual(["rest", "vpn"]);

  await reload((nameOf) => nameOf("rest", "other.example.net") + nameOf("vpn", VPN));
  await untilHas(lab, ddns, "other.example.net", 2, 3);

  await reload((nameOf) => nameOf("vpn", VPN));
  expect(await seriesOf("ddns_updates_total")).toEqual(["vpn"]);
  expect(linesOfVpn()).toBe(before);
  expect(daemon.log.matching(/gateway g[12] \(\S+\) has the public address/)).toHaveLength(2);
  lab.gateway(2).becomes(refusing);
  await untilHas(lab, ddns, VPN, 1);
  for (const left of [REST, "other.example.net"]) {
    expect(recordsOf(ddns.dynu, left)).toEqual([publicOf(2), publicOf(3)]);
  }
});

test("a gateway that a reload takes away and brings back has its public address again", async () => {
  const { lab, ddns, daemon, reload } = await setUp(both);
  await untilHas(lab, ddns, REST, 2, 3);
  const addressOfThird = async () => {
    const { pools } = JSON.parse((await daemon.get("/api/v1/status")).body) as Status;
    return pools![1]!.members.find(({ gateway }) => gateway === addressOf(3))?.publicAddress?.address;
  };
  const without = (text: string): string =>
    text.replace(`[[gateway]]\nname = "g3"\naddress = "${addressOf(3)}"\n`, "").replace('"g2", "g3"', '"g2"');
  expect(await addressOfThird()).toBe(publicOf(3));
  await reload(both, without);
  await untilHas(lab, ddns, REST, 2);
  expect(await addressOfThird()).toBeUndefined();
  await reload(both);
  await untilHas(lab, ddns, REST, 2, 3);
  expect(await addressOfThird()).toBe(publicOf(3));
});

test("a name whose key is declined leaves the other one at work, and log, metrics, hooks and check name its pool", async () => {
  const { lab, ddns, daemon, run, script } = await setUp(
    (nameOf) => nameOf("vpn", VPN) + nameOf("rest", REST, "", "wrong"),
  );
  await daemon.log.next(/level=error.*pool rest: ddns: rest\.example\.net:/);
  await untilHas(lab, ddns, VPN, 1, 2);
  const metrics = await daemon.metrics();
  expect(metrics.value("ddns_errors_total", { pool: "rest", kind: "access" })).toBeGreaterThan(0);
  expect(metrics.value("ddns_errors_total", { pool: "vpn" })).toBe(0);
  await lab.until(
    "the notification",
    () => script.notifications.filter(({ event }) => event === "ddns-failing"),
    ([first]) => first !== undefined,
  );
  expect(script.notifications.find(({ event }) => event === "ddns-failing")).toMatchObject({
    ...{ pool: "rest", hostname: REST, kind: "access" },
    message: expect.stringContaining("pool rest: rest.example.net is not kept up to date:"),
  });
  expect(findingsOf(await run("check", "-json"), "ddns records")).toEqual(["ok vpn", "error rest"]);
});

test("a name of a pool with a required address waits for it, and the other one does not", async () => {
  const { lab, ddns, daemon, run } = await setUp(
    (nameOf) => nameOf("vpn", VPN, 'require-ip-address = "10.9.9.9"\n') + nameOf("rest", REST),
  );
  await untilHas(lab, ddns, REST, 2, 3);
  await daemon.log.next(/pool vpn: ddns: writes suspended: this machine does not have 10\.9\.9\.9/);
  expect(recordsOf(ddns.dynu, VPN)).toEqual([]);
  expect(findingsOf(await run("check", "-json"), "ddns duty")).toEqual(["warning vpn"]);
  const plan = JSON.parse((await run("plan", "-json")).stdout) as ServicePlan;
  expect(plan.pools!.map(({ name, ddns: planned }) => [name, planned])).toEqual([
    [
      "vpn",
      {
        ...{ hostname: VPN, provider: "DynuDNS", changes: [] },
        remarks: ["no interface holds 10.9.9.9, so this machine updates no records"],
      },
    ],
    ["rest", { hostname: REST, provider: "DynuDNS", changes: [], remarks: [] }],
  ]);
  await lab.router.ip("address", "add", "10.9.9.9/32", "dev", "lo");
  await untilHas(lab, ddns, VPN, 1, 2);
});

test("a plan asks each gateway once for both names, and says what each needs", async () => {
  const { lab, ddns, daemon, run } = await setUp(both);
  await Promise.all([untilHas(lab, ddns, VPN, 1, 2), untilHas(lab, ddns, REST, 2, 3)]);
  expect(await daemon.stop()).toMatchObject({ status: 0 });
  for (const { id } of ddns.dynu.records().filter(({ nodeName }) => nodeName.toLowerCase() === "rest"))
    ddns.dynu.take(id);
  const before = ddns.services.map(({ requests }) => requests.length);
  const plan = JSON.parse((await run("plan", "-json")).stdout) as ServicePlan;
  expect(ddns.services.map(({ requests }, index) => requests.length - before[index]!)).toEqual([1, 1, 1]);
  expect(plan.pools!.map((pool) => pool.ddns!.changes)).toEqual([
    [],
    [2, 3].map((one) => `add ${publicOf(one)}, with a time to live of 60s`),
  ]);
});

/** The level and the pools of each finding about a topic. */
function findingsOf({ stdout }: { readonly stdout: string }, topic: string): string[] {
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
  const some = findings.filter((one) => one.topic === topic);
  return some.map(({ level, pools = [] }) => [level, ...pools].join(" "));
}
