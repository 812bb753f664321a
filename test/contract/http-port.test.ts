/** The HTTP port, with real connections. */
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";

import { listenHttp, type ListenerOptions } from "../../src/http/listener.ts";
import { STREAM_TYPE } from "../../src/http/responses.ts";
import { freePort } from "../fakes/free-port.ts";
import { until } from "../e2e/lab/wait.ts";

setDefaultTimeout(20_000);

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});

const LIMITS = { total: 6, perAddress: 4, followers: 1 };
const GET = "GET /path HTTP/1.1\r\nHost: localhost\r\n\r\n";
const LARGE = "x".repeat(3_000_000);

/** Listens at all addresses. */
async function listen(options: Partial<ListenerOptions> = {}): Promise<number> {
  const port = freePort();
  const respond: ListenerOptions["respond"] = ({ url, from }) => {
    const { pathname } = new URL(url);
    if (pathname === "/large") return new Response(LARGE);
    if (pathname === "/events") return new Response(new ReadableStream(), { headers: { "content-type": STREAM_TYPE } });
    return new Response(`${pathname} from ${from}`);
  };
  const { stop } = listenHttp({ hostname: "::", port, limits: LIMITS, respond, ...options });
  cleanUps.push(stop);
  return port;
}

/** A client, what it has received, and whether its connection has ended. */
interface Client {
  readonly socket: Socket;
  text(): string;
  hasEnded(): boolean;
}

