import { expect, test } from "bun:test";

import { type Endpoint, scrapeConfig, scrapeNotes } from "../../../../src/cli/monitoring/scrape.ts";

const endpoint: Endpoint = { address: "all", port: 9090, protected: false, machine: "router" };

test("a service that listens everywhere is scraped by the name of its machine", () => {
  expect(scrapeConfig(endpoint)).toEqual({
    scrape_configs: [{ job_name: "gateway-route-manager", static_configs: [{ targets: ["router:9090"] }] }],
  });
  expect(scrapeNotes(endpoint).join(" ")).toContain("reaches this machine");
});

test.each([
  ["192.168.1.9", "192.168.1.9:9091"],
  ["::1", "[::1]:9091"],
])("one that listens on %s is scraped at %s", (address, target) => {
  expect(JSON.stringify(scrapeConfig({ ...endpoint, address, port: 9091 }))).toContain(`"targets":["${target}"]`);
  expect(scrapeNotes({ ...endpoint, address }).join(" ")).toContain("-metrics-address");
});

test("one behind a password is scraped with a file that holds it", () => {
  const guarded = { ...endpoint, protected: true };
  expect(scrapeConfig(guarded)).toMatchObject({
    scrape_configs: [{ basic_auth: { username: "prometheus", password_file: "gateway-route-manager.password" } }],
  });
  expect(scrapeNotes(guarded).join(" ")).toContain("gateway-route-manager.password");
  expect(scrapeNotes(endpoint).join(" ")).not.toContain("password");
});
