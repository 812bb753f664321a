/** The service and its commands with a configuration file. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { addressOf, type Lab, openLab, refusing, runExecutable } from "./lab/index.ts";

setDefaultTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "grm-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

/** Writes a file, and returns its path. */
function write(text: string): string {
  const path = join(folder, `${files++}.toml`);
  writeFileSync(path, text);
  return path;
}

/** The flags with which the lab starts the service, and more of them. */
const FLAGS = ["-start-ip", addressOf(1), "-end-ip", addressOf(3), "-port", "9999", "-check-period", "250ms"];
const MORE = ["-timeout", "250ms", "-exclude-cidr", "9.0.0.0/8", "-metrics-port", "9191", "-log-level", "debug"];

/** The lab's gateways as a file. */
const FILE = `[service]
metrics-port = 9191
log-level = "debug"

[probe.health]
type = "http"
period = "250ms"
timeout = "250ms"

[[gateway]]
start-ip = "${addressOf(1)}"
end-ip = "${addressOf(3)}"

[[pool]]
exclude = ["9.0.0.0/8"]
`;

const run = (lab: Lab, ...words: string[]) => runExecutable(lab.router, words);

describe("a file", () => {
  test("is what the service runs with, and status and healthcheck find the service by it", async () => {
    const lab = await openLab({ gateways: 3 });
    lab.gateway(2).becomes(refusing);
    const daemon = lab.startWithFile(FILE, { "metrics-port": 9191 });
    const config = String(daemon.flags["config"]);
    await lab.untilRouted([1, 3]);
    for (const command of ["status", "healthcheck"]) {
      const { stdout, stderr } = await run(lab, command, "-config", config);
      expect(stderr).toBe("");
      expect(stdout).not.toBe("");
    }
    expect((await run(lab, "status", "-config", config)).stdout).toStartWith("degraded: 2 of 3 gateways are up");
    const inEnvironment = await runExecutable(lab.router, ["status"], { GRM_CONFIG: config });
    expect(inEnvironment.stdout).toStartWith("degraded: 2 of 3");
    const { status, stderr } = await daemon.stop();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("that is broken while the service runs does not hide the service from status and healthcheck", async () => {
    const lab = await openLab({ gateways: 3 });
    const config = String(lab.startWithFile(FILE).flags["config"]);
    await lab.untilRouted([1, 2, 3]);
    writeFileSync(config, FILE.replace("exclude", "exclud"));
    expect(await run(lab, "status", "-config", config)).toMatchObject({ status: 0, stderr: "" });
    expect(await run(lab, "healthcheck", "-config", config)).toMatchObject({ status: 0, stderr: "" });
  });

  test("that config prints has the same plan as the flags", async () => {
    const lab = await openLab({ gateways: 3 });
    const flags = [...FLAGS, ...MORE];
    const { stdout: text, status } = await run(lab, "config", ...flags);
    expect(status).toBe(0);
    const byFlags = await run(lab, "plan", "-json", ...flags);
    const byFile = await run(lab, "plan", "-json", "-config", write(text));
    expect(byFile).toEqual(byFlags);
    expect(byFlags.status).toBe(0);
    expect(await run(lab, "plan", "-json", "-config", write(FILE))).toEqual(byFlags);
  });

  test("is checked as flags are", async () => {
    const lab = await openLab({ gateways: 3 });
    lab.gateway(2).becomes(refusing);
    const check = async (...words: string[]) => {
      const ending = await run(lab, "check", "-json", ...words);
      return { ...ending, stdout: ending.stdout.replaceAll(/ after \d+ms/g, "").replace("check -port", "check port") };
    };
    const findings = await check("-config", write(FILE));
    expect(findings).toEqual(await check(...FLAGS, ...MORE));
    expect(findings.stdout).toContain(addressOf(2));
  });
});

describe("a file with problems", () => {
  const config = write('[service]\nmetrics-prot = 9191\n[[gateway]]\naddress = "10.0.0.256"\n');

  test.each([[[]], [["check"]], [["plan"]], [["print", "alerts"]]])(
    "ends %p before it does anything",
    async (words) => {
      const lab = await openLab({ gateways: 1 });
      const before = await lab.snapshot();
      const { status, stdout, stderr } = await run(lab, ...words, "-config", config);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr)
        .toBe(`gateway-route-manager: ${config}:2:1: [service]: unknown key "metrics-prot"; did you mean metrics-port?
   2 | metrics-prot = 9191
     | ^^^^^^^^^^^^
gateway-route-manager: ${config}:4:11: [[gateway]] address "10.0.0.256": expected an IPv4 address such as 192.168.1.10, or one of IPv6 such as fd00::10
   4 | address = "10.0.0.256"
     |           ^^^^^^^^^^^^
gateway-route-manager: see gateway-route-manager help configuration-file for all keys
`);
      expect(await lab.snapshot()).toBe(before);
    },
  );

  test("or one that is missing or endless is an error", async () => {
    const lab = await openLab({ gateways: 1 });
    expect(await run(lab, "-config", "/nonexistent")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('-config "/nonexistent": cannot be read (ENOENT'),
    });
    expect(await run(lab, "-config", "/dev/zero")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("it has more than 1 MiB"),
    });
  });

  test("cannot have flags of pools beside it", async () => {
    const lab = await openLab({ gateways: 1 });
    const { status, stderr } = await run(lab, "-config", write(FILE), "-fall", "3");
    expect(status).toBe(2);
    expect(stderr).toContain("-fall beside -config");
    expect(stderr).toEndWith("see -help for all flags\n");
  });
});
