/** Following the running service: the event stream under /api, and the status command with -watch. */
import { describe, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import type { LogEntry, Status } from "../../src/status/schema.ts";
import { Transcript } from "./lab/transcript.ts";
import { addressOf, answering, type Daemon, EXECUTABLE, IP, type Lab, openLab, refusing } from "./lab/index.ts";

setDefaultTimeout(60_000);

/** A follower on a socket of the router, which reads or does not. Each event arrives in one piece. */
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

/** Runs the status command with -watch on the lab's router. */
function watch(lab: Lab, flags: readonly string[], wrapper: readonly string[] = [], env: Record<string, string> = {}) {
  const command = [IP, "netns", "exec", lab.router.name, ...wrapper, EXECUTABLE, "status", "-watch", ...flags];
  const child = Bun.spawn(command, {
    env: { PATH: process.env["PATH"]!, ...env },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  onTestFinished(() => child.kill("SIGKILL"));
  return { child, output: new Transcript(child.stdout), complaints: new Transcript(child.stderr) };
}

/** Timings that a busy machine does not mistake for a gateway's failure. */
const CALM = { "check-period": "1s", timeout: "1s" };

async function started(lab: Lab, gateways: readonly number[], flags = {}): Promise<Daemon> {
  const daemon = lab.start({ ...CALM, ...flags });
  await lab.untilRouted(gateways);
  await daemon.untilReady();
  return daemon;
}

describe("the event stream", () => {
  test("tells the status and the log at once, and then what changes", async () => {
    const lab = await openLab({ gateways: 2 });
    await started(lab, [1, 2]);
    const follower = await follow(lab);
    await lab.until(
      "the first status",
      () => follower.statuses().length,
      (count) => count >= 1,
    );
    expect(follower.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(follower.text().toLowerCase()).toContain("content-type: text/event-stream");
    expect(follower.text().toLowerCase()).toContain("x-content-type-options: nosniff");
    expect(follower.statuses()[0]!.gateways.map(({ state }) => state)).toEqual(["up", "up"]);
    expect(follower.entries().map(({ text }) => text)).toContain(`gateway ${addressOf(2)} up (2 of 2 healthy)`);
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
    await lab.until(
      "the missed entry",
      () => again.entries().length,
      (count) => count >= 1,
    );
    expect(again.entries()[0]).toEqual(follower.entries().find(({ id }) => id === before + 1)!);
  });

  test("is told once a second, however often probes end", async () => {
    const lab = await openLab({ gateways: 3 });
    await started(lab, [1, 2, 3], { "check-period": "50ms", timeout: "50ms" });
    const follower = await follow(lab);
    await lab.until(
      "five statuses",
      () => follower.statuses().length,
      (count) => count >= 5,
    );
    const times = follower.statuses().map(({ service }) => Date.parse(service.time));
    // The first one is told to whoever comes, and the second when it is due.
    for (let index = 2; index < times.length; index++) expect(times[index]! - times[index - 1]!).toBeGreaterThan(900);
  });

  test("has room for sixteen, tells the next one so, and lets go whoever leaves", async () => {
    const lab = await openLab({ gateways: 1 });
    const daemon = await started(lab, [1]);
    const followers = await Promise.all(Array.from({ length: 16 }, () => follow(lab, { reads: false })));
    const next = await lab.until(
      "a refusal",
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
    await lab.until("room", answered, (text) => text.startsWith("HTTP/1.1 200"));
  });

  test("ends with the service", async () => {
    const lab = await openLab({ gateways: 1 });
    const daemon = await started(lab, [1]);
    const follower = await follow(lab);
    await lab.until(
      "the first status",
      () => follower.statuses().length,
      (count) => count >= 1,
    );
    expect((await daemon.stop()).status).toBe(0);
    await lab.until("the end", () => follower.closed(), Boolean);
  });
});

describe("status -watch", () => {
  test("-json prints a line for each status, and the last verdict is the exit status", async () => {
    const lab = await openLab({ gateways: 2 });
    await started(lab, [1, 2]);
    const { child, output } = watch(lab, ["-json"]);
    await output.next(/^\{"verdict":"healthy"/);
    lab.gateway(2).becomes(refusing);
    await output.next(/^\{"verdict":"degraded","why":"1 of 2 gateways are up"/);
    child.kill("SIGINT");
    expect(await child.exited).toBe(1);
  });

  test("prints tables anew on a pipe, and ends when nobody reads them any more", async () => {
    const lab = await openLab({ gateways: 2 });
    await started(lab, [1, 2]);
    const { child, output } = watch(lab, []);
    const tables = () => output.matching(/^healthy: all 2 gateways are up/).length;
    await lab.until("two tables", tables, (count) => count >= 2);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(await output.text()).not.toContain("\x1b");

    const shell = `${EXECUTABLE} status -watch | head -n 1`;
    const piped = Bun.spawn([IP, "netns", "exec", lab.router.name, "sh", "-c", shell], { stdout: "pipe" });
    expect(await piped.stdout.text()).toBe("healthy: all 2 gateways are up\n");
    expect(await piped.exited).toBe(0);
  });

  test("draws over itself on a terminal until Ctrl-C, and leaves the cursor visible", async () => {
    const lab = await openLab({ gateways: 2 });
    await started(lab, [1, 2]);
    const shell = `stty cols 60 rows 20; exec ${EXECUTABLE} status -watch`;
    const command = [IP, "netns", "exec", lab.router.name, "script", "-qec", shell, "/dev/null"];
    const child = Bun.spawn(command, {
      env: { PATH: process.env["PATH"]!, TERM: "xterm" },
      stdin: "pipe",
      stdout: "pipe",
    });
    onTestFinished(() => child.kill("SIGKILL"));
    const output = new Transcript(child.stdout);
    await output.next(/healthy: all 2 gateways are up/);
    lab.gateway(1).becomes(answering(503));
    await output.next(/degraded: 1 of 2 gateways are up/);
    await output.next(/gateway 10\.77\.0\.11 down: status 503/); // the log
    child.stdin.write("\x03");
    child.stdin.flush();
    expect(await child.exited).toBe(1);
    const text = await output.text();
    expect(text).toContain("\x1b[?25l");
    expect(text.trimEnd()).toEndWith("\x1b[?25h");
    for (const frame of text.split("\x1b[H")) {
      const lines = Bun.stripANSI(frame).replaceAll("\r", "").split("\n");
      expect(lines.length).toBeLessThanOrEqual(20);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
    }
  });

  test("goes on after a restart of the service, and says that it was gone", async () => {
    const lab = await openLab({ gateways: 1 });
    const first = await started(lab, [1]);
    const { child, output, complaints } = watch(lab, ["-json"]);
    await output.next(/^\{"verdict":"healthy"/);
    await first.kill();
    await complaints.next(/cannot reach the service at http:\/\/127\.0\.0\.1:9090/);
    const mark = output.mark();
    await started(lab, [1]);
    await output.next(/^\{"verdict":"healthy"/, mark);
    child.kill("SIGINT");
    expect(await child.exited).toBe(0);
  });

  test("gives up where there is nothing, or no entry", async () => {
    const lab = await openLab({ gateways: 1 });
    const nothing = watch(lab, []);
    expect(await nothing.child.exited).toBe(4);
    expect(await nothing.complaints.text()).toContain("cannot reach the service at");
    lab.start({ ...CALM, "http-password": "secret" });
    await lab.untilRouted([1]);
    const shut = watch(lab, ["-json"]);
    expect(await shut.child.exited).toBe(4);
    expect(await shut.complaints.text()).toContain("requires a password");
    const open = watch(lab, ["-json"], [], { GRM_HTTP_PASSWORD: "secret" });
    await open.output.next(/^\{"verdict":"healthy"/);
  });
});
