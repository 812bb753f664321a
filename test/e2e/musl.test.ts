/** The executable for musl, run by musl's loader in a chroot that stands for a machine such as Alpine's. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { addressOf, IP, type Lab, openLab, refusing } from "./lab/index.ts";
import { Transcript } from "./lab/transcript.ts";

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

/** Starts the executable in the chroot, on the lab's router. `ip netns exec` brings the mounts that end with it. */
function start(lab: Lab, ...flags: string[]) {
  const inside = `mount -t proc proc "$0/proc" && exec chroot "$0" /usr/local/bin/gateway-route-manager "$@"`;
  return Bun.spawn([IP, "netns", "exec", lab.router.name, "sh", "-c", inside, root, ...flags], {
    env: { PATH: "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

test("its loader is musl's", async () => {
  const loader = join(root, "lib", `ld-musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`);
  const { stdout } = Bun.spawnSync(["readelf", "--program-headers", EXECUTABLE]);
  expect(stdout.toString()).toContain(`program interpreter: ${loader.slice(root.length)}]`);
  expect(existsSync(loader)).toBe(true);
});

test("it tells its version", async () => {
  const child = start(await openLab({ gateways: 1 }), "-version");
  expect(await child.stderr.text()).toBe("");
  expect(await child.stdout.text()).toMatch(/^gateway-route-manager \d+\.\d+\.\d+ /);
});

test("it brings a route, takes a gateway out of it, and removes it at the stop", async () => {
  const lab = await openLab({ gateways: 2 });
  const before = await lab.snapshot();
  const range = ["-start-ip", addressOf(1), "-end-ip", addressOf(2)];
  const child = start(lab, ...range, "-check-period", "250ms", "-timeout", "250ms");
  const log = new Transcript(child.stdout, () => lab.describe());
  const complaints = child.stderr.text();
  await lab.untilRouted([1, 2]);
  lab.gateway(2).becomes(refusing);
  await lab.untilRouted([1]);
  child.kill("SIGTERM");
  expect({ status: await child.exited, complaints: await complaints }).toEqual({ status: 0, complaints: "" });
  expect(await log.text()).toContain("nothing is left in the kernel");
  expect(await lab.snapshot()).toBe(before);
});
