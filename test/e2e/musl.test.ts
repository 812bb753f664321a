/** The executable for musl, run by musl's loader in a chroot that resembles Alpine. */
import { afterAll, beforeAll, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { asVisitor } from "../fixtures/visitor.ts";
import { runIn } from "./lab/executable.ts";
import { CALM, type Lab, openDdnsLab, openLab, refusing, TABLE } from "./lab/index.ts";
import { NotifySocket } from "./lab/notify.ts";
import { serveSite } from "./lab/web.ts";

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

/** Enters the chroot on the lab's router; the arguments that follow are the executable to replace and its flags. */
const wrapper = (mounted = "true") => [
  "sh",
  "-c",
  `mount -t proc proc "$0/proc"; ${mounted}; shift; exec chroot "$0" /usr/local/bin/gateway-route-manager "$@"`,
  root,
];

/** The options with which a lab starts this executable. The mounts end with the mount namespace of `ip netns exec`. */
const inChroot = (mounted?: string) => ({
  wrapper: wrapper(mounted),
  image: join(root, "usr/local/bin/gateway-route-manager"),
});

/** Runs a command of the executable to its end. */
const run = (lab: Lab, ...args: string[]) => runIn(lab.router, [...wrapper(), EXECUTABLE, ...args]);

test("the executable for musl names musl's loader", () => {
  const loader = join(root, "lib", `ld-musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`);
  const { stdout } = Bun.spawnSync(["readelf", "--program-headers", EXECUTABLE]);
  expect(stdout.toString()).toContain(`program interpreter: ${loader.slice(root.length)}]`);
  expect(existsSync(loader)).toBe(true);
});

test("the executable for musl prints its version", async () => {
  const { stdout, stderr } = await run(await openLab({ gateways: 1 }), "-version");
  expect({ stdout, stderr }).toEqual({
    stdout: expect.stringMatching(/^gateway-route-manager \d+\.\d+\.\d+ /),
    stderr: "",
  });
});

test("the executable for musl adds, changes, restores and removes the route, and answers its commands", async () => {
  const lab = await openLab({ gateways: 2 });
  const before = await lab.snapshot();
  const daemon = lab.start(CALM, inChroot());
  await lab.untilRouted([1, 2]);
  lab.gateway(2).becomes(refusing);
  await lab.untilRouted([1]);
  await lab.router.ip("route", "flush", "table", String(TABLE));
  await lab.untilRouted([1]);
  const counts = ["gateway_active_count", "default_route_gateways_count"];
  await daemon.untilMetrics("one gateway, verified", (it) => counts.every((name) => it.value(name) === 1));
  expect(await run(lab, "healthcheck")).toEqual({ status: 0, stdout: "ok: probes are running\n", stderr: "" });
  expect(await run(lab, "status")).toMatchObject({ status: 1, stdout: expect.stringContaining("1 of 2 gateways") });
  expect(await daemon.stop()).toMatchObject({
    status: 0,
    stderr: "",
    stdout: expect.stringContaining("nothing is left in the kernel"),
  });
  expect(await lab.snapshot()).toBe(before);
});

test("the executable for musl probes beyond the gateways by echo requests and TCP", async () => {
  const lab = await openLab({ gateways: 2, beyond: true });
  serveSite(lab, lab.beyond.internet, { hostname: "0.0.0.0", port: 80, fetch: () => new Response("") });
  const before = await lab.snapshot();
  const through = ["icmp:1.1.1.1,9.9.9.9", "tcp:1.1.1.1:80"];
  const daemon = lab.start({ ...CALM, through, "through-period": "500ms", "through-timeout": "500ms" }, inChroot());
  await lab.untilRouted([1, 2]);
  await lab.beyond.setLoss(2, 100);
  await lab.untilRouted([1]);
  const { stdout, status } = await daemon.stop();
  expect(stdout).toMatch(/gateway 10\.77\.0\.12 down: (icmp|tcp) .*no answer through it/);
  expect(status).toBe(0);
  expect(await lab.snapshot()).toBe(before);
});

test("the executable for musl updates a DNS name over TLS, and notifies the service manager", async () => {
  const { lab, ddns } = await openDdnsLab({ gateways: 2 });
  const manager = new NotifySocket();
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
  expect((await lab.until("a WATCHDOG=1 message", () => manager.receive(), alive))[0]).toBe("READY=1");
  ddns.lab.gateway(2).becomes(refusing);
  await ddns.untilResolves([1]);
  expect((await daemon.stop()).status).toBe(0);
});

test("the executable for musl starts where another user has its locks, names who has them, and runs no other code", async () => {
  const lab = await openLab();
  const listen = () => Bun.listen({ unix: `\0gateway-route-manager/table/${TABLE}`, socket: { data() {} } });
  const visitor = lab.router.enter(() => asVisitor(listen));
  onTestFinished(() => visitor.stop(true));
  const first = lab.start({}, inChroot());
  await first.log.next(
    /level=warn msg="a process that is no service has the name of the lock table\/180 \(pid \d+, user 12345/,
  );
  await lab.untilRouted([1, 2, 3]);
  const second = lab.start({ "metrics-port": 9191 }, inChroot());
  expect((await second.ended()).stderr).toMatch(
    /another instance manages table 180 \(pid \d+, user 0, \/usr\/local\/bin\/gateway-route-manager\)/,
  );
  const asBun = await runIn(lab.router, [...wrapper(), EXECUTABLE, "-version"], { BUN_BE_BUN: "1" });
  expect(asBun.stdout).toMatch(/^gateway-route-manager \d/);
});
