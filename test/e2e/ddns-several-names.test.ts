/** Several DNS names of one pool, one of which follows a gateway, and one of which has a provider that is out of reach. */
import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";

import type { ServicePlan } from "../../src/diagnose/planned.ts";
import type { Status } from "../../src/status/schema.ts";
import { FakeDesec } from "../fakes/desec.ts";
import { DdnsLab, publicOf, SERVICE_PORT } from "./lab/ddns.ts";
import { runExecutable } from "./lab/executable.ts";
import { addressOf, answering, type Daemon, type Lab, openLab, refusing, reporting, UPSTREAM } from "./lab/index.ts";

setDefaultTimeout(120_000);

const [ALL, SWEDEN, BACKUP] = ["gw.example.net", "sweden.example.net", "backup.example.net"] as const;

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
[[gateway]]
name = "norway"
address = "${addressOf(1)}"
[[gateway]]
name = "sweden"
address = "${addressOf(2)}"
`;

function recordsOf({ dynu }: DdnsLab, hostname: string): string {
  const [node] = hostname.split(".");
  const own = dynu
    .records()
    .filter(({ nodeName, recordType }) => nodeName.toLowerCase() === node && recordType === "A");
  return own
    .flatMap(({ content }) => content)
    .sort()
    .join();
}

async function untilHas(lab: Lab, ddns: DdnsLab, hostname: string, ...gateways: readonly number[]): Promise<void> {
  await lab.until(
    `${hostname} to have the addresses of ${gateways.join()}`,
    () => recordsOf(ddns, hostname),
    (now) => now === gateways.map(publicOf).join(),
  );
}

/** Waits for the end of an update of the name of all gateways: records are there before they are read back. */
async function untilVerified(lab: Lab, { log }: Daemon, ...gateways: readonly number[]): Promise<void> {
  const end = ` resolves to ${gateways.map(publicOf).join(", ")}"`;
  await lab.until(
    `${ALL} to be verified`,
    () => log.matching(/ddns: gw\.example\.net resolves to/).at(-1)?.text ?? "",
    (line) => line.endsWith(end),
  );
}

test("names of one pool are kept side by side, in spite of the outage of one provider, a reload and a restart", async () => {
  const lab = await openLab({ gateways: 2 });
  const ddns = await DdnsLab.open(lab);
  const key = lab.file("key", ddns.dynu.key);
  const nameOf = (provider: string, hostname: string, more = ""): string =>
    `[[ddns]]\nprovider = "${provider}"\nhostname = "${hostname}"\npassword-file = "${key}"\n${more}\n`;
  const atDynu = `api-url = "https://${UPSTREAM}:8443/v2"`;
  const all = nameOf("dynudns", ALL, atDynu);
  const sweden = nameOf("dynudns", SWEDEN, `${atDynu}\ngateway = "sweden"`);
  const unreachable = nameOf("desec", BACKUP, `api-url = "https://${UPSTREAM}:9/api/v1"`);
  const env = { NODE_EXTRA_CA_CERTS: ddns.env.NODE_EXTRA_CA_CERTS };
  const daemon = lab.startWithFile(BASE + unreachable + all + sweden, {}, { env });
  const config = String(daemon.flags["config"]);
  await daemon.untilReady();
  await Promise.all([untilHas(lab, ddns, ALL, 1, 2), untilHas(lab, ddns, SWEDEN, 2)]);
  await daemon.log.next(/ddns: sweden\.example\.net resolves to 1\.0\.0\.2/);
  await untilVerified(lab, daemon, 1, 2);

  const statusOf = async (from: typeof daemon): Promise<Status> =>
    JSON.parse((await from.get("/api/v1/status")).body) as Status;
  const status = await lab.until(
    "the state of each name",
    () => statusOf(daemon),
    ({ dnsNames = [] }) => dnsNames.length > 0 && dnsNames.every(({ ok }) => ok !== null),
  );
  expect(status.dnsNames!.map(({ hostname, provider, ok }) => [hostname, provider, ok])).toEqual([
    [BACKUP, "deSEC", false],
    [ALL, "DynuDNS", true],
    [SWEDEN, "DynuDNS", true],
  ]);
  const metrics = await daemon.metrics();
  expect(metrics.value("ddns_updates_total", { hostname: SWEDEN, status: "success" })).toBeGreaterThan(0);
  expect(metrics.value("ddns_errors_total", { hostname: BACKUP, kind: "passing" })).toBeGreaterThan(0);
  expect(metrics.value("unique_public_ips_count")).toBe(2);

  const run = async (...words: readonly string[]) =>
    runExecutable(lab.router, [...words, "-config", config], { ...env, ...lab.ownFiles() });
  const plan = JSON.parse((await run("plan", "-json")).stdout) as ServicePlan;
  expect(plan.dnsNames!.map(({ hostname, changes }) => [hostname, changes])).toEqual([
    [BACKUP, []],
    [ALL, []],
    [SWEDEN, []],
  ]);
  const check = (await run("check")).stdout;
  for (const name of [ALL, SWEDEN])
    expect(check).toMatch(new RegExp(`ok +ddns records.*${name.replaceAll(".", "\\.")}`));

  lab.gateway(2).becomes(refusing);
  await Promise.all([untilHas(lab, ddns, ALL, 1), untilHas(lab, ddns, SWEDEN), untilVerified(lab, daemon, 1)]);
  lab.gateway(2).becomes(answering(200));
  await Promise.all([untilHas(lab, ddns, ALL, 1, 2), untilHas(lab, ddns, SWEDEN, 2)]);
  await untilVerified(lab, daemon, 1, 2);

  const linesOfAll = (): number => daemon.log.matching(/ddns: gw\.example\.net/).length;
  const before = linesOfAll();
  const norway = nameOf("dynudns", "norway.example.net", `${atDynu}\ngateway = "${addressOf(1)}"`);
  await lab.until("the control socket", () => existsSync(lab.ownFiles()["GRM_CONTROL_SOCKET"]!), Boolean);
  writeFileSync(config, BASE + all + norway);
  expect(await lab.run(["reload"])).toMatchObject({ status: 0, stderr: "" });
  await untilHas(lab, ddns, "norway.example.net", 1);
  expect((await statusOf(daemon)).dnsNames!.map(({ hostname }) => hostname)).toEqual([ALL, "norway.example.net"]);
  expect(recordsOf(ddns, SWEDEN)).toBe(publicOf(2)); // a name that is taken away is left as it is
  expect(linesOfAll()).toBeLessThanOrEqual(before + 1);

  await daemon.stop();
  const again = lab.startWithFile(BASE + all + norway, {}, { env });
  await again.untilReady();
  await again.log.next(/ddns: norway\.example\.net resolves to 1\.0\.0\.1/);
  await Promise.all([untilHas(lab, ddns, ALL, 1, 2), untilHas(lab, ddns, "norway.example.net", 1)]);
});

