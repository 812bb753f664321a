/** The executable under service managers and in containers: service files, sd_notify, privileges, healthcheck. */
import { describe, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Ending, Environment } from "./lab/executable.ts";
import { EXECUTABLE, type Lab, openLab, runExecutable } from "./lab/index.ts";
import { NotifySocket } from "./lab/notify.ts";

setDefaultTimeout(60_000);

const ROOT = join(import.meta.dir, "../..");
const FLAGS = ["-start-ip", "192.168.1.10", "-end-ip", "192.168.1.12", "-path", "/a%20b"];

const run = (...args: string[]) => runProgram(EXECUTABLE, ...args);

function runProgram(program: string, ...args: string[]): Ending {
  const { exitCode, stdout, stderr } = Bun.spawnSync([program, ...args], { env: { PATH: process.env["PATH"]! } });
  return { status: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** Writes a file in a folder that is removed at the end of the test; its path. */
function file(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "grm-service-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** Copies the executable to PARENT/.../NAME, in a folder that is removed at the end of the test; its path. */
function programIn(parent: string, name: string): string {
  const folder = mkdtempSync(join(parent, "grm-service-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, name));
  cpSync(EXECUTABLE, join(folder, name, "gateway-route-manager"));
  return join(folder, name, "gateway-route-manager");
}

/** The messages of systemd's verifier about a unit. */
function verify(unit: string): Ending {
  return runProgram("systemd-analyze", "verify", "--recursive-errors=no", file("gateway-route-manager.service", unit));
}

describe("the service command", () => {
  test("prints a systemd unit that systemd-analyze verifies without a message", () => {
    expect(verify(run("service", "systemd", ...FLAGS).stdout)).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("prints a systemd unit with the exposure level that the guide names", async () => {
    const unit = file("gateway-route-manager.service", run("service", "systemd", ...FLAGS).stdout);
    const { stdout } = runProgram("systemd-analyze", "security", "--offline=true", "--no-pager", unit);
    const score = /exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1];
    expect(Number(score)).toBeGreaterThan(0);
    const page = await Bun.file(join(ROOT, "src/guide/service.md")).text();
    expect(page).toContain(`exposure level of ${score}`);
  });

  test.each(["openrc", "openwrt"])("prints a script for %s that a shell can parse", (manager) => {
    const { stdout } = run("service", manager, ...FLAGS);
    expect(stdout).toContain(EXECUTABLE);
    expect(Bun.spawnSync(["sh", "-n"], { stdin: Buffer.from(stdout) }).exitCode).toBe(0);
  });

  test("reports every wrong flag and the known service managers, and exits with status 2", () => {
    const { status, stdout, stderr } = run("service", "upstart", "-prot", "1", "-port", "0");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    for (const part of ["upstart", "systemd, openrc or openwrt", "-prot", '-port "0"']) {
      expect(stderr).toContain(part);
    }
  });

  test("accepts a command line without the required flags, since variables may set them", () => {
    expect(run("service", "openwrt", "-check-period", "5s")).toMatchObject({ status: 0, stderr: "" });
  });

  test("quotes the path of the program for systemd, and warns where the unit hides that path", () => {
    const program = programIn("/tmp", "a b%c $d");
    const { status, stdout, stderr } = runProgram(program, "service", "systemd", ...FLAGS);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining(`hides "${program}"`) });
    expect(verify(stdout).stderr).toBe("");
  });

  test("warns of an -on-change command whose path the systemd unit hides", () => {
    const warning = (path: string) => run("service", "systemd", ...FLAGS, "-on-change", `${path} -x`).stderr;
    expect(warning("/root/notify")).toContain('hides "/root/notify"');
    expect(warning("/etc/gateway-route-manager/notify")).not.toContain("notify");
  });

  test("has the folders of the table that the configuration file names, where commands look for the socket", () => {
    const path = file("c.toml", "[service]\nfirst-routing-table-id = 300\nmetrics-port = 0");
    const { status, stdout } = run("service", "systemd", "-config", path);
    expect(status).toBe(0);
    expect(stdout).toContain("\nRuntimeDirectory=gateway-route-manager/300\n");
    expect(stdout).toContain("\nStateDirectory=gateway-route-manager/300\n");
    expect(verify(stdout)).toEqual({ status: 0, stdout: "", stderr: "" });
    const { stdout: byFlag } = run("service", "systemd", "-config", path, "-first-routing-table-id", "400");
    expect(byFlag).toContain("\nRuntimeDirectory=gateway-route-manager/400\n");
    const { stdout: without } = run("service", "systemd", "-config", "/etc/grm/none.toml");
    expect(without).toContain("\nRuntimeDirectory=gateway-route-manager/180\n");
  });

  test("leaves the file of drained gateways on OpenWrt to a configuration file that names one", () => {
    const path = file("c.toml", '[service]\ndrain-file = "/mnt/drained.json"\n');
    expect(run("service", "openwrt", "-config", path).stdout).not.toContain("GRM_DRAIN_FILE");
    expect(run("service", "openwrt", "-config", "/etc/grm/none.toml").stdout).toContain("GRM_DRAIN_FILE");
  });

  test("names a way for secrets that works with a configuration file", () => {
    const { stdout } = run("service", "systemd", "-config", "/etc/grm/none.toml");
    expect(stdout).not.toContain("GRM_DDNS_PASSWORD_FILE"); // which cannot stand beside a file
    expect(stdout).toContain('password-file = "/run/credentials/gateway-route-manager.service/ddns-password"');
  });

  test("exits with status 1 where the program's path has a quote, which a service file cannot contain", () => {
    const { status, stdout, stderr } = runProgram(programIn(tmpdir(), "it's"), "service", "openrc", ...FLAGS);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("move it");
  });

  test("warns of a secret among the flags without showing it", () => {
    const { status, stderr } = run("service", "openrc", "-ddns-password", "hunter2");
    expect(status).toBe(0);
    expect(stderr).toContain("-ddns-password: every user can read it in this file");
    expect(stderr).not.toContain("hunter2");
  });
});

test("-version and the metric build_info show the version of package.json and the same commit", async () => {
  const [, version, commit] = /^gateway-route-manager (\S+) \((\S+)\)\n$/.exec(run("-version").stdout)!;
  expect(version).toBe(((await Bun.file(join(ROOT, "package.json")).json()) as { version: string }).version);
  const lab = await openLab({ gateways: 1 });
  const metrics = await lab.start().untilMetrics("the version", (it) => it.value("build_info") === 1);
  expect(metrics.value("build_info", { version: version!, commit: commit! })).toBe(1);
});

test("the service sends READY=1 first, then WATCHDOG=1 repeatedly, and STOPPING=1 last", async () => {
  const lab = await openLab({ gateways: 1 });
  const manager = new NotifySocket();
  onTestFinished(() => manager.close());
  const daemon = lab.start({}, { env: { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "300000" } });
  await daemon.untilReady();
  const alive = (messages: readonly string[]): boolean => messages.filter((it) => /^WATCHDOG=1$/m.test(it)).length >= 3;
  expect((await lab.until("three WATCHDOG=1 messages", () => manager.receive(), alive))[0]).toBe("READY=1");
  expect((await daemon.stop()).status).toBe(0);
  expect(manager.receive().at(-1)).toBe("STOPPING=1");
});

test("a full notification socket does not delay the service, which sends READY=1 when there is room", async () => {
  const lab = await openLab({ gateways: 1 });
  const manager = new NotifySocket();
  onTestFinished(() => manager.close());
  manager.fill();
  const daemon = lab.start({}, { env: { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "300000" } });
  await lab.untilRouted([1]);
  await lab.until(
    "READY=1",
    () => manager.receive(),
    (messages) => messages.some((it) => /^READY=1$/m.test(it)),
  );
  manager.fill();
  expect((await daemon.stop()).status).toBe(0);
});

test("a notification socket that does not exist does not prevent the route", async () => {
  const lab = await openLab({ gateways: 1 });
  lab.start({}, { env: { NOTIFY_SOCKET: "/nowhere/socket", WATCHDOG_USEC: "300000" } });
  await lab.untilRouted([1]);
});

test("an unprivileged user with CAP_NET_ADMIN alone can add the route and remove it at the stop", async () => {
  const lab = await openLab({ gateways: 2 });
  const user = ["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"];
  const privilege = ["--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin", "--bounding-set=-all,+net_admin"];
  const before = await lab.snapshot();
  const daemon = lab.start({}, { wrapper: ["setpriv", ...user, ...privilege] });
  await lab.untilRouted([1, 2]);
  expect((await daemon.stop()).status).toBe(0);
  expect(await lab.snapshot()).toBe(before);
});

test("root's commands take the answers of a service that runs as a user of its own, and no second one starts", async () => {
  const lab = await openLab({ gateways: 2 });
  const user = ["--reuid=61200", "--regid=61200", "--clear-groups", "--no-new-privs"];
  const privilege = ["--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin", "--bounding-set=-all,+net_admin"];
  lab.start({ "http-password": "secret" }, { wrapper: ["setpriv", ...user, ...privilege] });
  await lab.untilRouted([1, 2]);
  expect(await lab.run(["healthcheck"])).toMatchObject({ status: 0 });
  expect(await lab.run(["status", "-http-password", "secret"])).toMatchObject({ status: 0 });
  const { stderr } = await lab.start({ "metrics-port": 9191 }).ended();
  expect(stderr).toMatch(/another instance manages table 180 \(pid \d+, user 61200, /);
});

describe("healthcheck", () => {
  const healthcheck = ({ router }: Lab, flags: readonly string[] = [], env?: Environment): Promise<Ending> =>
    runExecutable(router, ["healthcheck", ...flags], env);

  test("exits with 0 while the service answers at the given port, and with 1 when it does not", async () => {
    const lab = await openLab({ gateways: 1 });
    const daemon = lab.start({ "metrics-port": 9191 });
    await daemon.untilReady();
    const flags = ["-metrics-port", "9191"];
    expect(await healthcheck(lab, flags)).toMatchObject({ status: 0, stdout: "ok: probes are running\n" });
    expect(await healthcheck(lab)).toMatchObject({ status: 1, stdout: expect.stringContaining("127.0.0.1:9090") });
    daemon.signal("SIGSTOP"); // like a service that hangs
    expect(await healthcheck(lab, flags)).toMatchObject({ status: 1 });
    daemon.signal("SIGCONT");
  });

  test("does not read the files of secrets that the environment names", async () => {
    const lab = await openLab({ gateways: 1 });
    await lab.start().untilReady();
    const secrets = { GRM_DDNS_PASSWORD_FILE: "/nowhere", GRM_PUBLIC_IP_SERVICE_API_KEY_FILE: "/nowhere" };
    expect(await healthcheck(lab, [], { ...secrets, GRM_DDNS_PROVIDER: "dynudns" })).toMatchObject({ status: 0 });
  });

  test("reaches a service that listens at the address of -metrics-address alone", async () => {
    const lab = await openLab({ gateways: 1 });
    const daemon = lab.start({ "metrics-address": "10.77.0.1" });
    await lab.untilRouted([1]);
    expect(daemon.isRunning).toBe(true);
    expect(await healthcheck(lab, ["-metrics-address", "10.77.0.1"])).toMatchObject({ status: 0 });
    expect(await healthcheck(lab)).toMatchObject({ status: 1 });
  });
});
