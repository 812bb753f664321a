/** Reloads of the configuration file: packets and probes during them, which files are rejected, and what they leave. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";

import { addressOf, type Lab, openLab, refusing } from "./lab/index.ts";
import type { Daemon } from "./lab/daemon.ts";
import { NotifySocket } from "./lab/notify.ts";
import { REST, VPN } from "./lab/two-pools.ts";

/** scripts/reloads sets it. */
const RELOADS = Number(process.env["RELOADS"] ?? 24);

setDefaultTimeout(60_000 + RELOADS * 2000);

const [SWEDEN, NORWAY, LTE] = [addressOf(1), addressOf(2), addressOf(3)];

const PROBE = `
[probe.health]
type = "http"
port = 9999
period = "250ms"
timeout = "250ms"
`;
const gatewayTable = (name: string, address: string): string =>
  `[[gateway]]\nname = "${name}"\naddress = "${address}"\n`;
const GATEWAYS = `${PROBE}${gatewayTable("sweden", SWEDEN)}${gatewayTable("norway", NORWAY)}`;
const THIRD = gatewayTable("lte", LTE);
const FILE = `${GATEWAYS}${VPN}${REST}`;

/** A lab with a second client in 10.78.0.0/24, and the service with the file. */
async function setUp(text = FILE, ...rest: Parameters<Lab["startWithFile"]> extends [string, ...infer R] ? R : never) {
  const lab = await openLab();
  const iot = await lab.addClient("iot0", "10.78.0");
  const before = await lab.snapshot();
  const daemon = lab.startWithFile(text, ...rest);
  await daemon.untilReady();
  const path = String(daemon.flags["config"]);
  await lab.until("the control socket", () => existsSync(lab.ownFiles()["GRM_CONTROL_SOCKET"]!), Boolean);
  const reload = (changed?: string, ...flags: readonly string[]) => {
    if (changed !== undefined) writeFileSync(path, changed);
    return lab.run(["reload", ...flags]);
  };
  return { lab, iot, before, daemon, path, reload };
}

const requestsTo = (lab: Lab, gateway: number): number => lab.gateway(gateway).requests.length;

