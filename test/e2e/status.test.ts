/** The state of the running service: the status command, and the HTTP API and page that show the same. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { LogEntries, Status } from "../../src/status/schema.ts";
import {
  type Ending,
  type Environment,
  flagArguments,
  type Flags,
  runExecutable,
  runIn,
  runOnTerminal,
} from "./lab/executable.ts";
import {
  addressOf,
  answering,
  CALM,
  EXECUTABLE,
  hanging,
  type Lab,
  openDdnsLab,
  openLab,
  refusing,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

/** Runs the status command on the lab's router. */
const runStatus = (lab: Lab, flags: Flags = {}, env?: Environment): Promise<Ending> =>
  runExecutable(lab.router, ["status", ...flagArguments(flags)], env);

/** The cells of a gateway's row in the table. */
const rowOf = (text: string, gateway: number): string[] =>
  text
    .split("\n")
    .find((line) => line.startsWith(`${addressOf(gateway)} `))!
    .split(/ {2,}/);

describe("the status command", () => {
  test("prints gateways, routes and the DNS name, and has an exit status for each verdict", async () => {
    const { lab, ddns } = await openDdnsLab();
    const daemon = ddns.start();
    await daemon.untilReady();
    await ddns.untilReadBack([1, 2, 3]);
    const healthy = await lab.until(
      "exit status 0",
      () => runStatus(lab),
      ({ status }) => status === 0,
    );
    expect(healthy.stderr).toBe("");
    expect(healthy.stdout).toStartWith("healthy: all 3 gateways are up\n");
    expect(rowOf(healthy.stdout, 2)).toEqual([
      addressOf(2),
      "up",
      expect.stringMatching(/^\d+s$/),
      "33.3 %",
      expect.stringMatching(/^[\d.]+ ms$/),
      expect.stringMatching(/^[\d.]+ ms$/),
      "0",
      "1.0.0.2",
    ]);
    expect(healthy.stdout).toContain(
      `  0.0.0.0/0\n    ${addressOf(1)} dev gw0 weight 1, ${addressOf(2)} dev gw0 weight 1,`,
    );
    expect(healthy.stdout).toMatch(
      /DNS name gw\.example\.net at DynuDNS\nthe records are correct\n {2}last correct \d+s ago: 1\.0\.0\.1, 1\.0\.0\.2, 1\.0\.0\.3\n/,
    );

    lab.gateway(2).becomes(answering(503));
    await lab.untilRouted([1, 3]);
    const degraded = await runStatus(lab);
    expect(degraded).toMatchObject({ status: 1, stderr: "" });
    expect(degraded.stdout).toStartWith("degraded: 2 of 3 gateways are up\n");
    const row = rowOf(degraded.stdout, 2);
    expect([row[1], row[3], row[6], row.at(-1)]).toEqual(["down", "-", "1 (1 in 1h)", "status 503"]);
    expect(rowOf(degraded.stdout, 1)[3]).toBe("50.0 %");

    for (const gateway of lab.gateways) gateway.becomes(refusing);
    await lab.untilRouted([]);
    const down = await lab.until(
      "the verdict down",
      () => runStatus(lab),
      ({ stdout }) => stdout.includes("down: "),
    );
    expect(down).toMatchObject({ status: 3, stderr: "" });
    expect(down.stdout).toStartWith("down: no gateway carries traffic\n");

    await daemon.stop();
    const stopped = await runStatus(lab);
    expect(stopped).toMatchObject({ status: 4, stdout: "" });
    expect(stopped.stderr).toContain("cannot reach the service at http://127.0.0.1:9090");
    expect(stopped.stderr).toContain("-metrics-port");
  });

  test("prints the status as JSON with -json, from the address and port of its environment", async () => {
    const lab = await openLab({ gateways: 2 });
    const daemon = lab.start({ "metrics-port": 9191, "metrics-address": "10.77.0.1" });
    await lab.untilRouted([1, 2]);
    const { stdout } = await lab.until(
      "exit status 0",
      () => runStatus(lab, { json: true }, { GRM_METRICS_PORT: "9191", GRM_METRICS_ADDRESS: "10.77.0.1" }),
      ({ status }) => status === 0,
    );
    const status = JSON.parse(stdout) as Status;
    expect(status.gateways.map(({ address, share }) => [address, share])).toEqual([
      [addressOf(1), 0.5],
      [addressOf(2), 0.5],
    ]);
    expect(status.ddns).toBeNull();
    expect(daemon.isRunning).toBe(true);
  });

  test("prints all of a long JSON status to a pipe whose reader is slow", async () => {
    const lab = await openLab({ gateways: 160, shared: true });
    await lab.start({ "check-period": "2s", timeout: "2s" }).untilReady();
    // The reader begins after 1 s: by then the command has filled the pipe and waits.
    const { stdout } = await runIn(lab.router, ["sh", "-c", `${EXECUTABLE} status -json | { sleep 1; cat; }`]);
    expect(stdout.length).toBeGreaterThan(1 << 17); // bytes; a pipe holds 64 KiB
    expect((JSON.parse(stdout) as Status).gateways).toHaveLength(160);
  });

  test("prints degraded with the error message of ip while the kernel cannot be updated", async () => {
    const lab = await openLab({ gateways: 2 });
    const ip = lab.fakeIp('[ -e "$0.on" ] && { echo broken >&2; exit 1; }\nexec "$IP" "$@"');
    const daemon = lab.start({}, { env: ip.env });
    await daemon.untilReady();
    ip.turnOn();
    lab.gateway(2).becomes(refusing);
    const degraded = await lab.until(
      "the error of ip",
      () => runStatus(lab),
      ({ stdout }) => stdout.includes("1 of 2") && stdout.includes("broken"),
    );
    expect(degraded.status).toBe(1);
    expect(degraded.stdout).toMatch(/^degraded: 1 of 2 gateways are up; .*broken/);
  });

  test("shows why a healthy gateway is left out as a nexthop", async () => {
    const lab = await openLab({ gateways: 2 });
    await lab.router.ip("route", "add", `${addressOf(2)}/32`, "via", "10.88.0.1");
    lab.start();
    await lab.untilRouted([1]);
    const { stdout } = await runStatus(lab);
    expect(rowOf(stdout, 2).at(-1)).toContain("left out: it is not on a directly connected network");
  });

  test("uses colours and the width of a terminal, and no colours with NO_COLOR, TERM=dumb or a pipe", async () => {
    const lab = await openLab({ gateways: 2 });
    lab.start(CALM);
    await lab.untilRouted([1, 2]);
    const onTerminal = async (env: Environment): Promise<string> =>
      (await runOnTerminal(lab.router, ["status"], { env, before: "stty cols 40" })).stdout;
    const coloured = await onTerminal({ TERM: "xterm" });
    expect(coloured).toContain("\x1b[32mup\x1b[0m");
    for (const line of Bun.stripANSI(coloured).split("\n")) expect(line.length).toBeLessThanOrEqual(40);
    expect(await onTerminal({ TERM: "xterm", NO_COLOR: "1" })).not.toContain("\x1b");
    expect(await onTerminal({ TERM: "dumb" })).not.toContain("\x1b");
    expect((await runStatus(lab)).stdout).not.toContain("\x1b");
  });

  test("reports every wrong flag at once and exits with status 2", async () => {
    const lab = await openLab({ gateways: 1 });
    const { status, stdout, stderr } = await runStatus(lab, { json: "maybe", "metrics-port": 0, jason: 1 });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    for (const part of ["-json", '-metrics-port "0"', "-jason"]) expect(stderr).toContain(part);
  });

  test("exits with status 4 where another program or another version answers at the port", async () => {
    const lab = await openLab({ gateways: 1 });
    const other = lab.serve(lab.router, "127.0.0.1", 9090);
    for (const [behaviour, message] of [
      [answering(200, { body: '{"service":{}}' }), "another program than gateway-route-manager"],
      [answering(200, { body: '{"service":{"name":"gateway-route-manager"}}' }), "another version of"],
      [answering(404), "-status-page=false"],
      [answering(500), "status 500"],
    ] as const) {
      other.becomes(behaviour);
      expect(await runStatus(lab)).toMatchObject({ status: 4, stdout: "", stderr: expect.stringContaining(message) });
    }
  });
});

