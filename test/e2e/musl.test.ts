/** The executable for musl, run by musl's loader in a chroot that stands for a machine such as Alpine's. */
import { afterAll, beforeAll, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { SYSTEM_PATH } from "./lab/daemon.ts";
import { IP, type Lab, openDdnsLab, openLab, refusing, TABLE } from "./lab/index.ts";
import { ServiceManager } from "./lab/notify.ts";

setDefaultTimeout(60_000);

const REPOSITORY = join(import.meta.dir, "../..");
const EXECUTABLE = join(REPOSITORY, `dist/linux-${process.arch}-musl/gateway-route-manager`);

let folder: string;
let root: string;

beforeAll(() => {
  if (!existsSync(EXECUTABLE)) throw new Error(`${EXECUTABLE} is missing: run scripts/build first`);
  folder = mkdtempSync(join(tmpdir(), "grm-musl-"));
  root = join(folder, "root");
  const { exitCode, stderr } = Bun.spawnSync([join(REPOSITORY, "scripts/musl-root"), root, "ip"]);
  if (exitCode !== 0) throw new Error(`scripts/musl-root: ${stderr}`);
  cpSync(EXECUTABLE, join(root, "usr/local/bin/gateway-route-manager"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What enters the chroot on the lab's router, given the executable to replace and its flags. */
const wrapper = (mounted = "true") => [
  "sh",
  "-c",
  `mount -t proc proc "$0/proc"; ${mounted}; shift; exec chroot "$0" /usr/local/bin/gateway-route-manager "$@"`,
  root,
];

/** How a lab starts this executable. `ip netns exec` brings the mounts, which end with it. */
const inChroot = (mounted?: string) => ({
  wrapper: wrapper(mounted),
  image: join(root, "usr/local/bin/gateway-route-manager"),
});

/** What the executable prints, with its status. */
function run(lab: Lab, ...words: string[]) {
  const command = [IP, "netns", "exec", lab.router.name, ...wrapper(), EXECUTABLE, ...words];
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { env: { PATH: SYSTEM_PATH } });
  return { status: exitCode, output: stdout.toString(), complaint: stderr.toString() };
}

test("its loader is musl's", async () => {
  const loader = join(root, "lib", `ld-musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`);
  const { stdout } = Bun.spawnSync(["readelf", "--program-headers", EXECUTABLE]);
  expect(stdout.toString()).toContain(`program interpreter: ${loader.slice(root.length)}]`);
  expect(existsSync(loader)).toBe(true);
});

test("it tells its version", async () => {
  const { output, complaint } = run(await openLab({ gateways: 1 }), "-version");
  expect({ output, complaint }).toEqual({
    output: expect.stringMatching(/^gateway-route-manager \d+\.\d+\.\d+ /),
    complaint: "",
  });
});

test("it brings a route, takes a gateway out of it, heals, answers, and removes everything at the stop", async () => {
  const lab = await openLab({ gateways: 2 });
  const before = await lab.snapshot();
  const daemon = lab.start({ "check-period": "1s", timeout: "1s" }, inChroot());
  await lab.untilRouted([1, 2]);
  lab.gateway(2).becomes(refusing);
  await lab.untilRouted([1]);
  await lab.router.ip("route", "flush", "table", String(TABLE));
  await lab.untilRouted([1]);
  const counts = ["gateway_active_count", "default_route_gateways_count"];
  await daemon.untilMetrics("one gateway, read back", (it) => counts.every((name) => it.value(name) === 1));
  expect(run(lab, "healthcheck")).toEqual({ status: 0, output: "ok: probes are running\n", complaint: "" });
  expect(run(lab, "status")).toMatchObject({ status: 1, output: expect.stringContaining("1 of 2 gateways") });
  expect(await daemon.stop()).toMatchObject({
    status: 0,
    complaint: "",
    output: expect.stringContaining("nothing is left in the kernel"),
  });
  expect(await lab.snapshot()).toBe(before);
});

test("it keeps a DNS name over TLS, and tells a service manager how it is", async () => {
  const { lab, ddns } = await openDdnsLab({ gateways: 2 });
  const manager = new ServiceManager();
  onTestFinished(() => manager.close());
  const authority = ddns.env.NODE_EXTRA_CA_CERTS;
  const notify = dirname(manager.path);
  const mounted = [dirname(authority), notify]
    .map((path) => `mkdir -p "$0${path}" && mount --bind "${path}" "$0${path}"`)
    .join(" && ");
  const env = { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "300000" };
  const daemon = ddns.start({}, { ...inChroot(mounted), env });
  await ddns.untilResolves([1, 2]);
  const alive = (messages: readonly string[]): boolean => messages.some((it) => /^WATCHDOG=1$/m.test(it));
  expect((await lab.until("signs of life", () => manager.receive(), alive))[0]).toBe("READY=1");
  ddns.lab.gateway(2).becomes(refusing);
  await ddns.untilResolves([1]);
  expect((await daemon.stop()).status).toBe(0);
});