describe("a reload", () => {
  test("again and again that changes other pools, probes and thresholds loses no packet and moves no flow", async () => {
    // No gateway goes down because this machine is busy: that would lose packets.
    const calm = (text: string): string =>
      text.replace('period = "', 'period = "1').replace('timeout = "', 'timeout = "1');
    const { lab, iot, reload, daemon } = await setUp(calm(FILE));
    const flows = await lab.traffic.survey(200, iot);
    const stream = await lab.traffic.stream({
      flows: 64,
      packetsPerSecond: 5000,
      limit: 4_000_000 + RELOADS * 5000,
      from: iot,
    });
    const forms = [
      `${GATEWAYS}${THIRD}${VPN}${REST.replace('[{ gateway = "norway" }]', '["norway", "lte"]')}`,
      FILE.replace('period = "250ms"', 'period = "300ms"'),
      FILE.replace('timeout = "250ms"', 'timeout = "250ms"\nfall = 3'),
      `${GATEWAYS}${VPN}`,
      FILE.replace("9.0.0.0/8", "9.9.0.0/16"),
      `${FILE}[[pool]]\nname = "more"\nfrom = ["10.99.0.0/24"]\nmembers = ["sweden"]\nwhen-no-gateways = "blackhole"\n`,
      FILE.replace('"norway" }]\nexclude', '"norway", weight = 3 }, { gateway = "sweden", tier = 2 }]\nexclude'),
      FILE,
    ];
    for (let round = 0; round < RELOADS; round++) {
      expect(await reload(calm(forms[round % forms.length]!))).toMatchObject({ status: 0, stderr: "" });
    }
    expect(await reload(calm(FILE))).toMatchObject({ status: 0 });
    await stream.more(1000);
    const { lost, arrived } = await stream.stop();
    expect({ lost, upstream: arrived["upstream"] }).toEqual({ lost: 0, upstream: undefined });
    expect(await lab.traffic.survey(200, iot)).toEqual(flows);
    expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  });

  test("that names another file is declined, and so is a drain", async () => {
    const { lab, reload, path } = await setUp();
    const other = `${path}.typo`;
    const reason = `the service that answers has the configuration file "${path}", and not "${other}"`;
    for (const words of [["reload"], ["drain", "norway"]]) {
      expect(await lab.run([...words, "-config", other])).toMatchObject({
        ...{ status: 4, stdout: "" },
        stderr: expect.stringContaining(reason),
      });
    }
    expect(await reload(undefined, "-config", path)).toMatchObject({ status: 0, stdout: "nothing has changed\n" });
  });

  test("without a change runs no ip, and says so", async () => {
    const { lab, reload, daemon } = await setUp();
    const monitor = await lab.monitor();
    const runs = (await daemon.metrics()).value("ip_commands_total", { status: "success" });
    expect(await reload()).toEqual({ status: 0, stdout: "nothing has changed\n", stderr: "" });
    expect((await daemon.metrics()).value("ip_commands_total", { status: "success" }) - runs).toBeLessThanOrEqual(2);
    expect(await monitor.changesOf("default", 180)).toEqual([]);
  });

  test("adds and removes pools, whose routes and rules are all gone afterwards", async () => {
    const { lab, reload } = await setUp();
    const first = await lab.snapshot();
    const more = `[[pool]]\nname = "more"\nin = ["lan0"]\nmembers = ["sweden"]\nwhen-no-gateways = "prohibit"\n`;
    expect(await reload(`${FILE}${more}`)).toMatchObject({
      status: 0,
      stdout: "reloaded\n  pools: added more\n",
      stderr: "",
    });
    expect(await lab.snapshot()).toContain("lookup 182");
    expect(await reload(FILE)).toMatchObject({ status: 0, stdout: "reloaded\n  pools: removed more\n" });
    expect(await lab.snapshot()).toBe(first);
  });

  test("renames a pool without a packet past its gateways", async () => {
    const patient = FILE.replaceAll('"250ms"', '"2s"'); // so that no gateway goes down on a busy machine
    const { lab, iot, reload } = await setUp(patient);
    const stream = await lab.traffic.stream({ flows: 64, packetsPerSecond: 5000, limit: 1_000_000, from: iot });
    expect(await reload(patient.replace('name = "vpn"', 'name = "tunnels"'))).toMatchObject({ status: 0, stderr: "" });
    await stream.more(500);
    const { lost, arrived } = await stream.stop();
    expect({ lost, upstream: arrived["upstream"] }).toEqual({ lost: 0, upstream: undefined });
  });

  test("from pools with names to one without, and back, leaves what a start with the file makes", async () => {
    const { lab, reload, daemon } = await setUp();
    expect(await reload(GATEWAYS)).toMatchObject({
      status: 0,
      stdout: "reloaded\n  pools: added the one without a name; removed vpn, rest\n",
      stderr: "",
    });
    const rules = (await lab.snapshot()).split("\n").filter((line) => line.includes("lookup 18"));
    expect(rules).toHaveLength(1);
    expect((await daemon.metrics()).all("gateway_active_count")).toHaveLength(1);
    expect(await reload(FILE)).toMatchObject({ status: 0, stderr: "" });
    await lab.until(
      "metrics of the pools",
      async () => (await daemon.metrics()).all("gateway_active_count").map(({ labels }) => labels["pool"]),
      (pools) => pools.join() === "vpn,rest",
    );
    expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  });

  test("goes on with the state of gateways whose probes stay, and probes new ones at once", async () => {
    const { lab, daemon, reload } = await setUp(FILE.replaceAll('"250ms"', '"5s"'));
    const before = [requestsTo(lab, 1), requestsTo(lab, 2), requestsTo(lab, 3)] as const;
    await reload(`${GATEWAYS.replaceAll('"250ms"', '"5s"')}${THIRD}${VPN}${REST.replace('"norway" }', '"lte" }')}`);
    expect(requestsTo(lab, 1)).toBeLessThanOrEqual(before[0] + 1);
    expect(requestsTo(lab, 3)).toBe(1);
    const metrics = await daemon.metrics();
    expect(metrics.value("gateway_up", { gateway_ip: SWEDEN })).toBe(1);
    await lab.until(
      "the new gateway",
      async () => (await lab.forwardedRoute("8.8.8.8")).table,
      (it) => it === "181",
    );
  });

  test("leaves drained gateways drained, and forgets one that the file no longer has only by undrain", async () => {
    const { lab, reload, daemon } = await setUp();
    expect(await lab.run(["drain", "sweden"])).toMatchObject({ status: 0 });
    const without = `${PROBE}${gatewayTable("norway", NORWAY)}${VPN.replace('{ gateway = "sweden" }, ', "")}${REST}`;
    expect(await reload(without)).toMatchObject({ status: 0 });
    await daemon.log.next(/drained, but not among the gateways: .*sweden/);
    expect(await reload(FILE)).toMatchObject({ status: 0 });
    await daemon.untilRounds(2);
    expect((await lab.run(["undrain", "-list"])).stdout).toBe("sweden\n");
    expect((await daemon.metrics()).value("gateway_drained", { gateway_ip: SWEDEN })).toBe(1);
    expect(await reload(FILE.replace(`"${NORWAY}"`, `"${NORWAY}"\ndrained = true`))).toMatchObject({ status: 0 });
    await daemon.log.next(/gateway norway .* drained by the configuration/);
  });

  test("names what cannot change while the service runs, and applies the rest", async () => {
    const { reload, lab } = await setUp();
    const changed = `[service]\nmetrics-port = 9999\nlog-format = "json"\n${FILE.replace("9.0.0.0/8", "11.0.0.0/8")}`;
    const { status, stdout, stderr } = await reload(changed);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "reloaded\n  pools: changed rest\n" });
    expect(stderr).toBe(
      "gateway-route-manager: metrics-port, log-format stay as before while the service runs; restart it to change them\n",
    );
    await lab.until(
      "the new exclusion",
      async () => (await lab.forwardedRoute("11.1.1.1")).table,
      (it) => it === "main",
    );
  });

  test("by SIGHUP does the same, and one that is asked for during the start follows it", async () => {
    const lab = await openLab();
    const daemon = lab.startWithFile(FILE);
    await daemon.log.next(/starts/);
    writeFileSync(String(daemon.flags["config"]), FILE.replace("9.0.0.0/8", "11.0.0.0/8"));
    daemon.signal("SIGHUP");
    await daemon.log.next(/is loaded/);
    await daemon.untilReady();
    expect((await lab.forwardedRoute("11.1.1.1")).table).toBe("main");
  });

  test("is reported to systemd, with its time", async () => {
    const notify = new NotifySocket();
    try {
      const { reload } = await setUp(FILE, {}, { env: { NOTIFY_SOCKET: notify.path } });
      notify.receive();
      await reload(FILE.replace("9.0.0.0/8", "11.0.0.0/8"));
      const messages = notify.receive();
      const began = messages.findIndex((one) => one.startsWith("RELOADING=1\nMONOTONIC_USEC="));
      expect(began).toBeGreaterThan(0);
      expect(messages.indexOf("READY=1", began)).toBeGreaterThan(began);
      const now = BigInt(
        Math.round(
          Number(
            await Bun.file("/proc/uptime")
              .text()
              .then((it) => it.split(" ")[0]),
          ) * 1e6,
        ),
      );
      const told = BigInt(/MONOTONIC_USEC=(\d+)/.exec(messages[began]!)![1]!);
      expect(Number(now - told)).toBeLessThan(60e6);
    } finally {
      notify.close();
    }
  });
});

