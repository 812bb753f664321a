/** Notifications to -on-change and -webhook-url arrive whatever command and receiver do, and never delay the routes. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, copyFileSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

import { type Zombie, zombieIn } from "../../src/service/reaper.ts";
import type { Notification } from "../../src/hooks/notification.ts";
import {
  addressOf,
  answering,
  CALM,
  inTurn,
  type Lab,
  openDdnsLab,
  openLab,
  openReceiver,
  PREFERENCE,
  processesWith,
  UPSTREAM,
  writeScript,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

/** An argument for `sleep` of more than an hour that no other process of this machine has on its command line. */
const napOf = (number: number): string => `4712.${process.pid}00${number}`;

const eventsOf = (notifications: readonly Notification[]): string[] => notifications.map(({ event }) => event);

/** Makes a gateway answer with this status, and waits until the route has exactly these gateways. */
async function turn(lab: Lab, number: number, status: number, routed: readonly number[]): Promise<void> {
  lab.gateway(number).becomes(answering(status));
  await lab.untilRouted(routed);
}

/** The children of a process that have ended, and that it has not waited for. */
function zombiesOf(parent: number): Zombie[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      return (/^\d+$/.test(pid) && zombieIn(readFileSync(`/proc/${pid}/stat`, "latin1"), parent)) || [];
    } catch {
      return []; // it has gone meanwhile
    }
  });
}

const untilNone = (lab: Lab, text: string) =>
  lab.until(
    `the end of all processes with ${text}`,
    () => processesWith(text),
    (pids) => pids.length === 0,
  );

test("each kind of event reaches command and webhook once, in the same order and with the same content", async () => {
  const { lab, ddns } = await openDdnsLab({ gateways: 2 });
  const [receiver, script] = [openReceiver(lab), writeScript(lab)];
  await lab.router.ip("route", "add", "default", "via", UPSTREAM, "table", "180");
  ddns.dynu.fail({ kind: "body", statusCode: 505, type: "Validation Exception", message: "No." }, { call: "add" });
  const env = { GRM_WEBHOOK_URL: `${receiver.url}/changes` };
  const daemon = ddns.start({ "on-change": script.command }, { env });
  const until = async (event: string, times = 1): Promise<void> => {
    for (const read of [() => receiver.accepted, () => script.notifications]) {
      const count = (): number => eventsOf(read()).filter((one) => one === event).length;
      await lab.until(`${event} ${times} times`, count, (seen) => seen >= times);
    }
  };
  await until("conflict");
  await lab.router.ip("route", "delete", "default", "table", "180");
  await lab.untilRouted([1, 2]);
  await until("ddns-failing");
  await turn(lab, 2, 503, [1]);
  await until("gateway-down");
  await until("ddns-mended");
  await turn(lab, 1, 503, []);
  await until("all-down");
  await turn(lab, 1, 200, [1]);
  await turn(lab, 2, 200, [1, 2]);
  await until("gateway-up", 2);
  await lab.router.ip("rule", "delete", "preference", String(PREFERENCE));
  await until("drift-repaired");

  expect(eventsOf(receiver.accepted)).toEqual([
    "conflict",
    "ddns-failing",
    ...["gateway-down", "ddns-mended", "gateway-down", "all-down"],
    ...["gateway-up", "any-up", "gateway-up"],
    "drift-repaired",
  ]);
  expect(script.notifications).toEqual(receiver.accepted);
  expect(receiver.accepted[2]).toMatchObject({ gateway: addressOf(2), reason: "status 503", up: 1, total: 2 });
  for (const hook of ["command", "webhook"]) {
    const runs = { hook, status: "success" }; // a run ends after its notification has been read
    const metrics = await daemon.untilMetrics("ten runs", (it) => it.value("hook_runs_total", runs) === 10);
    expect(metrics.value("hook_runs_total", { hook, status: "failure" })).toBe(0);
  }
  expect(daemon.log.matching(/level=(warn|error).*(on-change|webhook at)/)).toEqual([]);
});

