import { expect, test } from "bun:test";

import { isLocalHost } from "../../../src/http/host.ts";

test.each([
  undefined,
  "",
  "192.168.1.1:9090",
  "10.0.0.1",
  "[::1]:9090",
  "[fe80::1]",
  "localhost:9090",
  "router",
  "ROUTER.Lan.",
  "router.home.arpa:9090",
  "metrics.monitoring.svc.cluster.local",
])("%p is an address or a local name", (host) => {
  expect(isLocalHost(host)).toBe(true);
});

test.each([
  "example.com",
  "192.168.1.1.example.com:9090",
  "local.example.com",
  "notlocal.example",
  "evil-lan.com",
  "evil.catalan",
  "[::1].example.com",
  "1.2.3.4.5",
  "999.1.1.1",
])("%p is a public name", (host) => {
  expect(isLocalHost(host)).toBe(false);
});
