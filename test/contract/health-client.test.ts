/** What a health check makes of something else that answers at the port. */
import { expect, test } from "bun:test";

import { askHealth } from "../../src/http/health-client.ts";
import { pour, say, startProbeServer } from "../fakes/probe-server.ts";

test("an answer without end is let go, and fills no memory", async () => {
  await using server = await startProbeServer(pour("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(65_536)));
  const before = process.memoryUsage.rss();
  const { ok, why } = await askHealth("127.0.0.1", server.port);
  expect([ok, why]).toEqual([false, expect.stringContaining("another program answers, with status 200")]);
  expect(process.memoryUsage.rss() - before).toBeLessThan(100 << 20);
});

test("a compressed answer is not unpacked", async () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nok";
  await using server = await startProbeServer(say(head));
  expect((await askHealth("127.0.0.1", server.port)).why).toContain("another program answers");
});
