/** Live views of the running service: the event stream at /api/v1/events, and the status command with -watch. */
import { describe, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import type { LogEntry, Status } from "../../src/status/schema.ts";
import { SYSTEM_PATH } from "./lab/executable.ts";
import { addressOf, answering, CALM, type Daemon, EXECUTABLE, IP, type Lab, openLab, refusing } from "./lab/index.ts";
import { Transcript } from "./lab/transcript.ts";

setDefaultTimeout(60_000);

/** A client of the event stream on the router; with `reads` false it never reads its socket. */
async function follow(
  lab: Lab,
  { headers = {}, reads = true }: { headers?: Record<string, string>; reads?: boolean } = {},
) {
  const fields = Object.entries({ Host: "127.0.0.1", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  let text = "";
  let closed = false;
  const socket = await lab.router.enter(() =>
    Bun.connect({
      hostname: "127.0.0.1",
      port: 9090,
      socket: {
        open(socket) {
          socket.write(`GET /api/v1/events HTTP/1.1\r\n${fields.join("")}\r\n`);
          if (!reads) socket.pause();
        },
        data: (_, chunk) => void (text += chunk.toString()),
        close: () => void (closed = true),
      },
    }),
  );
  onTestFinished(() => socket.terminate());
  const all = <T>(event: string): T[] =>
    [...text.matchAll(new RegExp(`^event: ${event}\ndata: (.*)$`, "gm"))].map(([, data]) => JSON.parse(data!) as T);
  return {
    text: () => text,
    closed: () => closed,
    close: () => socket.terminate(),
    statuses: () => all<Status>("status"),
    entries: () => all<LogEntry>("event"),
  };
}

/** Starts a program on the lab's router, which is ended with the test at the latest. */
function spawn(lab: Lab, command: readonly string[], env: Record<string, string> = {}) {
  const child = Bun.spawn([IP, "netns", "exec", lab.router.name, ...command], {
    env: { PATH: SYSTEM_PATH, ...env },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  onTestFinished(() => child.kill("SIGKILL"));
  return { child, stdout: new Transcript(child.stdout), stderr: new Transcript(child.stderr) };
}

/** Starts the status command with -watch on the lab's router. */
const watch = (lab: Lab, flags: readonly string[], env?: Record<string, string>) =>
  spawn(lab, [EXECUTABLE, "status", "-watch", ...flags], env);

/** Starts the service and waits until it is ready with these gateways in use. */
async function startReady(lab: Lab, gateways: readonly number[], flags = {}): Promise<Daemon> {
  const daemon = lab.start({ ...CALM, ...flags });
  await lab.untilRouted(gateways);
  await daemon.untilReady();
  return daemon;
}

describe("the event stream", () => {
  test("sends status and log at once, then every change, and the missed entries after Last-Event-ID", async () => {
    const lab = await openLab({ gateways: 2 });
    await startReady(lab, [1, 2]);
    const follower = await follow(lab);
    await lab.untilCount("the first status", () => follower.statuses().length, 1);
    expect(follower.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(follower.text().toLowerCase()).toContain("content-type: text/event-stream");
    expect(follower.text().toLowerCase()).toContain("x-content-type-options: nosniff");
    expect(follower.statuses()[0]!.gateways.map(({ state }) => state)).toEqual(["up", "up"]);
    expect(follower.entries().map(({ text }) => text)).toContain("all 2 gateways are up");
    const before = follower.entries().at(-1)!.id;

    lab.gateway(2).becomes(answering(503));
    await lab.until(
      "the change",
      () => follower.statuses().at(-1)!,
      ({ gateways }) => {
        return gateways[1]!.state === "down" && !gateways[1]!.carriesTraffic && gateways[0]!.share === 1;
      },
    );
    const texts = follower.entries().map(({ text }) => text);
    expect(texts).toContain(`gateway ${addressOf(2)} down: status 503 (1 of 2 healthy)`);

    const again = await follow(lab, { headers: { "Last-Event-ID": String(before) } });
    await lab.untilCount("the missed entry", () => again.entries().length, 1);
    expect(again.entries()[0]).toEqual(follower.entries().find(({ id }) => id === before + 1)!);
  });

  test("sends a status once a second at most, also while probes end more often", async () => {
    const lab = await openLab({ gateways: 3 });
    await startReady(lab, [1, 2, 3], { "check-period": "50ms", timeout: "50ms" });
    const follower = await follow(lab);
    await lab.untilCount("five statuses", () => follower.statuses().length, 5);
    const times = follower.statuses().map(({ service }) => Date.parse(service.time));
    // The first is sent at once to every new client, and the second when the next one is due for all clients.
    for (let index = 2; index < times.length; index++) expect(times[index]! - times[index - 1]!).toBeGreaterThan(900);
  });

  test("serves sixteen clients, answers 503 to another one, and accepts it after one has left", async () => {
    const lab = await openLab({ gateways: 1 });
    const daemon = await startReady(lab, [1]);
    const followers = await Promise.all(Array.from({ length: 16 }, () => follow(lab, { reads: false })));
    const next = await lab.until(
      "a 503",
      () => daemon.get("/api/v1/events"),
      ({ status }) => status === 503,
    );
    expect(next.body).toContain("16 clients are connected");
    expect((await daemon.get("/api/v1/status")).status).toBe(200);
    expect((await daemon.get("/metrics")).status).toBe(200);
    for (const follower of followers.slice(0, 2)) follower.close();
    const answered = async (): Promise<string> => {
      const { text } = await follow(lab);
      return lab.until("an answer", text, (it) => it !== "");
    };
    await lab.until("a stream for one more client", answered, (text) => text.startsWith("HTTP/1.1 200"));
  });

  test("is closed when the service stops", async () => {
    const lab = await openLab({ gateways: 1 });
    const daemon = await startReady(lab, [1]);
    const follower = await follow(lab);
    await lab.untilCount("the first status", () => follower.statuses().length, 1);
    expect((await daemon.stop()).status).toBe(0);
    await lab.until("the end", () => follower.closed(), Boolean);
  });
});

describe("status -watch", () => {
  test("prints one JSON line for each status with -json, and exits with the status of the last verdict", async () => {
    const lab = await openLab({ gateways: 2 });
    await startReady(lab, [1, 2]);
    const { child, stdout } = watch(lab, ["-json"]);
    await stdout.next(/^\{"verdict":"healthy"/);
    lab.gateway(2).becomes(refusing);
    await stdout.next(/^\{"verdict":"degraded","why":"1 of 2 gateways are up"/);
    child.kill("SIGINT");
    expect(await child.exited).toBe(1);
  });

  test("prints a table for each status on a pipe without escape sequences, and ends when the pipe is closed", async () => {
    const lab = await openLab({ gateways: 2 });
    await startReady(lab, [1, 2]);
    const { child, stdout } = watch(lab, []);
    const tables = () => stdout.matching(/^healthy: all 2 gateways are up/).length;
    await lab.untilCount("two tables", tables, 2);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(await stdout.text()).not.toContain("\x1b");

    const piped = spawn(lab, ["sh", "-c", `${EXECUTABLE} status -watch | head -n 1`]);
    expect(await piped.stdout.text()).toBe("healthy: all 2 gateways are up");
    expect(await piped.child.exited).toBe(0);
  });

  test("redraws within a terminal's size until Ctrl-C, and then shows the cursor again", async () => {
    const lab = await openLab({ gateways: 2 });
    await startReady(lab, [1, 2]);
    const shell = `stty cols 60 rows 20; exec ${EXECUTABLE} status -watch`;
    const { child, stdout } = spawn(lab, ["script", "-qec", shell, "/dev/null"], { TERM: "xterm" });
    await stdout.next(/healthy: all 2 gateways are up/);
    lab.gateway(1).becomes(answering(503));
    await stdout.next(/degraded: 1 of 2 gateways are up/);
    await stdout.next(/gateway 10\.77\.0\.11 down: status 503/); // the log
    child.stdin.write("\x03");
    child.stdin.flush();
    expect(await child.exited).toBe(1);
    const text = await stdout.text();
    expect(text).toContain("\x1b[?25l");
    expect(text.trimEnd()).toEndWith("\x1b[?25h");
    for (const frame of text.split("\x1b[H")) {
      const lines = Bun.stripANSI(frame).replaceAll("\r", "").split("\n");
      expect(lines.length).toBeLessThanOrEqual(20);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
    }
  });

  test("continues after a restart of the service, and reports the time without an answer on standard error", async () => {
    const lab = await openLab({ gateways: 1 });
    const first = await startReady(lab, [1]);
    const { child, stdout, stderr } = watch(lab, ["-json"]);
    await stdout.next(/^\{"verdict":"healthy"/);
    await first.stop();
    await stderr.next(/the service was stopped at \d\d:\d\d:\d\d UTC \(SIGTERM\): its routes and rules are removed/);
    await stderr.next(/cannot reach the service at http:\/\/127\.0\.0\.1:9090/);
    const mark = stdout.mark();
    await startReady(lab, [1]);
    await stdout.next(/^\{"verdict":"healthy"/, mark);
    child.kill("SIGINT");
    expect(await child.exited).toBe(0);
  });

  test("exits with status 4 where no service answers, or the password is missing", async () => {
    const lab = await openLab({ gateways: 1 });
    const nothing = watch(lab, []);
    expect(await nothing.child.exited).toBe(4);
    expect(await nothing.stderr.text()).toContain("cannot reach the service at");
    lab.start({ ...CALM, "http-password": "secret" });
    await lab.untilRouted([1]);
    const rejected = watch(lab, ["-json"]);
    expect(await rejected.child.exited).toBe(4);
    expect(await rejected.stderr.text()).toContain("requires a password");
    const accepted = watch(lab, ["-json"], { GRM_HTTP_PASSWORD: "secret" });
    await accepted.stdout.next(/^\{"verdict":"healthy"/);
  });
});