test("without a file, SIGHUP is ignored as before, and the command says why it cannot reload", async () => {
  const lab = await openLab();
  const daemon = lab.start({});
  await daemon.untilReady();
  daemon.signal("SIGHUP");
  await daemon.log.next(/SIGHUP ignored: there is no configuration file to reload/);
  expect(await lab.run(["reload"])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("there is no configuration file"),
  });
  expect((await daemon.metrics()).all("config_last_reload_successful")).toEqual([]);
});

describe("a bad file", () => {
  const rejected = async (daemon: Daemon): Promise<unknown> => {
    const { body } = await daemon.get("/api/v1/status");
    return JSON.parse(body).service.configuration.rejected;
  };

  test("changes nothing, names all problems, and is shown by metrics, status and log until it is corrected", async () => {
    const { lab, daemon, reload } = await setUp();
    const before = await lab.snapshot();
    const { status, stdout, stderr } = await reload(
      `${FILE}\n[[pool]]\nname = "vpn"\ncolour = 1\nmembers = ["mars"]\n`,
    );
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    for (const part of ["colour", "mars", "already the name", "nothing was changed"]) expect(stderr).toContain(part);
    expect(await lab.snapshot()).toBe(before);
    await daemon.log.next(/is not loaded: \d problems; the configuration from before stays in force/);
    const metrics = await daemon.metrics();
    expect(metrics.value("config_last_reload_successful")).toBe(0);
    expect(await rejected(daemon)).toMatchObject({
      problems: expect.arrayContaining([expect.stringContaining("mars")]),
    });
    const shown = await lab.run(["status"]);
    expect(shown.stdout).toContain("the configuration file was rejected");
    expect(await reload(FILE)).toMatchObject({ status: 0, stdout: "nothing has changed\n" });
    const after = await daemon.metrics();
    expect(after.value("config_last_reload_successful")).toBe(1);
    const name = "config_last_reload_success_timestamp_seconds";
    expect(after.value(name)).toBeGreaterThan(metrics.value(name));
    expect(await rejected(daemon)).toBeNull();
  });

  test.each([
    ["a folder", (path: string) => void (rmSync(path), mkdirSync(path)), /no file/],
    ["too long", (path: string) => writeFileSync(path, "# more\n".repeat(200_000)), /more than 1 MiB/],
    ["missing", (path: string) => rmSync(path), /ENOENT/],
    ["a pipe", (path: string) => void (rmSync(path), Bun.spawnSync(["mkfifo", path])), /no file/],
    [
      "no text",
      (path: string) =>
        writeFileSync(
          path,
          Uint8Array.from({ length: 1000 }, (_, at) => at % 256),
        ),
      /:1:/,
    ],
    ["empty", (path: string) => writeFileSync(path, ""), /gateway/],
  ])("that is %s changes nothing", async (_, spoil, problem) => {
    const { lab, path, reload } = await setUp();
    const before = await lab.snapshot();
    spoil(path);
    expect(await reload()).toMatchObject({ status: 3, stdout: "", stderr: expect.stringMatching(problem) });
    expect(await lab.snapshot()).toBe(before);
    rmSync(path, { recursive: true, force: true });
    expect(await reload(FILE)).toMatchObject({ status: 0 });
  });
});

