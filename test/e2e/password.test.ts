/** -http-password: which requests it protects, and that it appears in no output. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { CALM, type Daemon, openLab, ROUTER, runExecutable } from "./lab/index.ts";

setDefaultTimeout(60_000);

const PASSWORD = "p4ss: wörd/+=";
const BASIC = { Authorization: `Basic ${Buffer.from(`prometheus:${PASSWORD}`).toString("base64")}` };
const PROTECTED = ["/metrics", "/readyz", "/api/v1/status", "/api/v1/log", "/", "/nothing"];

const statusOf = async (daemon: Daemon, path: string, headers: Record<string, string> = {}): Promise<number> =>
  (await daemon.get(path, "127.0.0.1", { headers })).status;

test("every path but /healthz answers 401 without the password, and is served with it", async () => {
  const lab = await openLab({ gateways: 1 });
  const daemon = lab.start(CALM, { env: { GRM_HTTP_PASSWORD_FILE: lab.file("password", `${PASSWORD}\n`) } });
  await lab.untilRouted([1]);
  await lab.until(
    "an answer",
    () => statusOf(daemon, "/healthz"),
    (status) => status === 200,
  );
  for (const path of PROTECTED) {
    expect(await statusOf(daemon, path)).toBe(401);
    expect(await statusOf(daemon, path, { Authorization: "Bearer wrong" })).toBe(401);
  }
  await daemon.log.next(/level=warn msg="HTTP port: wrong password, from 127\.0\.0\.1"/);
  const { body, headers } = await daemon.get("/api/v1/status", ROUTER);
  expect(body).toContain("a password is required");
  expect(headers.get("www-authenticate")).toStartWith("Basic ");
  for (const path of ["/metrics", "/readyz", "/api/v1/status", "/api/v1/log", "/"]) {
    await lab.until(
      `${path} to answer 200`,
      () => statusOf(daemon, path, BASIC),
      (status) => status === 200,
    );
    expect(await statusOf(daemon, path, { Authorization: `Bearer ${PASSWORD}` })).toBe(200);
  }
  expect(await statusOf(daemon, "/nothing", BASIC)).toBe(404);
  const log = (await daemon.get("/api/v1/log", "127.0.0.1", { headers: BASIC })).body;
  const metrics = (await daemon.get("/metrics", "127.0.0.1", { headers: BASIC })).body;
  const commandLine = readFileSync(`/proc/${daemon.pid}/cmdline`, "utf8");
  for (const text of [log, metrics, commandLine, daemon.log.tail(), daemon.stderr.tail(), body]) {
    expect(text).not.toContain("p4ss");
  }
});

test("the status command sends the password of its environment, and reports a missing or wrong one", async () => {
  const lab = await openLab({ gateways: 1 });
  const run = (command: string, env?: Record<string, string>) => runExecutable(lab.router, [command], env);
  lab.start(CALM, { env: { GRM_HTTP_PASSWORD: PASSWORD } });
  await lab.untilRouted([1]);
  await lab.until(
    "healthcheck to succeed without a password",
    () => run("healthcheck"),
    ({ status }) => status === 0,
  );
  await lab.until(
    "status to succeed",
    () => run("status", { GRM_HTTP_PASSWORD: PASSWORD }),
    ({ status }) => status === 0,
  );
  expect((await run("status", { GRM_HTTP_PASSWORD_FILE: lab.file("password", `${PASSWORD}\n`) })).status).toBe(0);
  // The status command does not read the files of other secrets.
  const more = { GRM_HTTP_PASSWORD: PASSWORD, GRM_DDNS_PASSWORD_FILE: "/nowhere" };
  expect((await run("status", more)).status).toBe(0);
  const without = await run("status");
  expect(without).toMatchObject({ status: 4, stdout: "" });
  expect(without.stderr).toContain("requires a password; set -http-password, GRM_HTTP_PASSWORD");
  const wrong = await run("status", { GRM_HTTP_PASSWORD: "wrong" });
  expect(wrong).toMatchObject({ status: 4, stdout: "" });
  expect(wrong.stderr).toContain("the password is wrong");
  expect(await run("status", { GRM_HTTP_PASSWORD_FILE: "/nowhere" })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('GRM_HTTP_PASSWORD_FILE "/nowhere": cannot be read'),
  });
});

test("without a password, all but /healthz answers 403 to a request with a public host name (DNS rebinding)", async () => {
  const lab = await openLab({ gateways: 1 });
  const daemon = lab.start({ ...CALM, "allowed-host": ["router.example.com", "b.example.com"] });
  await daemon.untilReady();
  for (const path of ["/", "/api/v1/status", "/api/v1/log", "/metrics", "/readyz", "/readyz?usable"]) {
    expect(await statusOf(daemon, path, { Host: "rebinding.example.com:9090" })).toBe(403);
    for (const host of ["router.lan:9090", "Router.example.com:9090", "b.example.com"])
      expect(await statusOf(daemon, path, { Host: host })).toBe(200);
  }
  await daemon.log.next(/level=warn.*public name \S*rebinding.example.com\S* rejected.* from 127\.0\.0\.1/);
  const { body } = await daemon.get("/api/v1/status", ROUTER, { headers: { Host: "rebinding.example.com" } });
  expect(body).toContain('host "rebinding.example.com" is a public name');
  expect(body).toContain("-allowed-host rebinding.example.com");
  expect(body).toContain("-http-password");
  expect(await statusOf(daemon, "/healthz", { Host: "rebinding.example.com:9090" })).toBe(200);
});

test("with a password, the API answers to any host name", async () => {
  const lab = await openLab({ gateways: 1 });
  const daemon = lab.start({ ...CALM, "http-password": PASSWORD });
  await lab.untilRouted([1]);
  const headers = { ...BASIC, Host: "router.example.com" };
  await lab.until(
    "an answer",
    () => statusOf(daemon, "/api/v1/status", headers),
    (status) => status === 200,
  );
});