describe("the API", () => {
  test("serves the status and all log entries, whatever -log-level is", async () => {
    const lab = await openLab({ gateways: 2 });
    const daemon = lab.start({ "log-level": "error" });
    await daemon.untilReady();
    const answer = await daemon.get("/api/v1/status");
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "application/json;charset=utf-8",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect((JSON.parse(answer.body) as Status).verdict).toBe("healthy");
    const { entries } = JSON.parse((await daemon.get("/api/v1/log")).body) as LogEntries;
    const texts = entries.map(({ text }) => text);
    expect(texts).toContain("all 2 gateways are up");
    expect(texts[0]).toStartWith("probing ");
    expect(entries.map(({ id }) => id)).toEqual(entries.map((_, index) => entries[0]!.id + index));
  });

  test("has a page at / whose content security policy allows its own script alone", async () => {
    const lab = await openLab({ gateways: 1 });
    const daemon = lab.start();
    await daemon.untilReady();
    const { status, headers, body } = await daemon.get("/");
    expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(headers.get("cache-control")).toBe("no-store");
    const script = /<script>([^]*)<\/script>/.exec(body)![1]!;
    const hash = new Bun.CryptoHasher("sha256").update(script).digest("base64");
    const policy = headers.get("content-security-policy");
    expect(policy).toStartWith("default-src 'none'; ");
    expect(policy).toContain(`script-src 'sha256-${hash}'; `);
  });

  test("answers 405 to every method but GET and HEAD", async () => {
    const lab = await openLab({ gateways: 1 });
    const daemon = lab.start();
    await daemon.untilReady();
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const answer = await daemon.get("/api/v1/status", "127.0.0.1", { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("GET, HEAD");
    }
    expect((await daemon.get("/", "127.0.0.1", { method: "POST" })).status).toBe(405);
    for (const path of ["/api/v1/status", "/"]) {
      const head = await daemon.get(path, "127.0.0.1", { method: "HEAD" });
      expect([head.status, head.body]).toEqual([200, ""]);
    }
    expect((await daemon.get("/api/v1/nothing")).status).toBe(404);
  });

  test("answers 404 with -status-page=false, while /metrics is served", async () => {
    const lab = await openLab({ gateways: 1 });
    const daemon = lab.start({ "status-page": false });
    await daemon.untilReady();
    for (const path of ["/", "/api/v1/status", "/api/v1/log", "/api"]) {
      const { status, body } = await daemon.get(path);
      expect([status, body]).toEqual([404, "not found; try /metrics, /healthz, /readyz or /usable\n"]);
    }
    expect((await daemon.get("/metrics")).status).toBe(200);
    expect(await runStatus(lab)).toMatchObject({ status: 4, stderr: expect.stringContaining("-status-page=false") });
  });

  test("shows gateways of a route that a killed instance left as up before any probe has ended", async () => {
    const lab = await openLab({ gateways: 2 });
    const first = lab.start();
    await lab.untilRouted([1, 2]);
    await first.kill();
    for (const gateway of lab.gateways) gateway.becomes(hanging);
    const second = lab.start({ "check-period": "20s", timeout: "20s" });
    const status = await lab.until(
      "an answer",
      async () => JSON.parse((await second.get("/api/v1/status")).body) as Status,
      ({ gateways }) => gateways[0]!.state !== "unknown",
    );
    expect(status.gateways.map(({ state, latency }) => [state, latency.probes])).toEqual([
      ["up", 0],
      ["up", 0],
    ]);
  });
});
