/** Webhook deliveries to real servers: the request, statuses, failures, repetition. */
import { afterEach, describe, expect, spyOn, test } from "bun:test";
import dns from "node:dns/promises";

import { Delivery, type DeliveryResult } from "../../src/hooks/delivery.ts";
import { startHooks } from "../../src/hooks/hooks.ts";
import type { Notification } from "../../src/hooks/notification.ts";
import type { HookEvent } from "../../src/events/hooks.ts";
import { webhookTransport } from "../../src/hooks/webhook.ts";
import { until, untilCount } from "../e2e/lab/wait.ts";
import {
  answer,
  type Behaviour,
  closedPort,
  hang,
  pour,
  say,
  sayAndWait,
  startProbeServer,
  startTlsServer,
} from "../fakes/probe-server.ts";
import { twoPools } from "../fixtures/two-pools.ts";
import { notification } from "../unit/hooks/hooks.fixture.ts";

const NEVER = new AbortController().signal;
const SECRET = "tok-hunter2";

/** Sends one notification to a server with this behaviour. */
async function deliverTo(behaviour: Behaviour, timeout = 10_000): Promise<DeliveryResult> {
  await using server = await startProbeServer(behaviour);
  return await webhookTransport(`http://127.0.0.1:${server.port}/${SECRET}`, timeout).deliver(notification(), NEVER);
}

const problemOf = (result: DeliveryResult): string => (result.ok ? "none" : result.problem);

