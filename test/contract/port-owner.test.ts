/** Whose process has the port of the service, when health and status are asked for there. */
import { describe, expect, onTestFinished, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fetchStatus } from "../../src/cli/status-view/client.ts";
import { listenersFor, parseListeners } from "../../src/service/port-listeners.ts";
import { parseAddress } from "../../src/net/address.ts";
import { askOwnService } from "../../src/service/ask-service.ts";
import { lockTable, socketOf } from "../../src/service/instance-lock.ts";
import { askOwnHealth, ownerOf, whyDistrusted } from "../../src/service/port-owner.ts";
import { asVisitor, VISITOR } from "../fixtures/visitor.ts";

/** A server that says that all is well; returns its port and the requests that it got. */
function serve(hostname: string, as: <T>(make: () => T) => T = (make) => make()) {
  const requests: Request[] = [];
  const answer = (request: Request): Response => {
    requests.push(request);
    return new Response("ok: probes are running\n");
  };
  const server = as(() => Bun.serve({ hostname, port: 0, fetch: answer }));
  onTestFinished(() => server.stop(true));
  return { port: server.port!, requests };
}

const at = (metricsAddress: string, metricsPort: number) => ({ metricsAddress, metricsPort });

describe.each([
  ["127.0.0.1", "127.0.0.1"],
  ["127.0.0.1", "all"],
  ["0.0.0.0", "127.0.0.1"],
  ["::", "all"],
  ["::", "127.0.0.1"],
  ["::1", "::1"],
  ["::", "::1"],
])("a port at %s, asked for at %s", (listen, ask) => {
  test("of this user is trusted", async () => {
    const { port } = serve(listen);
    expect(ownerOf(at(ask, port))).toEqual({ kind: "trusted" });
    expect(await askOwnHealth(at(ask, port))).toEqual({ code: "ours-ok", detail: "ok: probes are running" });
  });

  test("of another user is not asked for the health", async () => {
    const { port, requests } = serve(listen, asVisitor);
    const { code, detail } = await askOwnHealth(at(ask, port));
    expect(code).toBe("other-program");
    expect(detail).toContain(`port ${port} belongs to a process of user ${VISITOR}, who is not root, not you and`);
    expect(requests).toEqual([]);
  });
});

test("a port of another user gets no password, and the message says so", async () => {
  const { port, requests } = serve("127.0.0.1", asVisitor);
  const address = at("127.0.0.1", port);
  const result = await fetchStatus({
    origin: `http://127.0.0.1:${port}`,
    password: "secret-of-the-page",
    distrust: () => whyDistrusted(address, true),
  });
  expect(result).toEqual({
    ok: false,
    error: `cannot read the status from http://127.0.0.1:${port}: port ${port} belongs to a process of user ${VISITOR}, who is not root, not you and not the user of a running service; the password was not sent; find that process with ss -ltnp, and check -metrics-port`,
  });
  expect(requests).toEqual([]);
});

test("a port without a listener gets no password, since another user could listen a moment later", async () => {
  const { port } = serve("127.0.0.1");
  const free = at("127.0.0.2", port);
  expect(ownerOf(free)).toEqual({ kind: "none" });
  expect(whyDistrusted(free, false)).toBeUndefined();
  const result = await fetchStatus({
    origin: `http://127.0.0.2:${port}`,
    password: "secret",
    distrust: () => whyDistrusted(free, true),
  });
  expect(result).toMatchObject({ error: expect.stringContaining("nothing listens there; the password was not sent") });
});

test("of an address of another machine nothing is known, so it is asked as before", () => {
  expect(ownerOf(at("192.0.2.1", 9090))).toEqual({ kind: "elsewhere" });
  expect(ownerOf(at("2001:db8::1", 9090))).toEqual({ kind: "elsewhere" });
  expect(whyDistrusted(at("192.0.2.1", 9090), true)).toBeUndefined();
});

