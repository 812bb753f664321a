/** Variables with which the environment could change the runtime of the executable. */
import { describe, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { EXECUTABLE, SYSTEM_PATH } from "./lab/executable.ts";
import { openDdnsLab, openLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

/** The TCP ports on which something listens in the network namespace of a process (proc_net_tcp: state 0A). */
function listeningPorts(pid: number): number[] {
  const sockets = ["tcp", "tcp6"].flatMap((file) => readFileSync(`/proc/${pid}/net/${file}`, "utf8").split("\n"));
  return sockets.flatMap((socket) => {
    const [, port] = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:0000 0A /.exec(socket) ?? [];
    return port === undefined ? [] : Number.parseInt(port, 16);
  });
}

test("variables of a developer's shell open no debugger, and are gone once the service runs", async () => {
  const lab = await openLab();
  const env = { BUN_INSPECT: "0.0.0.0:6499", BUN_JSC_dumpOptions: "0", NODE_TLS_REJECT_UNAUTHORIZED: "0" };
  const daemon = lab.start({}, { env });
  await lab.untilRouted([1, 2, 3]);
  const variables = readFileSync(`/proc/${daemon.pid}/environ`, "utf8").split("\0");
  const names = variables.map((variable) => variable.split("=")[0]!);
  expect(names.filter((name) => name in env)).toEqual([]);
  expect(listeningPorts(daemon.pid)).toEqual([9090]);
  const removed = "BUN_INSPECT, BUN_JSC_dumpOptions, NODE_TLS_REJECT_UNAUTHORIZED";
  await daemon.log.next(
    new RegExp(`level=warn msg="removed from the environment, since no service obeys them: ${removed};`),
  );
});

describe("the executable is no interpreter of other code", () => {
  const SCRIPT = 'require("node:fs").writeSync(1, "OTHER CODE\\n"); process.exit(9);';

  /** A folder with everything that the runtime might load by itself. */
  function folderOfCode(): string {
    const folder = mkdtempSync(join(tmpdir(), "grm-code-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const preload = join(folder, "preload.js");
    writeFileSync(preload, SCRIPT);
    writeFileSync(join(folder, ".env"), `BUN_OPTIONS=--preload=${preload}\nNODE_OPTIONS=--require=${preload}\n`);
    writeFileSync(join(folder, "bunfig.toml"), `preload = [${JSON.stringify(preload)}]\n`);
    writeFileSync(join(folder, "package.json"), '{ "scripts": { "-version": "echo OTHER CODE" } }');
    return folder;
  }

  test.each<[name: string, env: (file: string) => Record<string, string>, argv0?: string]>([
    ["the files of its working directory", () => ({})],
    ["BUN_BE_BUN", () => ({ BUN_BE_BUN: "1" })],
    ["BUN_OPTIONS", (file) => ({ BUN_OPTIONS: `--preload=${file}` })],
    ["BUN_INSPECT_PRELOAD", (file) => ({ BUN_INSPECT_PRELOAD: file, BUN_INSPECT: "127.0.0.1:6499" })],
    ["BUN_INSPECT, which would wait for a debugger", () => ({ BUN_INSPECT: "ws://127.0.0.1:6499/x?break=1" })],
    ["NODE_OPTIONS", (file) => ({ NODE_OPTIONS: `--require=${file}` })],
    ["the name node", () => ({}), "node"],
    ["the name bunx", () => ({}), "bunx"],
  ])("by %s", (_, env, argv0 = EXECUTABLE) => {
    const cwd = folderOfCode();
    const variables = { PATH: SYSTEM_PATH, ...env(join(cwd, "preload.js")) };
    const words = argv0 === EXECUTABLE ? ["-version"] : [join(cwd, "preload.js")];
    const { exitCode, stdout } = Bun.spawnSync([EXECUTABLE, ...words], { argv0, cwd, env: variables, timeout: 10_000 });
    expect(stdout.toString()).not.toContain("OTHER CODE");
    if (argv0 === EXECUTABLE) expect(stdout.toString()).toMatch(/^gateway-route-manager \d/);
    expect(exitCode).toBe(argv0 === EXECUTABLE ? 0 : 2);
  });
});

test("a provider whose certificate no known authority signed gets no key, whatever NODE_TLS_REJECT_UNAUTHORIZED says", async () => {
  const { ddns } = await openDdnsLab();
  const env = { NODE_EXTRA_CA_CERTS: "", NODE_TLS_REJECT_UNAUTHORIZED: "0" };
  const daemon = ddns.start({}, { env });
  await daemon.log.next(/level=warn.*Dynu cannot be reached: TLS/);
  expect(ddns.dynu.requests).toEqual([]);
});