test("a notification is a POST of JSON to path and query of the URL, on a connection of its own", async () => {
  const sent = notification({ message: "é €" });
  await using server = await startProbeServer(sayAndWait("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
  const transport = webhookTransport(`http://127.0.0.1:${server.port}/a/b?token=${SECRET}`, 10_000);
  expect(await transport.deliver(sent, NEVER)).toEqual({ ok: true });
  expect(await transport.deliver(sent, NEVER)).toEqual({ ok: true });
  expect(server.visits).toHaveLength(2);
  const [head, body] = Buffer.from(server.visits[0]!.request, "latin1").toString().split("\r\n\r\n");
  expect(head).toStartWith(`POST /a/b?token=${SECRET} HTTP/1.1\r\n`);
  expect(head!.toLowerCase()).toContain("\r\ncontent-type: application/json\r\n");
  expect(head!.toLowerCase()).not.toContain("authorization");
  expect(JSON.parse(body!)).toEqual(sent);
});

test("user and password of the URL are decoded and sent as Basic authentication", async () => {
  await using server = await startProbeServer(answer(204));
  const transport = webhookTransport(`http://user:p%40ss%3A%C3%A9@127.0.0.1:${server.port}/`, 10_000);
  expect(await transport.deliver(notification(), NEVER)).toEqual({ ok: true });
  const basic = Buffer.from("user:p@ss:é").toString("base64");
  expect(server.visits[0]!.request.toLowerCase()).toContain(`authorization: basic ${basic.toLowerCase()}`);
});

describe("a delivery", () => {
  test.each([200, 201, 202, 204, 299])("succeeds with status %d", async (status) => {
    expect(await deliverTo(answer(status))).toEqual({ ok: true });
  });

  test.each([408, 425, 429, 500, 502, 503, 599])("fails with status %d and can be repeated", async (status) => {
    expect(await deliverTo(answer(status))).toEqual({ ok: false, retryable: true, problem: `status ${status}` });
  });

  test.each([400, 401, 403, 404, 410, 422])("fails with status %d for good", async (status) => {
    expect(await deliverTo(answer(status))).toEqual({ ok: false, retryable: false, problem: `status ${status}` });
  });

  test.each<[string, number | undefined]>([
    ["7", 7000],
    ["0", 0],
    ["soon", undefined],
    ["-1", undefined],
    [new Date(0).toUTCString(), 0],
  ])("fails with status 429 and the wait of Retry-After: %s", async (header, waitMs) => {
    const delivery = await deliverTo(answer(429, `retry-after: ${header}\r\n`));
    expect((delivery as { waitMs?: number }).waitMs).toBe(waitMs as number);
  });

  test("fails with status 503 and the wait until the date of Retry-After", async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    const { waitMs } = (await deliverTo(answer(503, `retry-after: ${date}\r\n`))) as { waitMs?: number };
    expect(waitMs!).toBeGreaterThan(30_000);
    expect(waitMs!).toBeLessThanOrEqual(60_000);
  });
});

test.each([301, 302, 307, 308])(
  "a delivery fails for good at a redirect (%d), which is not followed",
  async (status) => {
    await using trap = await startProbeServer(answer(200));
    const delivery = await deliverTo(answer(status, `location: http://127.0.0.1:${trap.port}/\r\n`));
    expect(delivery).toMatchObject({ ok: false, retryable: false });
    expect(problemOf(delivery)).toContain("redirects are not followed");
    expect(trap.visits).toEqual([]);
  },
);

test.each([
  ["/new/tok-2?a=tok-3", "status 308: redirects are not followed; set -webhook-url to the URL it leads to"],
  [
    "https://127.0.0.1:1/new/tok-2",
    "status 308 to https://127.0.0.1:1: redirects are not followed; set -webhook-url to the URL it leads to",
  ],
  [
    "https://u:tok-4@else.invalid/new/tok-2",
    "status 308 to another host, https://else.invalid: redirects are not followed; set -webhook-url to the URL it leads to, if that host is yours to trust",
  ],
])("of a redirect to %s the host is shown, and no path, which may be a secret", async (location, problem) => {
  expect(problemOf(await deliverTo(answer(308, `location: ${location}\r\n`)))).toBe(problem);
});

describe("a delivery to a server that", () => {
  test("never answers ends after the timeout", async () => {
    expect(await deliverTo(hang, 200)).toEqual({ ok: false, retryable: true, problem: "timeout after 200ms" });
  });

  test("sends a body without end succeeds, with bounded memory", async () => {
    const before = process.memoryUsage.rss();
    await using server = await startProbeServer(pour("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(65_536)));
    const transport = webhookTransport(`http://127.0.0.1:${server.port}/`, 10_000);
    expect(await transport.deliver(notification(), NEVER)).toEqual({ ok: true });
    await server.visits[0]!.closed;
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 << 20);
  });

  test("refuses connections, or does not speak HTTP, fails and can be repeated", async () => {
    const gone = webhookTransport(`http://127.0.0.1:${await closedPort()}/${SECRET}`, 10_000);
    expect(await gone.deliver(notification(), NEVER)).toMatchObject({ retryable: true, problem: "connection refused" });
    expect(await deliverTo(say("SSH-2.0-fake\r\n this is not HTTP\r\n\r\n"))).toMatchObject({
      retryable: true,
      problem: "the answer is not HTTP",
    });
  });

  test("has an untrusted certificate sends no request", async () => {
    await using server = await startTlsServer("self-signed.pem", answer(200));
    const delivery = await webhookTransport(`https://127.0.0.1:${server.port}/`, 10_000).deliver(notification(), NEVER);
    expect(problemOf(delivery)).toStartWith("TLS: ");
    expect(server.visits.every(({ request }) => request === "")).toBe(true);
  });

  test("hangs ends at once when the service stops", async () => {
    const stop = new AbortController();
    await using server = await startProbeServer(hang);
    const transport = webhookTransport(`http://127.0.0.1:${server.port}/`, 60_000);
    const delivery = transport.deliver(notification(), stop.signal);
    await until("the request", () => server.visits.length, Boolean);
    stop.abort();
    expect(problemOf(await delivery)).toBe("cancelled: the service stops");
  });
});

test("the problem of a failed delivery shows no part of the URL but its host", async () => {
  const urls = [
    `http://${SECRET}.invalid:1/${SECRET}?${SECRET}`,
    `http://127.0.0.1:1/${SECRET}?a=${SECRET}#`,
    `http://[::1]:1/${SECRET}`,
  ];
  for (const url of urls) {
    const delivery = await webhookTransport(url.replace(`${SECRET}.`, "nobody."), 5000).deliver(notification(), NEVER);
    expect(delivery.ok).toBe(false);
    expect(problemOf(delivery)).not.toContain(SECRET);
  }
});

describe("a delivery to a host name", () => {
  const { http_proxy: proxyBefore } = process.env;
  afterEach(() => {
    if (proxyBefore === undefined) delete process.env["http_proxy"];
    else process.env["http_proxy"] = proxyBefore;
  });

  test("through a proxy that cannot be reached fails with the name of the proxy, without its credentials", async () => {
    const address = `127.0.0.1:${await closedPort()}`;
    process.env["http_proxy"] = `http://user:${SECRET}@${address}`;
    const transport = webhookTransport("http://receiver.invalid/", 10_000);
    expect(problemOf(await transport.deliver(notification(), NEVER))).toBe(
      `connection refused, through the proxy of http_proxy (http://${address})`,
    );
  });

  test("asks for its IPv4 addresses alone, since some resolvers never answer for others", async () => {
    using lookup = spyOn(dns, "lookup").mockResolvedValue([{ address: "127.0.0.1", family: 4 }] as never);
    await using server = await startProbeServer(answer(200));
    const transport = webhookTransport(`http://receiver.invalid:${server.port}/`, 10_000);
    expect(await transport.deliver(notification(), NEVER)).toEqual({ ok: true });
    expect(server.visits[0]!.request.toLowerCase()).toContain(`\r\nhost: receiver.invalid:${server.port}\r\n`);
    expect(lookup).toHaveBeenCalledTimes(1);
  });
});

test("a notification that was answered with 500 is sent again before the next one", async () => {
  let requests = 0;
  await using server = await startProbeServer((socket, visit) => answer(requests++ === 0 ? 500 : 200)(socket, visit));
  const events: HookEvent[] = [];
  const transport = webhookTransport(`http://127.0.0.1:${server.port}/`, 10_000);
  const delivery = new Delivery(
    transport,
    (event) => events.push(event),
    () => 0.01,
  );
  const [first, second] = [notification({ gateway: "a" }), notification({ gateway: "b" })];
  delivery.offer(first);
  delivery.offer(second);
  await untilCount("three attempts", () => events.length, 3);
  const ids = server.visits.map(({ request }) => (JSON.parse(request.split("\r\n\r\n")[1]!) as { id: number }).id);
  expect(ids).toEqual([first.id, first.id, second.id]);
  await delivery.stop(0);
});

test("pools with names send their notifications over one channel: a shared gateway once, and its loss for each pool", async () => {
  await using server = await startProbeServer(answer(200));
  const url = `http://127.0.0.1:${server.port}/`;
  const flags = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.1", "webhook-url": url };
  const log = Object.assign(() => {}, { writes: () => false });
  const hooks = startHooks(twoPools(flags), log, () => {});
  const counts = { up: 0, down: 1, total: 1 };
  const pools = ["vpn", "lte"].map((pool) => ({ pool, ...counts }));
  const state = { before: "unknown", status: "down", detail: "timeout after 1s" } as const;
  hooks.record({ type: "gateway", gateway: "10.0.0.1", ...state, ...counts, pools });
  await untilCount("three requests", () => server.visits.length, 3);
  await hooks.stop(1000);
  const bodies = server.visits.map(({ request }) => JSON.parse(request.split("\r\n\r\n")[1]!) as Notification);
  expect(bodies.map(({ pool, event }) => [pool, event])).toEqual([
    [undefined, "gateway-down"],
    ["vpn", "all-down"],
    ["lte", "all-down"],
  ]);
});