test("places that another instance has are refused, and nothing is changed", async () => {
  const { lab, reload } = await setUp();
  const other = lab.start({
    ...{ "first-routing-table-id": 500, "first-rule-preference": 20000, "metrics-port": 9099 },
    ...{ "end-ip": SWEDEN },
  });
  await other.untilReady();
  const before = await lab.snapshot();
  const taken = `${FILE}[[pool]]\nname = "more"\nfrom = ["10.99.0.0/24"]\nmembers = ["sweden"]\n`;
  expect(await reload(`${taken}table = 500\n`)).toMatchObject({
    status: 3,
    stderr: expect.stringContaining("another instance manages table 500"),
  });
  expect(await reload(`${taken}preference = 20000\nwhen-no-gateways = "unreachable"\n`)).toMatchObject({
    status: 3,
    stderr: expect.stringContaining("20000"),
  });
  expect(await lab.snapshot()).toBe(before);
});

test("a reload while ip fails is in force, says what the kernel lacks, and is made up for", async () => {
  const lab = await openLab();
  const script = 'if [ -e "$0.broken" ]; then echo "Error: broken" >&2; exit 2; fi; exec $IP "$@"';
  const fake = lab.fakeIp(script);
  const iot = await lab.addClient("iot0", "10.78.0");
  const daemon = lab.startWithFile(FILE, {}, fake);
  await daemon.untilReady();
  const broken = `${String(fake.env!["PATH"]).split(":")[0]}/ip.broken`;
  writeFileSync(broken, "");
  chmodSync(broken, 0o644);
  const path = String(daemon.flags["config"]);
  writeFileSync(path, `${GATEWAYS}${VPN}`);
  const { status, stderr } = await lab.run(["reload"]);
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("still to be removed") });
  writeFileSync(path, FILE);
  expect(await lab.run(["reload"])).toMatchObject({ status: 3, stderr: expect.stringContaining("rest") });
  rmSync(broken);
  await lab.until(
    "the pool to be gone",
    () => lab.snapshot(),
    (it) => !it.includes("lookup 181"),
  );
  expect(await lab.run(["reload"])).toMatchObject({ status: 0 });
  expect([...new Set((await lab.traffic.survey(60, iot)).values())].sort()).toEqual([SWEDEN, NORWAY]);
});

test("a stop during a reload leaves nothing behind", async () => {
  const { lab, before, daemon, path } = await setUp();
  writeFileSync(path, `${GATEWAYS}${THIRD}${VPN.replace('"vpn"', '"other"')}${REST}`);
  lab.gateway(3).becomes(refusing);
  daemon.signal("SIGHUP");
  daemon.signal("SIGTERM");
  expect(await daemon.ended()).toMatchObject({ status: 0 });
  expect(await lab.snapshot()).toBe(before);
});

test("routes for probes beyond the gateways go to another pool when theirs is removed, and away with the last probe", async () => {
  const beyond = '[probe.beyond]\ntype = "tcp"\ntargets = ["8.8.8.8:80"]\nperiod = "500ms"\ntimeout = "250ms"\n';
  const { lab, reload } = await setUp(`${beyond}${FILE}`);
  const snapshot = await lab.snapshot();
  expect(snapshot).toContain("lookup 18001");
  expect(await reload(`${beyond}${GATEWAYS}${REST}`)).toMatchObject({ stdout: expect.stringContaining("removed vpn") });
  const left = await lab.snapshot();
  expect(left).toContain("lookup 18001");
  expect(left).not.toContain("lookup 180 ");
  expect(await reload(`${GATEWAYS}${REST}`)).toMatchObject({ status: 0 });
  expect(await lab.snapshot()).not.toContain("18001");
});
