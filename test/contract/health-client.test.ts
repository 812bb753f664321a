/** The health check when another program answers at the port. */
import { expect, test } from "bun:test";

import { askHealth } from "../../src/http/health-client.ts";
import { pour, say, startProbeServer } from "../fakes/probe-server.ts";

test("healthcheck stops reading a response without end, with bounded memory", async () => {
  await using server = await startProbeServer(pour("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(65_536)));
  const before = process.memoryUsage.rss();
  const { code, detail } = await askHealth("127.0.0.1", server.port);
  expect(code).toBe("other-program");
  expect(detail).toContain("another program answers, with status 200");
  expect(process.memoryUsage.rss() - before).toBeLessThan(100 << 20);
});

test("healthcheck does not decompress a response", async () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nok";
  await using server = await startProbeServer(say(head));
  expect((await askHealth("127.0.0.1", server.port)).code).toBe("other-program");
});