test("an outage of either provider delays no name of the other, and a reload or a kill of the service no name at all", async () => {
  const lab = await openLab({ gateways: 2 });
  const ddns = await DdnsLab.open(lab);
  const desec = new FakeDesec();
  const { url, close } = desec.listen(UPSTREAM, 8444, (action) => lab.upstream.enter(action));
  onTestFinished(close);
  const nameOf = (hostname: string, lines: string, secret: string): string =>
    `[[ddns]]\nhostname = "${hostname}"\ntimeout = "4s"\npassword-file = "${lab.file(hostname, secret)}"\n${lines}\n`;
  const all = nameOf(ALL, `provider = "dynudns"\napi-url = "https://${UPSTREAM}:8443/v2"`, ddns.dynu.key);
  const sweden = nameOf(SWEDEN, `provider = "desec"\napi-url = "${url}"\ngateway = "sweden"`, desec.secret);
  const env = { NODE_EXTRA_CA_CERTS: ddns.env.NODE_EXTRA_CA_CERTS };
  const daemon = lab.startWithFile(BASE + all + sweden, {}, { env });
  const untilSweden = (...addresses: readonly string[]): Promise<unknown> =>
    lab.until(
      `${SWEDEN} to be ${addresses.join()}`,
      () => desec.rrsets.flatMap(({ subname, records }) => (subname === "sweden" ? records : [])).join(),
      (now) => now === addresses.join(),
    );
  await Promise.all([untilHas(lab, ddns, ALL, 1, 2), untilSweden(publicOf(2))]);

  const took = async (change: Promise<unknown>): Promise<number> => {
    const begin = performance.now();
    await change;
    return performance.now() - begin;
  };
  ddns.dynu.fail({ kind: "hang" }, { times: Infinity });
  lab.gateway(2).becomes(refusing);
  expect(await took(untilSweden())).toBeLessThan(4000);
  expect(recordsOf(ddns, ALL)).toBe([1, 2].map(publicOf).join());
  ddns.dynu.heal();
  await untilHas(lab, ddns, ALL, 1);
  await untilVerified(lab, daemon, 1);

  desec.allowance = 0;
  lab.gateway(2).becomes(answering(200));
  expect(await took(untilHas(lab, ddns, ALL, 1, 2))).toBeLessThan(4000);
  await daemon.log.next(/ddns: sweden\.example\.net: .*(throttled|429)/);
  expect(desec.rrsets).toEqual([]);
  await untilVerified(lab, daemon, 1, 2);
  desec.heal();

  const changed = sweden.replace("timeout", 'record-ttl = "120s"\ntimeout');
  const config = String(daemon.flags["config"]);
  await lab.until("the control socket", () => existsSync(lab.ownFiles()["GRM_CONTROL_SOCKET"]!), Boolean);
  writeFileSync(config, BASE + all + changed);
  const [requests, lookUps] = [ddns.dynu.requests.length, ddns.service(2).requests.length];
  const reloaded = await lab.run(["reload"]);
  expect(reloaded).toMatchObject({
    status: 0,
    stdout: expect.stringContaining(`DNS names: changed ${SWEDEN} at desec`),
  });
  await untilSweden(publicOf(2)); // the new settings are tried at once
  expect(desec.rrsets).toMatchObject([{ ttl: 120 }]);
  const seconds = (await took(daemon.untilRounds(4))) / 1000;
  expect(ddns.dynu.requests).toHaveLength(requests);
  expect(ddns.service(2).requests.length - lookUps).toBeLessThan(2 * seconds + 4); // once a second, for both names

  await daemon.kill();
  ddns.service(2).becomes(reporting("1.0.9.2"));
  lab.startWithFile(BASE + all + changed, {}, { env });
  await untilSweden("1.0.9.2");
  await lab.until(
    `${ALL} to have the new address`,
    () => recordsOf(ddns, ALL),
    (now) => now === "1.0.0.1,1.0.9.2",
  );
});
