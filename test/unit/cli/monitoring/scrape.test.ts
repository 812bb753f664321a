import { expect, test } from "bun:test";

import { type Endpoint, scrapeConfig } from "../../../../src/cli/monitoring/scrape.ts";

const endpoint: Endpoint = { address: "all", port: 9090, protected: false, machine: "router" };

test("a service that listens everywhere is scraped by the name of its machine", () => {
  const text = scrapeConfig(endpoint);
  expect(Bun.YAML.parse(text)).toEqual({
    scrape_configs: [{ job_name: "gateway-route-manager", static_configs: [{ targets: ["router:9090"] }] }],
  });
  expect(text).toContain("reaches this machine");
});

test.each([
  ["192.168.1.9", "192.168.1.9:9091"],
  ["::1", "[::1]:9091"],
])("a service that listens on %s is scraped at %s", (address, target) => {
  const text = scrapeConfig({ ...endpoint, address, port: 9091 });
  expect(Bun.YAML.parse(text)).toMatchObject({ scrape_configs: [{ static_configs: [{ targets: [target] }] }] });
  expect(text).toContain("-metrics-address");
});

test("a service behind a password is scraped with a file that holds it", () => {
  expect(Bun.YAML.parse(scrapeConfig({ ...endpoint, protected: true }))).toEqual({
    scrape_configs: [
      {
        job_name: "gateway-route-manager",
        basic_auth: { username: "prometheus", password_file: "gateway-route-manager.password" },
        static_configs: [{ targets: ["router:9090"] }],
      },
    ],
  });
  expect(scrapeConfig(endpoint)).not.toContain("password");
});
