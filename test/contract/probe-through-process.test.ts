/** Probes through gateways in processes with few rights, in an executable, and over TLS. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { failure, success } from "../fakes/probe-outcomes.ts";
import { answer, certificate, startTlsServer } from "../fakes/probe-server.ts";
import {
  type ChildOptions,
  inChild,
  MARK,
  openWorld,
  outcomesOf,
  serveUdp,
  TARGET,
  TIMEOUT,
} from "./probe-through.fixture.ts";

setDefaultTimeout(60_000);

let lab: Awaited<ReturnType<typeof openWorld>>;
beforeAll(async () => void (lab = await openWorld()));
afterAll(() => lab[Symbol.asyncDispose]());

const ECHO = { settings: { kind: "icmp", address: TARGET, timeout: TIMEOUT }, mark: MARK.first } as const;
const TCP = { settings: { kind: "tcp", address: TARGET, port: 7, timeout: TIMEOUT }, mark: MARK.second } as const;
const KINDS = ["tcp", "udp", "icmp"] as const;

/** Runs a command as a user without rights but the given capabilities, as a hardened service does. */
const withoutRoot = (...capabilities: readonly string[]): string[] => {
  const list = ["-all", ...capabilities.map((name) => `+${name}`)].join(",");
  const sets = [`--inh-caps=${list}`, `--ambient-caps=${list}`, `--bounding-set=${list}`];
  return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", ...sets];
};

describe("an executable that is compiled as the service is", () => {
  let folder: string;
  let executable: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "grm-through-"));
    chmodSync(folder, 0o755);
    executable = join(folder, "child");
    const script = new URL("../fakes/through-child.ts", import.meta.url).pathname;
    const flags = ["--compile", "--minify", "--bytecode", "--format=esm", "--outfile", executable];
    const { exitCode, stderr } = Bun.spawnSync([process.execPath, "build", ...flags, script]);
    if (exitCode !== 0) throw new Error(`bun build: ${stderr}`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (wrapper: readonly string[], more: ChildOptions = {}) =>
    inChild(lab.router, { kinds: KINDS, jobs: [ECHO, TCP] }, { command: [executable], wrapper, ...more });

  test("probes as another user than root with CAP_NET_ADMIN alone and without new privileges", async () => {
    const { unsupported, results } = await run(withoutRoot("net_admin"));
    expect(unsupported).toBeUndefined();
    expect(results.flat()).toMatchObject([
      { kind: "success", detail: "echo reply" },
      { kind: "failure", code: "refused", detail: "connection refused" },
    ]);
  });

  test("reports the missing capability, with its remedy", async () => {
    const { unsupported, results } = await run(withoutRoot());
    expect(unsupported).toEqual({
      code: "no-capability",
      detail: "cannot mark packets: the capability CAP_NET_ADMIN is missing (setsockopt SO_MARK: EPERM)",
      remedy: expect.stringContaining("AmbientCapabilities"),
    });
    for (const [result] of results) expect(result).toMatchObject({ code: "other", detail: unsupported!.detail });
  });

  test("reports that the group may not send echo requests, with the command that allows it", async () => {
    lab.router.tune({ "ipv4/ping_group_range": "1 0" });
    const { unsupported, results } = await run(withoutRoot("net_admin"));
    lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
    expect(unsupported).toMatchObject({
      code: "no-ping-socket",
      remedy: 'sysctl -w net.ipv4.ping_group_range="0 2147483647"',
    });
    expect(results.flat()).toMatchObject([{ code: "other", detail: unsupported!.detail }, { code: "refused" }]);
  });

  test("reports that the compiler of the engine is off", async () => {
    const { unsupported } = await run([], { environment: { BUN_JSC_useJIT: "0" } });
    expect(unsupported).toEqual({
      code: "no-ffi",
      detail: "cannot call the C library: bun:ffi requires the JIT",
      remedy: expect.stringContaining("MemoryDenyWriteExecute=no"),
    });
  });
});

describe("a probe over TLS through a gateway", () => {
  const trusted = { environment: { NODE_EXTRA_CA_CERTS: certificate("authority.pem") } };
  const here = { address: "127.0.0.1", enter: <T>(action: () => T): T => lab.router.enter(action) };
  const outcomeAt = async (name: string, host: string, options?: ChildOptions) => {
    await using server = await startTlsServer(`${name}.pem`, answer(200), here);
    const settings = { kind: "url", url: `https://${host}:${server.port}/`, timeout: 5000 } as const;
    const [outcome] = await outcomesOf(lab.router, [{ settings, mark: MARK.first }], options);
    return { outcome, request: server.visits.map(({ request }) => request).join("") };
  };

  test.each([
    ["right", "127.0.0.1"],
    ["wrong-name", "localhost"],
  ])("accepts a certificate of a trusted authority for the host: %s.pem for %s", async (name, host) => {
    const { outcome, request } = await outcomeAt(name, host, trusted);
    expect(outcome).toEqual(success(200));
    expect(request.toLowerCase()).toContain(`host: ${host}`);
  });

  test.each([
    ["right", "localhost", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["wrong-name", "127.0.0.1", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["client-only", "127.0.0.1", "INVALID_PURPOSE"],
    ["expired", "127.0.0.1", "CERT_HAS_EXPIRED"],
    ["self-signed", "127.0.0.1", "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ])("sends no request where the certificate is not valid: %s.pem for %s", async (name, host, code) => {
    expect(await outcomeAt(name, host, trusted)).toEqual({ outcome: failure("tls", `TLS: ${code}`), request: "" });
  });

  test("sends no request where the authority is not trusted", async () => {
    const outcome = failure("tls", "TLS: UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    expect(await outcomeAt("right", "127.0.0.1")).toEqual({ outcome, request: "" });
  });

  test("ignores the proxies of the environment", async () => {
    const proxies = {
      HTTPS_PROXY: "http://127.0.0.1:1",
      https_proxy: "http://127.0.0.1:1",
      ALL_PROXY: "http://127.0.0.1:1",
    };
    const environment = { ...trusted.environment, ...proxies };
    expect((await outcomeAt("right", "127.0.0.1", { environment })).outcome).toEqual(success(200));
  });
});

describe("the host name of a URL", () => {
  const outcomeOf = async (url: string, setUp: string) => {
    const settings = { kind: "url", url, timeout: TIMEOUT } as const;
    const [outcome] = await outcomesOf(lab.router, [{ settings, mark: MARK.first }], { setUp });
    return outcome;
  };

  // `ip netns exec` gives the process a mount namespace of its own.
  const resolver = (line: string) =>
    `mount -t tmpfs none /mnt && echo '${line}' >/mnt/r && mount --bind /mnt/r /etc/resolv.conf`;

  test("is a timeout where the name server does not answer in time", async () => {
    await serveUdp(lab.gw1, "10.0.1.2", () => [], 53);
    const outcome = await outcomeOf("http://host.example/", resolver("nameserver 10.0.1.2"));
    expect(outcome).toEqual(failure("timeout", `timeout after ${TIMEOUT}ms`));
  });

  test("that cannot be resolved is reported as such", async () => {
    const outcome = await outcomeOf("http://host.example/", resolver("nameserver 127.0.0.1"));
    expect(outcome).toMatchObject({ kind: "failure", code: "unresolved" });
  });
});