/** Scripts with faults, each with a text on the command line of the process that it runs or leaves behind. */
const faultyCommands: [string, string, string][] = [
  ["hangs", `sleep ${napOf(1)}`, napOf(1)],
  ["ignores SIGTERM", `trap '' TERM; sleep ${napOf(2)}; sleep ${napOf(2)}`, napOf(2)],
  ["leaves a process behind that ignores SIGTERM", `(trap '' TERM; exec sleep ${napOf(3)}) & exit 0`, napOf(3)],
  ["floods the log", `exec yes 'flood ${napOf(4)}'`, napOf(4)],
];

describe.each(faultyCommands)("a command that %s", (_, lines, trace) => {
  test("delays neither routes nor webhook, and leaves no process after a stop", async () => {
    const lab = await openLab();
    const [receiver, script] = [openReceiver(lab), writeScript(lab, lines)];
    const flags = { "on-change": script.command, "webhook-url": receiver.url, "hook-timeout": "500ms" };
    const daemon = lab.start({ ...CALM, ...flags, "log-level": "info" });
    await daemon.untilReady();
    for (let round = 0; round < 3; round++) {
      await turn(lab, 2, 503, [1, 3]);
      await turn(lab, 2, 200, [1, 2, 3]);
    }
    await lab.untilCount("six deliveries", () => receiver.accepted.length, 6);
    await lab.untilCount("a second run", () => script.notifications.length, 2);
    const ending = await daemon.stop();
    expect(ending.status).toBe(0);
    expect(ending.stdout).toContain("nothing is left in the kernel");
    await untilNone(lab, trace);
    expect(daemon.log.lines.length).toBeLessThan(60);
  });
});

test("a stop removes the routes before it ends the running hooks", async () => {
  const lab = await openLab();
  const seen = lab.file("seen", "nothing yet");
  const script = writeScript(lab, `trap 'ip route show table 180 >"${seen}"; exit 0' TERM; sleep ${napOf(5)} & wait`);
  const receiver = openReceiver(lab);
  receiver.answers("never");
  const flags = { "on-change": script.command, "webhook-url": receiver.url };
  const daemon = lab.start({ ...CALM, ...flags });
  await daemon.untilReady();
  await turn(lab, 1, 503, [2, 3]);
  await lab.until("both hooks", () => Math.min(receiver.deliveries.length, script.notifications.length), Boolean);
  expect((await daemon.stop()).status).toBe(0);
  expect(readFileSync(seen, "utf8")).toBe("");
  await untilNone(lab, napOf(5));
  expect(daemon.log.matching(/cancelled: the service stops/)).toHaveLength(2);
});

test("a command that the service's user cannot end is run once, and delays neither routes nor a stop", async () => {
  const lab = await openLab();
  const program = lab.file("setpriv", "");
  copyFileSync("/usr/bin/setpriv", program);
  chmodSync(program, 0o4755); // set-user-ID, as sudo has it
  chmodSync(dirname(program), 0o755);
  const user = ["--reuid=65534", "--regid=65534", "--clear-groups"];
  const privilege = ["--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin"];
  const command = `${program} --reuid=0 --regid=0 --clear-groups sleep 4712.8`;
  lab.onClose(() => processesWith("sleep 4712.8").forEach((pid) => process.kill(pid, "SIGKILL")));
  const daemon = lab.start(
    { "on-change": command, "hook-timeout": "300ms" },
    { wrapper: ["setpriv", ...user, ...privilege] },
  );
  await daemon.untilReady();
  await turn(lab, 1, 503, [2, 3]);
  await daemon.log.next(/level=warn.*did not end within 300ms, and cannot be ended by this user/);
  await turn(lab, 2, 503, [3]);
  await daemon.log.next(/level=warn.*not started: the previous run cannot be ended and is still running/);
  expect((await daemon.stop()).status).toBe(0);
  expect(processesWith("sleep 4712.8")).toHaveLength(1);
});

