/** What service managers and containers ask of the executable. */
import { describe, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ServiceManager } from "./lab/notify.ts";
import { EXECUTABLE, IP, openLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

const ROOT = join(import.meta.dir, "../..");
const FLAGS = ["-start-ip", "192.168.1.10", "-end-ip", "192.168.1.12", "-path", "/a%20b"];

const run = (...words: string[]) => runProgram(EXECUTABLE, ...words);

function runProgram(program: string, ...words: string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([program, ...words], { env: { PATH: process.env["PATH"]! } });
  return { status: exitCode, output: stdout.toString(), complaint: stderr.toString() };
}

/** A file that lasts as long as the test. */
function file(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "grm-service-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** Another name of the executable, in a new folder that lasts as long as the test. */
function programIn(parent: string, name: string): string {
  const folder = mkdtempSync(join(parent, "grm-service-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, name));
  cpSync(EXECUTABLE, join(folder, name, "gateway-route-manager"));
  return join(folder, name, "gateway-route-manager");
}

describe("a service file", () => {
  test("of systemd passes its verifier", () => {
    const unit = file("gateway-route-manager.service", run("service", "systemd", ...FLAGS).output);
    const { exitCode, stderr } = Bun.spawnSync(["systemd-analyze", "verify", "--recursive-errors=no", unit]);
    expect(stderr.toString()).toBe("");
    expect(exitCode).toBe(0);
  });

  test("of systemd is exposed no more than the guide says", async () => {
    const unit = file("gateway-route-manager.service", run("service", "systemd", ...FLAGS).output);
    const { stdout } = Bun.spawnSync(["systemd-analyze", "security", "--offline=true", "--no-pager", unit]);
    const score = /exposure level for \S+: ([\d.]+)/.exec(stdout.toString())?.[1];
    expect(Number(score)).toBeGreaterThan(0);
    const page = await Bun.file(join(ROOT, "src/guide/service.md")).text();
    expect(page).toContain(`exposure level of ${score}`);
  });

  test.each(["openrc", "openwrt"])("of %s is read by a shell", (manager) => {
    const { output } = run("service", manager, ...FLAGS);
    expect(output).toContain(EXECUTABLE);
    expect(Bun.spawnSync(["sh", "-n"], { stdin: Buffer.from(output) }).exitCode).toBe(0);
  });

  test("is not made of flags that are wrong, and all that is wrong is told", () => {
    const { status, output, complaint } = run("service", "upstart", "-prot", "1", "-port", "0");
    expect({ status, output }).toEqual({ status: 2, output: "" });
    for (const part of ["upstart", "systemd, openrc or openwrt", "-prot", '-port "0"'])
      expect(complaint).toContain(part);
  });

  test("may leave to variables what is required", () => {
    expect(run("service", "openwrt", "-check-period", "5s")).toMatchObject({ status: 0, complaint: "" });
  });

  test("passes systemd's verifier wherever the program lies, which is told where the service could not see it", () => {
    const program = programIn("/tmp", "a b%c $d");
    const { status, output, complaint } = runProgram(program, "service", "systemd", ...FLAGS);
    expect({ status, complaint }).toEqual({ status: 0, complaint: expect.stringContaining(`hides "${program}"`) });
    const { stderr } = Bun.spawnSync(["systemd-analyze", "verify", "--recursive-errors=no", file("a.service", output)]);
    expect(stderr.toString()).toBe("");
  });

  test("of systemd tells of a hook that the service could not see", () => {
    const told = (path: string) => run("service", "systemd", ...FLAGS, "-on-change", `${path} -x`).complaint;
    expect(told("/root/notify")).toContain('hides "/root/notify"');
    expect(told("/etc/gateway-route-manager/notify")).not.toContain("notify");
  });

  test("is not made for a program in a path that systemd refuses", () => {
    const { status, output, complaint } = runProgram(programIn(tmpdir(), "it's"), "service", "openrc", ...FLAGS);
    expect({ status, output }).toEqual({ status: 1, output: "" });
    expect(complaint).toContain("move it");
  });

  test("with a secret in it brings a warning that does not name the secret", () => {
    const { status, complaint } = run("service", "openrc", "-ddns-password", "hunter2");
    expect(status).toBe(0);
    expect(complaint).toContain("-ddns-password: every user can read it in this file");
    expect(complaint).not.toContain("hunter2");
  });
});

test("the version is the same in -version and in the metrics", async () => {
  const [, version, commit] = /^gateway-route-manager (\S+) \((\S+)\)\n$/.exec(run("-version").output)!;
  expect(version).toBe(((await Bun.file(join(ROOT, "package.json")).json()) as { version: string }).version);
  const lab = await openLab({ gateways: 1 });
  const metrics = await lab.start().untilMetrics("the version", (it) => it.value("build_info") === 1);
  expect(metrics.value("build_info", { version: version!, commit: commit! })).toBe(1);
});

test("systemd is told of the start, of life and of the stop", async () => {
  const lab = await openLab({ gateways: 1 });
  const manager = new ServiceManager();
  onTestFinished(() => manager.close());
  const daemon = lab.start({}, { env: { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "300000" } });
  await daemon.untilReady();
  const alive = (messages: readonly string[]): boolean => messages.filter((it) => /^WATCHDOG=1$/m.test(it)).length >= 3;
  expect((await lab.until("signs of life", () => manager.receive(), alive))[0]).toBe("READY=1");
  expect((await daemon.stop()).status).toBe(0);
  expect(manager.receive().at(-1)).toBe("STOPPING=1");
});

test("a systemd that has stopped to read keeps nothing from working, and hears of the start when it goes on", async () => {
  const lab = await openLab({ gateways: 1 });
  const manager = new ServiceManager();
  onTestFinished(() => manager.close());
  manager.fill();
  const daemon = lab.start({}, { env: { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "300000" } });
  await lab.untilRouted([1]);
  await lab.until(
    "the start",
    () => manager.receive(),
    (messages) => messages.some((it) => /^READY=1$/m.test(it)),
  );
  manager.fill();
  expect((await daemon.stop()).status).toBe(0);
});

test("a socket that is not there keeps nothing from working", async () => {
  const lab = await openLab({ gateways: 1 });
  lab.start({}, { env: { NOTIFY_SOCKET: "/nowhere/socket", WATCHDOG_USEC: "300000" } });
  await lab.untilRouted([1]);
});

test("a plain user with the one privilege can do everything", async () => {
  const lab = await openLab({ gateways: 2 });
  const user = ["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"];
  const privilege = ["--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin", "--bounding-set=-all,+net_admin"];
  const before = await lab.snapshot();
  const daemon = lab.start({}, { wrapper: ["setpriv", ...user, ...privilege] });
  await lab.untilRouted([1, 2]);
  expect((await daemon.stop()).status).toBe(0);
  expect(await lab.snapshot()).toBe(before);
});

describe("healthcheck", () => {
  /** Asks from inside the router's namespace. */
  const ask = (space: string, ...flags: string[]) => askWith({}, space, ...flags);
  const askWith = (env: Record<string, string>, space: string, ...flags: string[]) => {
    const command = [IP, "netns", "exec", space, EXECUTABLE, "healthcheck", ...flags];
    const { exitCode, stdout } = Bun.spawnSync(command, { env: { PATH: process.env["PATH"]!, ...env } });
    return { status: exitCode, answer: stdout.toString() };
  };

  test("says whether the service is well, at the port that its flags name", async () => {
    const lab = await openLab({ gateways: 1 });
    const daemon = lab.start({ "metrics-port": 9191 });
    await daemon.untilReady();
    expect(ask(lab.router.name, "-metrics-port", "9191")).toEqual({ status: 0, answer: "ok: probes are running\n" });
    expect(ask(lab.router.name)).toMatchObject({ status: 1, answer: expect.stringContaining("127.0.0.1:9090") });
    daemon.signal("SIGSTOP"); // as a service that hangs
    expect(ask(lab.router.name, "-metrics-port", "9191")).toMatchObject({ status: 1 });
    daemon.signal("SIGCONT");
  });

  test("needs no secret, and so does not read the files of those that the environment names", async () => {
    const lab = await openLab({ gateways: 1 });
    await lab.start().untilReady();
    const secrets = { GRM_DDNS_PASSWORD_FILE: "/nowhere", GRM_PUBLIC_IP_SERVICE_API_KEY_FILE: "/nowhere" };
    expect(askWith({ ...secrets, GRM_DDNS_PROVIDER: "dynudns" }, lab.router.name)).toMatchObject({ status: 0 });
  });

  test("finds a service that listens at one address only", async () => {
    const lab = await openLab({ gateways: 1 });
    const daemon = lab.start({ "metrics-address": "10.77.0.1" });
    await lab.untilRouted([1]);
    expect(daemon.isRunning).toBe(true);
    expect(ask(lab.router.name, "-metrics-address", "10.77.0.1")).toMatchObject({ status: 0 });
    expect(ask(lab.router.name)).toMatchObject({ status: 1 });
  });
});