/** @param from an address of this machine */
async function open(port: number, sent = "", from = "127.0.0.1"): Promise<Client> {
  const socket = connect({ host: "127.0.0.1", port, localAddress: from });
  let text = "";
  let hasEnded = false;
  socket.on("data", (bytes) => (text += bytes.toString("latin1")));
  socket.on("error", () => {});
  socket.on("close", () => (hasEnded = true));
  cleanUps.push(() => socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.write(sent);
  return { socket, text: () => text, hasEnded: () => hasEnded };
}

const untilEnded = (client: Client) => until("the end of a connection", () => client.hasEnded(), Boolean);
const untilText = (client: Client, part: string) =>
  until(
    `a response with ${part}`,
    () => client.text(),
    (text) => text.includes(part),
  );

test("a response of any size arrives whole, over IPv4 and IPv6, on one connection after the other", async () => {
  const port = await listen();
  for (const host of ["127.0.0.1", "[::1]"]) {
    for (let time = 0; time < 3; time++) {
      const response = await fetch(`http://${host}:${port}/some`);
      expect(await response.text()).toBe(`/some from ${host === "[::1]" ? "::1" : host}`);
    }
    expect((await (await fetch(`http://${host}:${port}/large`)).text()) === LARGE).toBe(true);
  }
});

test("an address that holds all it may gets its newest connection, and its oldest idle one is closed", async () => {
  const full: string[] = [];
  const port = await listen({ onFull: (from) => void full.push(from) });
  const other = await open(port, "GET", "127.0.0.2");
  const idle: Client[] = [];
  for (let time = 0; time < LIMITS.perAddress; time++) idle.push(await open(port, "GET /half"));
  const newest = await open(port, GET);
  await untilText(newest, "/path from 127.0.0.1");
  await untilEnded(idle[0]!);
  expect([other, ...idle.slice(1), newest].map((client) => client.hasEnded())).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
  expect(full).toEqual(["127.0.0.1"]);
});

test("no address can keep another one from the port, whether its clients send nothing or do not read", async () => {
  const port = await listen();
  for (const from of ["127.0.0.1", "127.0.0.2"]) {
    for (let time = 0; time < 10; time++) {
      const { socket } = await open(port, time % 2 === 0 ? "" : GET.replace("/path", "/large").repeat(9), from);
      socket.pause();
    }
  }
  for (let time = 0; time < 10; time++) {
    const client = await open(port, GET, "127.0.0.3");
    await untilText(client, "/path from 127.0.0.3");
    client.socket.destroy();
  }
});

test("more connections than are allowed take no more descriptors", async () => {
  const port = await listen();
  const descriptors = (): number => readdirSync("/proc/self/fd").length;
  const before = descriptors();
  const clients = await Promise.all(
    Array.from({ length: 200 }, (_, index) => open(port, "GET", `127.0.1.${index % 9}`)),
  );
  await until(
    "closed connections",
    () => clients.filter((one) => !one.hasEnded()).length,
    (count) => count <= LIMITS.total,
  );
  expect(descriptors() - before).toBeLessThanOrEqual(2 * LIMITS.total);
});

test("of clients that do not read large responses most are disconnected, and others are served", async () => {
  const size = 20_000_000; // bytes: more than the kernel holds for a connection
  const respond: ListenerOptions["respond"] = ({ url }) =>
    new Response(url.endsWith("/large") ? "x".repeat(size) : "ok");
  const port = await listen({ respond, limits: { total: 128, perAddress: 64, followers: 1 } });
  const clients: Client[] = [];
  for (let time = 0; time < 12; time++) {
    const client = await open(port, GET.replace("/path", "/large"));
    client.socket.pause();
    clients.push(client);
  }
  await untilText(await open(port, GET, "127.0.0.2"), "ok");
  for (const { socket } of clients) socket.resume();
  const isWhole = (client: Client): boolean => client.text().length > size;
  await until(
    "the end of all responses",
    () => clients.filter((client) => !client.hasEnded() && !isWhole(client)).length,
    (count) => count === 0,
  );
  expect(clients.filter(isWhole).length).toBeLessThanOrEqual(2);
});

test.each([
  [256, 32],
  [1024, 128],
])("a process that may open %p files holds %p connections", (files, total) => {
  const module = new URL("../../src/service/http-port.ts", import.meta.url).pathname;
  const script = `console.log((await import("${module}")).connectionLimits().total)`;
  const { stdout } = Bun.spawnSync(["sh", "-c", `ulimit -n ${files} && exec "$0" -e '${script}'`, process.execPath]);
  expect(Number(stdout.toString())).toBe(total);
});

test("a follower stays while others come and go", async () => {
  const port = await listen();
  const follower = await open(port, GET.replace("/path", "/events"));
  await untilText(follower, "text/event-stream");
  for (let time = 0; time < 20; time++) await untilText(await open(port, GET), "/path from");
  expect(follower.hasEnded()).toBe(false);
});

test("a client that sends its request and then its end gets the response", async () => {
  const client = await open(await listen());
  client.socket.end(GET);
  await untilText(client, "/path from");
  await untilEnded(client);
});

test.each(["with its request", "while the response arrives"])(
  "a client that sends its end %s gets the whole of a large response",
  async (when) => {
    const client = await open(await listen());
    client.socket.pause();
    client.socket.write(GET.replace("/path", "/large"));
    if (when !== "with its request") await Bun.sleep(200);
    client.socket.end();
    await Bun.sleep(200);
    client.socket.resume();
    await untilEnded(client);
    expect(client.text().length).toBeGreaterThan(LARGE.length);
  },
);

test("a body is not read, and its sender gets the response all the same", async () => {
  const client = await open(await listen(), GET.replace("\r\n\r\n", "\r\nContent-Length: 900000\r\n\r\n"));
  client.socket.write("x".repeat(900_000));
  await untilText(client, "connection: close\r\n");
  await untilText(client, "/path from");
});

test("a port that is in use is reported with its code, and a stop frees it and ends all connections", async () => {
  const port = freePort();
  const options = { hostname: "127.0.0.1", port, limits: LIMITS, respond: () => new Response("") };
  const { stop } = listenHttp(options);
  const client = await open(port, "GET");
  expect(() => listenHttp(options)).toThrow(expect.objectContaining({ code: "EADDRINUSE" }));
  stop();
  await untilEnded(client);
  listenHttp(options).stop();
});