test("a second SIGTERM ends the running command with the service", async () => {
  const lab = await openLab();
  const script = writeScript(lab, `trap '' TERM; sleep ${napOf(6)}; sleep ${napOf(6)}`);
  const daemon = lab.start({ ...CALM, "on-change": script.command });
  await daemon.untilReady();
  await turn(lab, 1, 503, [2, 3]);
  await lab.until("the hook", () => script.notifications.length, Boolean);
  daemon.signal("SIGTERM");
  daemon.signal("SIGTERM");
  expect([0, 143]).toContain((await daemon.ended()).status);
  await untilNone(lab, napOf(6));
});

test("notifications of a thousand flaps are superseded, not queued, while command and receiver hang", async () => {
  const lab = await openLab({ gateways: 20, shared: true });
  const [receiver, script] = [openReceiver(lab), writeScript(lab, `sleep ${napOf(7)}`)];
  receiver.answers("never");
  const daemon = lab.start({
    "on-change": script.command,
    "webhook-url": receiver.url,
    "check-period": "100ms",
    timeout: "100ms",
    "log-level": "info",
    "hook-timeout": "24h",
  });
  await daemon.untilReady();
  for (const gateway of lab.gateways) gateway.becomes(inTurn(answering(500), answering(200)));
  const flaps = (): number => daemon.log.matching(/gateway .* (up|down)/).length;
  await lab.untilCount("a thousand flaps", flaps, 1000);
  expect(processesWith(`sleep ${napOf(7)}`)).toHaveLength(1);
  expect([script.notifications.length, receiver.deliveries.length]).toEqual([1, 1]);
  for (const gateway of lab.gateways) gateway.becomes(answering(503));
  await lab.untilRouted([]);
  const metrics = await daemon.metrics();
  for (const hook of ["command", "webhook"]) {
    expect(metrics.value("hook_dropped_total", { hook, reason: "superseded" })).toBeGreaterThan(900);
    expect(metrics.value("hook_dropped_total", { hook, reason: "full" })).toBe(0);
  }
  expect((await daemon.stop()).status).toBe(0);
  await untilNone(lab, napOf(7));
});

test("a receiver that failed for a while gets all notifications in order once it answers", async () => {
  const lab = await openLab({ gateways: 2 });
  const receiver = openReceiver(lab);
  receiver.answers(500, 503, "never", 200);
  const daemon = lab.start({ ...CALM, "webhook-url": receiver.url, "hook-timeout": "300ms" });
  await daemon.untilReady();
  await turn(lab, 2, 503, [1]);
  await turn(lab, 2, 200, [1, 2]);
  await turn(lab, 1, 503, [2]);
  await lab.untilCount("three notifications", () => receiver.accepted.length, 3);
  expect(eventsOf(receiver.accepted)).toEqual(["gateway-down", "gateway-up", "gateway-down"]);
  expect(receiver.accepted.map(({ gateway }) => gateway)).toEqual([2, 2, 1].map(addressOf));
  await daemon.log.next(/level=info.*webhook at 10\.88\.0\.1:8081: works again/);
});

