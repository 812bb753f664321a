import { expect, test } from "bun:test";

import type { HttpRejection } from "../../../src/events/http.ts";
import { createServiceLog } from "../../../src/log/service-log.ts";

const several = { times: 120, addresses: 3, seconds: 60 };

test.each([
  [{ reason: "password" }, "HTTP port: wrong password, from 192.0.2.1"],
  [
    { reason: "password", several },
    "HTTP port: wrong password, 120 more times within 60s, from 3 addresses, most often 192.0.2.1",
  ],
  [
    { reason: "password", several: { ...several, addresses: 1 } },
    "HTTP port: wrong password, 120 more times within 60s, from 192.0.2.1",
  ],
  [
    { reason: "host", host: "evil.example.com" },
    'HTTP port: request for the public name "evil.example.com" rejected; set -allowed-host where it is a name of this router, from 192.0.2.1',
  ],
  [
    { reason: "connections" },
    "HTTP port: too many connections, so the oldest idle ones are closed for new ones, from 192.0.2.1",
  ],
] as const)("%j is logged as a warning: %s", (event, text) => {
  const lines: unknown[] = [];
  const log = Object.assign((...line: unknown[]) => void lines.push(line), { writes: () => true });
  const record = createServiceLog(log, [{ dnsNames: [] }]);
  record({ type: "http-rejected", from: "192.0.2.1", ...event } as HttpRejection);
  expect(lines).toEqual([["warn", text, { from: "192.0.2.1" }]]);
});
