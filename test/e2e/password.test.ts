/** -http-password: who gets in, and that nobody learns it. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { type Daemon, EXECUTABLE, IP, type Lab, openLab, ROUTER } from "./lab/index.ts";

setDefaultTimeout(60_000);

const PASSWORD = "p4ss: wörd/+=";
const BASIC = { Authorization: `Basic ${Buffer.from(`prometheus:${PASSWORD}`).toString("base64")}` };
/** Timings that a busy machine does not mistake for a gateway's failure. */
const CALM = { "check-period": "1s", timeout: "1s" };
const GUARDED = ["/metrics", "/readyz", "/api/v1/status", "/api/v1/log", "/", "/nothing"];

const statusOf = async (daemon: Daemon, path: string, headers: Record<string, string> = {}): Promise<number> =>
  (await daemon.get(path, "127.0.0.1", { headers })).status;

/** Runs a command of the executable on the lab's router, while the gateways go on answering. */
async function run(lab: Lab, command: string, env: Record<string, string> = {}) {
  const child = Bun.spawn([IP, "netns", "exec", lab.router.name, EXECUTABLE, command], {
    env: { PATH: process.env["PATH"]!, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, complaint, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status, output, complaint };
}

test("the password opens everything, and without it nothing answers but /healthz", async () => {
  const lab = await openLab({ gateways: 1 });
  const daemon = lab.start(CALM, { env: { GRM_HTTP_PASSWORD_FILE: lab.file("password", `${PASSWORD}\n`) } });
  await lab.untilRouted([1]);
  await lab.until(
    "an answer",
    () => statusOf(daemon, "/healthz"),
    (status) => status === 200,
  );
  for (const path of GUARDED) {
    expect(await statusOf(daemon, path)).toBe(401);
    expect(await statusOf(daemon, path, { Authorization: "Bearer wrong" })).toBe(401);
  }
  const { body, headers } = await daemon.get("/api/v1/status", ROUTER);
  expect(body).toContain("a password is required");
  expect(headers.get("www-authenticate")).toStartWith("Basic ");
  for (const path of ["/metrics", "/readyz", "/api/v1/status", "/api/v1/log", "/"]) {
    await lab.until(
      `${path} to open`,
      () => statusOf(daemon, path, BASIC),
      (status) => status === 200,
    );
    expect(await statusOf(daemon, path, { Authorization: `Bearer ${PASSWORD}` })).toBe(200);
  }
  expect(await statusOf(daemon, "/nothing", BASIC)).toBe(404);
  const log = (await daemon.get("/api/v1/log", "127.0.0.1", { headers: BASIC })).body;
  const metrics = (await daemon.get("/metrics", "127.0.0.1", { headers: BASIC })).body;
  const commandLine = readFileSync(`/proc/${daemon.pid}/cmdline`, "utf8");
  for (const told of [log, metrics, commandLine, daemon.log.tail(), daemon.complaints.tail(), body]) {
    expect(told).not.toContain("p4ss");
  }
});

test("the commands that ask the service know the password, or say that they need it", async () => {
  const lab = await openLab({ gateways: 1 });
  lab.start(CALM, { env: { GRM_HTTP_PASSWORD: PASSWORD } });
  await lab.untilRouted([1]);
  await lab.until(
    "health",
    () => run(lab, "healthcheck"),
    ({ status }) => status === 0,
  ); // no password, and none needed
  await lab.until(
    "health",
    () => run(lab, "status", { GRM_HTTP_PASSWORD: PASSWORD }),
    ({ status }) => status === 0,
  );
  expect((await run(lab, "status", { GRM_HTTP_PASSWORD_FILE: lab.file("password", `${PASSWORD}\n`) })).status).toBe(0);
  // Files of other secrets are none of its business.
  const more = { GRM_HTTP_PASSWORD: PASSWORD, GRM_DDNS_PASSWORD_FILE: "/nowhere" };
  expect((await run(lab, "status", more)).status).toBe(0);
  const without = await run(lab, "status");
  expect(without).toMatchObject({ status: 4, output: "" });
  expect(without.complaint).toContain("requires a password; set -http-password, GRM_HTTP_PASSWORD");
  const wrong = await run(lab, "status", { GRM_HTTP_PASSWORD: "wrong" });
  expect(wrong).toMatchObject({ status: 4, output: "" });
  expect(wrong.complaint).toContain("the password is wrong");
  expect(await run(lab, "status", { GRM_HTTP_PASSWORD_FILE: "/nowhere" })).toMatchObject({
    status: 2,
    complaint: expect.stringContaining('GRM_HTTP_PASSWORD_FILE "/nowhere": cannot be read'),
  });
});

test("without a password, no web page from elsewhere reads the API by way of a name of its own", async () => {
  const lab = await openLab({ gateways: 1 });
  const daemon = lab.start(CALM);
  await daemon.untilReady();
  for (const path of ["/", "/api/v1/status", "/api/v1/log"]) {
    expect(await statusOf(daemon, path, { Host: "rebinding.example.com:9090" })).toBe(403);
    expect(await statusOf(daemon, path, { Host: "router.lan:9090" })).toBe(200);
  }
  const { body } = await daemon.get("/api/v1/status", ROUTER, { headers: { Host: "rebinding.example.com" } });
  expect(body).toContain('host "rebinding.example.com" is a public name');
  expect(body).toContain("-http-password");
  for (const path of ["/metrics", "/readyz", "/healthz"]) {
    expect(await statusOf(daemon, path, { Host: "rebinding.example.com:9090" })).toBe(200);
  }
});

test("with a password, any name will do", async () => {
  const lab = await openLab({ gateways: 1 });
  const daemon = lab.start({ ...CALM, "http-password": PASSWORD });
  await lab.untilRouted([1]);
  const asking = { ...BASIC, Host: "router.example.com" };
  await lab.until(
    "an answer",
    () => statusOf(daemon, "/api/v1/status", asking),
    (status) => status === 200,
  );
});
