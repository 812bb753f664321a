/** What the running service tells of itself: the status command, and what lies behind it under /api. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { LogEntries, Status } from "../../src/status/schema.ts";
import { words } from "./lab/daemon.ts";
import {
  addressOf,
  answering,
  EXECUTABLE,
  hanging,
  IP,
  type Lab,
  openDdnsLab,
  openLab,
  refusing,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

const ENV = { PATH: process.env["PATH"]! };

/** Asks the service on the lab's router. */
async function ask(lab: Lab, flags: Record<string, string | number | boolean> = {}, env: Record<string, string> = {}) {
  const command = [IP, "netns", "exec", lab.router.name, EXECUTABLE, "status", ...words(flags)];
  const child = Bun.spawn(command, { env: { ...ENV, ...env }, stdout: "pipe", stderr: "pipe" });
  const [output, complaint, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status, output, complaint };
}

/** The row of a gateway in the table, as words. */
const rowOf = (output: string, gateway: number): string[] =>
  output
    .split("\n")
    .find((line) => line.startsWith(`${addressOf(gateway)} `))!
    .split(/ {2,}/);

describe("the status command", () => {
  test("tells of gateways, routes and the DNS name, and ends with a status of its own for each verdict", async () => {
    const { lab, ddns } = await openDdnsLab();
    const daemon = ddns.start();
    await daemon.untilReady();
    await ddns.untilReadBack([1, 2, 3]);
    const well = await lab.until(
      "all to be well",
      () => ask(lab),
      ({ status }) => status === 0,
    );
    expect(well.complaint).toBe("");
    expect(well.output).toStartWith("healthy: all 3 gateways are up\n");
    expect(rowOf(well.output, 2)).toEqual([
      addressOf(2),
      "up",
      expect.stringMatching(/^\d+s$/),
      "33.3 %",
      expect.stringMatching(/^[\d.]+ ms$/),
      expect.stringMatching(/^[\d.]+ ms$/),
      "0",
      "1.0.0.2",
    ]);
    expect(well.output).toContain(
      `  0.0.0.0/0\n    ${addressOf(1)} dev gw0 weight 1, ${addressOf(2)} dev gw0 weight 1,`,
    );
    expect(well.output).toMatch(
      /DNS name gw\.example\.net at DynuDNS\nthe records are correct\n {2}last correct \d+s ago: 1\.0\.0\.1, 1\.0\.0\.2, 1\.0\.0\.3\n/,
    );

    lab.gateway(2).becomes(answering(503));
    await lab.untilRouted([1, 3]);
    const degraded = await ask(lab);
    expect(degraded).toMatchObject({ status: 1, complaint: "" });
    expect(degraded.output).toStartWith("degraded: 2 of 3 gateways are up\n");
    const row = rowOf(degraded.output, 2);
    expect([row[1], row[3], row[6], row.at(-1)]).toEqual(["down", "-", "1 (1 in 1h)", "status 503"]);
    expect(rowOf(degraded.output, 1)[3]).toBe("50.0 %");

    for (const gateway of lab.gateways) gateway.becomes(refusing);
    await lab.untilRouted([]);
    const down = await lab.until(
      "all to be down",
      () => ask(lab),
      ({ output }) => output.includes("down: "),
    );
    expect(down).toMatchObject({ status: 3, complaint: "" });
    expect(down.output).toStartWith("down: no gateway carries traffic\n");

    await daemon.stop();
    const silent = await ask(lab);
    expect(silent).toMatchObject({ status: 4, output: "" });
    expect(silent.complaint).toContain("cannot reach the service at http://127.0.0.1:9090");
    expect(silent.complaint).toContain("-metrics-port");
  });

  test("prints JSON that says the same", async () => {
    const lab = await openLab({ gateways: 2 });
    const daemon = lab.start({ "metrics-port": 9191, "metrics-address": "10.77.0.1" });
    await lab.untilRouted([1, 2]);
    const { output } = await lab.until(
      "all to be well",
      () => ask(lab, { json: true }, { GRM_METRICS_PORT: "9191", GRM_METRICS_ADDRESS: "10.77.0.1" }),
      ({ status }) => status === 0,
    );
    const status = JSON.parse(output) as Status;
    expect(status.gateways.map(({ address, share }) => [address, share])).toEqual([
      [addressOf(1), 0.5],
      [addressOf(2), 0.5],
    ]);
    expect(status.ddns).toBeNull();
    expect(daemon.isRunning).toBe(true);
  });

  test("prints all of it to a reader that is slow", async () => {
    const lab = await openLab({ gateways: 160, shared: true });
    await lab.start({ "check-period": "2s", timeout: "2s" }).untilReady();
    const shell = `${EXECUTABLE} status -json | { sleep 1; cat; }`;
    const child = Bun.spawn([IP, "netns", "exec", lab.router.name, "sh", "-c", shell], { env: ENV, stdout: "pipe" });
    const output = await child.stdout.text();
    expect(output.length).toBeGreaterThan(1 << 17); // more than a pipe holds
    expect((JSON.parse(output) as Status).gateways).toHaveLength(160);
  });

  test("says degraded while the kernel is not as it should be, and why", async () => {
    const lab = await openLab({ gateways: 2 });
    const ip = lab.fakeIp('[ -e "$0.on" ] && { echo broken >&2; exit 1; }\nexec "$IP" "$@"');
    const daemon = lab.start({}, { env: ip.env });
    await daemon.untilReady();
    ip.turnOn();
    lab.gateway(2).becomes(refusing);
    const asked = await lab.until(
      "trouble",
      () => ask(lab),
      ({ output }) => output.includes("1 of 2") && output.includes("broken"),
    );
    expect(asked.status).toBe(1);
    expect(asked.output).toMatch(/^degraded: 1 of 2 gateways are up; .*broken/);
  });

  test("tells of a gateway that cannot be a nexthop", async () => {
    const lab = await openLab({ gateways: 2 });
    await lab.router.ip("route", "add", `${addressOf(2)}/32`, "via", "10.88.0.1");
    lab.start();
    await lab.untilRouted([1]);
    const { output } = await ask(lab);
    expect(rowOf(output, 2).at(-1)).toContain("left out: it is not on a directly connected network");
  });

  test("has colours and fits on a terminal, and obeys NO_COLOR", async () => {
    const lab = await openLab({ gateways: 2 });
    lab.start({ "check-period": "1s", timeout: "1s" });
    await lab.untilRouted([1, 2]);
    const onTerminal = async (env: Record<string, string>): Promise<string> => {
      const command = ["script", "-qec", `stty cols 40; exec ${EXECUTABLE} status`, "/dev/null"];
      const child = Bun.spawn([IP, "netns", "exec", lab.router.name, ...command], {
        env: { ...ENV, ...env },
        stdout: "pipe",
      });
      return (await child.stdout.text()).replaceAll("\r", "");
    };
    const coloured = await onTerminal({ TERM: "xterm" });
    expect(coloured).toContain("\x1b[32mup\x1b[0m");
    for (const line of Bun.stripANSI(coloured).split("\n")) expect(line.length).toBeLessThanOrEqual(40);
    expect(await onTerminal({ TERM: "xterm", NO_COLOR: "1" })).not.toContain("\x1b");
    expect(await onTerminal({ TERM: "dumb" })).not.toContain("\x1b");
    expect((await ask(lab)).output).not.toContain("\x1b");
  });

  test("asked wrongly ends with status 2 and all that is wrong", async () => {
    const lab = await openLab({ gateways: 1 });
    const { status, output, complaint } = await ask(lab, { json: "maybe", "metrics-port": 0, jason: 1 });
    expect({ status, output }).toEqual({ status: 2, output: "" });
    for (const part of ["-json", '-metrics-port "0"', "-jason"]) expect(complaint).toContain(part);
  });

  test("knows another program when it meets one", async () => {
    const lab = await openLab({ gateways: 1 });
    const other = lab.serve(lab.router, "127.0.0.1", 9090);
    for (const [behaviour, words] of [
      [answering(200, { body: '{"service":{}}' }), "another program than gateway-route-manager"],
      [answering(200, { body: '{"service":{"name":"gateway-route-manager"}}' }), "another version of"],
      [answering(404), "-status-page=false"],
      [answering(500), "status 500"],
    ] as const) {
      other.becomes(behaviour);
      expect(await ask(lab)).toMatchObject({ status: 4, output: "", complaint: expect.stringContaining(words) });
    }
  });
});

describe("the API", () => {
  test("answers with the status and the log, whatever the log level", async () => {
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
    expect(texts).toContain(`gateway ${addressOf(1)} up (1 of 2 healthy)`);
    expect(texts[0]).toStartWith("probing ");
    expect(entries.map(({ id }) => id)).toEqual(entries.map((_, index) => entries[0]!.id + index));
  });

  test("is shown by a page that may do nothing but ask for it", async () => {
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

  test("is read only", async () => {
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

  test("is not there with -status-page=false, and all else is as before", async () => {
    const lab = await openLab({ gateways: 1 });
    const daemon = lab.start({ "status-page": false });
    await daemon.untilReady();
    for (const path of ["/", "/api/v1/status", "/api/v1/log", "/api"]) {
      const { status, body } = await daemon.get(path);
      expect([status, body]).toEqual([404, "not found; try /metrics, /healthz or /readyz\n"]);
    }
    expect((await daemon.get("/metrics")).status).toBe(200);
    const asked = await ask(lab);
    expect(asked).toMatchObject({ status: 4, complaint: expect.stringContaining("-status-page=false") });
  });

  test("shows gateways that were found in use as up, before any probe has ended", async () => {
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