test("the webhook's token is in no log, page or metric, and the command's environment has no secret", async () => {
  const { lab, ddns } = await openDdnsLab({ gateways: 1 });
  const receiver = openReceiver(lab);
  const token = "tok-4712-hunter2";
  const env = lab.file("env", "");
  const script = writeScript(lab, `env >"${env}"`);
  receiver.answers(500, 404, 200);
  const url = lab.file("url", `${receiver.url.replace("//", `//user:${token}@`)}/${token}?auth=${token}\n`);
  const daemon = ddns.start(
    { "on-change": script.command },
    { env: { GRM_WEBHOOK_URL_FILE: url, OTHER_SECRET: token } },
  );
  await ddns.untilReadBack([1]);
  await turn(lab, 1, 503, []);
  await lab.until(
    "a notification to both hooks",
    () => Math.min(receiver.accepted.length, script.notifications.length),
    Boolean,
  );
  expect(receiver.deliveries[0]!.path).toBe(`/${token}?auth=${token}`);
  expect(receiver.deliveries[0]!.headers.get("authorization")).toBe(`Basic ${btoa(`user:${token}`)}`);
  await daemon.log.next(/webhook at 10\.88\.0\.1:8081: status 404/);
  const pages = await Promise.all(["/metrics", "/api/v1/status", "/api/v1/log"].map((path) => daemon.get(path)));
  const read = [String(daemon.log), ...pages.map(({ body }) => body), JSON.stringify(script.notifications)].join("\n");
  for (const secret of [token, ddns.dynu.key]) {
    expect(read).not.toContain(secret);
    expect(readFileSync(env, "utf8")).not.toContain(secret);
  }
  expect(readFileSync(env, "utf8")).toContain("HOOK_EVENT=");
});

test("a webhook uses the proxy of the environment", async () => {
  const lab = await openLab();
  const proxy = lab.serve(lab.upstream, UPSTREAM, 8080);
  const env = { http_proxy: `http://${UPSTREAM}:8080` };
  const daemon = lab.start({ ...CALM, "webhook-url": "http://hooks.example.net/changes" }, { env });
  await daemon.untilReady();
  await turn(lab, 1, 503, [2, 3]);
  const success = { hook: "webhook", status: "success" };
  await daemon.untilMetrics("a delivery", (it) => it.value("hook_runs_total", success) === 1);
  expect(proxy.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
    "POST http://hooks.example.net/changes",
  ]);
});

test("a command that does not exist is one warning, and further failures are logged at debug level", async () => {
  const lab = await openLab();
  const daemon = lab.start({ ...CALM, "on-change": "/nowhere/notify" });
  await daemon.untilReady();
  await turn(lab, 1, 503, [2, 3]);
  await turn(lab, 2, 503, [3]);
  await daemon.untilMetrics(
    "two runs",
    (it) => it.value("hook_runs_total", { hook: "command", status: "failure" }) === 2,
  );
  await daemon.log.next(/level=debug.*\/nowhere\/notify: cannot be run: it does not exist/); // written after the warning
  expect(daemon.log.matching(/level=warn.*\/nowhere\/notify: cannot be run: it does not exist/)).toHaveLength(1);
  expect(daemon.log.matching(/level=debug.*\/nowhere\/notify: cannot be run: it does not exist/)).toHaveLength(1);
});

test("without hooks there are no hook metrics", async () => {
  const lab = await openLab();
  const daemon = lab.start();
  await daemon.untilReady();
  expect((await daemon.get("/metrics")).body).not.toMatch(/^hook_\w+\{/m);
});

test("as PID 1 the service reaps processes that a command leaves behind", async () => {
  const lab = await openLab({ gateways: 2 });
  // Each run leaves a process outside its group, whose parent has ended.
  const script = writeScript(lab, "setsid sh -c 'setsid sleep 0.1 & exit' </dev/null >/dev/null 2>&1 &\nsleep 0.05");
  const wrapper = ["unshare", "--fork", "--pid", "--mount-proc"];
  const daemon = lab.start({ "on-change": script.command }, { wrapper });
  await lab.untilRouted([1, 2]);
  await turn(lab, 2, 500, [1]);
  const zombies = () => zombiesOf(daemon.pid).length;
  await lab.until("an orphan that has ended", zombies, (count) => count > 0);
  await lab.until("no such orphan", zombies, (count) => count === 0);
  await turn(lab, 2, 200, [1, 2]); // the service still knows how its own children end
  expect(script.notifications.length).toBeGreaterThan(0);
});