test("a port of the user of a running service is trusted, such as systemd's for a unit of its own", async () => {
  const script = `Bun.listen({ unix: ${JSON.stringify(socketOf.table(716_180))}, socket: { data() {} } });
    console.log(Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("ok: fine") }).port)`;
  const user = [`--reuid=${VISITOR}`, `--regid=${VISITOR}`, "--clear-groups"];
  const privilege = ["--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin"];
  const words = ["setpriv", ...user, ...privilege, process.execPath, "-e", script];
  const service = Bun.spawn(words, { stdout: "pipe", cwd: "/" });
  onTestFinished(async () => {
    service.kill("SIGKILL");
    await service.exited;
  });
  const { value } = await service.stdout.getReader().read();
  const port = Number(Buffer.from(value ?? []).toString());
  expect(ownerOf(at("127.0.0.1", port))).toEqual({ kind: "trusted" });
});

test("a lock of a process that is no service makes no user trusted", () => {
  const listener = asVisitor(() => Bun.listen({ unix: socketOf.table(716_181), socket: { data() {} } }));
  onTestFinished(() => listener.stop(true));
  const lock = lockTable(716_181)!;
  onTestFinished(() => lock.release());
  const { port } = serve("127.0.0.1", asVisitor);
  expect(ownerOf(at("127.0.0.1", port))).toEqual({ kind: "foreign", uid: VISITOR });
});

describe("of several listeners on a port", () => {
  const line = (address: string, port: string, uid: number, state = "0A"): string =>
    `   0: ${address}:${port} ${address.replaceAll(/./g, "0")}:0000 ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 560 1 0000000005bbcced 100 0 0 10 0`;
  const [LOCAL, ANY, ANY6] = ["0100007F", "00000000", "0".repeat(32)];
  const MAPPED = "0000000000000000FFFF00000100007F";
  const usersFor = (address: string, ...lines: string[]): number[] =>
    listenersFor(parseAddress(address, [4, 6])!, 9090, parseListeners(lines.join("\n"))).map(({ uid }) => uid);

  test("that of the address comes before those of all addresses", () => {
    const all = [line(ANY6, "2382", 3), line(ANY, "2382", 2), line(LOCAL, "2382", 1)];
    expect(usersFor("127.0.0.1", ...all)).toEqual([1]);
    expect(usersFor("127.0.0.2", ...all)).toEqual([2]);
    expect(usersFor("::1", ...all)).toEqual([3]);
    expect(usersFor("127.0.0.2", line(ANY6, "2382", 3))).toEqual([3]);
    expect(usersFor("127.0.0.1", line(MAPPED, "2382", 4), line(ANY, "2382", 2))).toEqual([4]);
  });

  test("those of other ports and of connections do not count", () => {
    expect(usersFor("127.0.0.1", line(LOCAL, "2383", 1), line(LOCAL, "2382", 2, "01"))).toEqual([]);
  });
});

describe("a control socket", () => {
  /** A socket that answers every request; returns its path, and how often it was asked. */
  function listen(as: <T>(make: () => T) => T = (make) => make()) {
    const folder = mkdtempSync(join(tmpdir(), "grm-socket-"));
    chmodSync(folder, 0o777);
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const asked = { path: join(folder, "control.sock"), count: 0 };
    const data = (socket: { end(text: string): void }): void => {
      asked.count += 1;
      socket.end('{"ok":true,"result":"mine"}\n');
    };
    const listener = as(() => Bun.listen({ unix: asked.path, socket: { data } }));
    onTestFinished(() => listener.stop(true));
    return asked;
  }

  test("of this user is asked", async () => {
    const asked = listen();
    const reply = await askOwnService(asked.path, { command: "places" }, 2000);
    expect(reply).toEqual({ reached: true, answer: { ok: true, result: "mine" } });
  });

  test("of another user is not asked, and the message says whose it is", async () => {
    const asked = listen(asVisitor);
    const reply = await askOwnService(asked.path, { command: "reload" }, 2000);
    expect(reply).toMatchObject({
      reached: false,
      detail: `the socket "${asked.path}" belongs to user ${VISITOR}, who is not root, not you and not the user of a running service`,
    });
    expect(asked.count).toBe(0);
  });

  test("that is missing is reported as before", async () => {
    expect(await askOwnService("/nowhere/control.sock", { command: "places" }, 2000)).toMatchObject({
      reached: false,
      code: "unreached",
    });
  });
});
