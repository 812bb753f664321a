import { describe, expect, test } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";
import { type ParsedConfig, parseConfig } from "../../../src/config/parse.ts";
import { formatCidr } from "../../../src/net/cidr.ts";

/** Parses a command line as a shell would hand it over. */
function parse(line: string, environment: Record<string, string> = {}): ParsedConfig {
  const { values, problems } = parseArguments(line.split(/\s+/));
  expect(problems).toEqual([]);
  return parseConfig(values, { environment, readFile: () => "" });
}

const RANGE = "-start-ip 192.168.1.10 -end-ip 192.168.1.15";

/** Command lines of the user documentation; a drop-in replacement takes each of them. */
const EXAMPLES: readonly string[] = [
  "-start-ip 192.168.1.10 -end-ip 192.168.1.20 -port 9999 -check-period 10s -timeout 5s -log-level debug",
  "-start-ip 192.168.1.10 -end-ip 192.168.1.20 -port 8080",
  "-start-ip 10.0.0.10 -end-ip 10.0.0.15",
  "-start-ip 192.168.1.1 -end-ip 192.168.1.5 -scheme https -port 443 -path /health",
  "-start-ip 192.168.1.1 -end-ip 192.168.1.1",
  `${RANGE} -route 10.0.0.0/8`,
  `${RANGE} -route 1.0.0.0/8 -route 2.0.0.0/8`,
  `${RANGE} -exclude-cidr 1.2.3.4/32 -exclude-cidr 5.6.7.8/32`,
  `${RANGE} -ddns-provider dynudns -ddns-password your-api-key -ddns-hostname mygateways.example.com
    -public-ip-service-port 8000 -public-ip-service-path /v1/ip -ddns-require-ip-address 192.168.1.100
    -ddns-record-ttl 120s`,
  `${RANGE} -exclude-reserved-cidrs=false`,
  "-start-ip 10.0.1.10 -end-ip 10.0.1.15 -exclude-reserved-cidrs=true -exclude-cidr 1.2.3.4/32 -exclude-cidr 5.6.7.8/32",
  `-start-ip 10.0.1.10 -end-ip 10.0.1.15 -exclude-reserved-cidrs=false -exclude-cidr 10.0.0.0/8
    -exclude-cidr 172.16.0.0/12 -exclude-cidr 192.168.0.0/16`,
  `${RANGE} -ddns-provider dynudns -ddns-password your-api-key -ddns-hostname your-hostname.dynu.net`,
  "-start-ip 192.168.1.1 -end-ip 192.168.1.3 -path /status -check-period 30s -timeout 10s",
  "-start-ip 192.168.1.1 -end-ip 192.168.1.5 -log-level debug",
];

describe("an example of the user documentation", () => {
  test.each(EXAMPLES)("%s", (line) => {
    expect(parse(line)).toMatchObject({ ok: true, warnings: [] });
  });

  test("with the API key in DDNS_PASSWORD", () => {
    const line = `${RANGE} -ddns-provider dynudns -ddns-hostname mygateways.example.com`;
    expect(parse(line, { DDNS_PASSWORD: "your-api-key" })).toMatchObject({
      ok: true,
      config: { pools: [{ dnsNames: [{ ddnsPassword: "your-api-key" }] }] },
    });
  });
});

describe("the values arrive", () => {
  test("all of the DDNS example", () => {
    expect(parse(EXAMPLES[8]!)).toMatchObject({
      config: {
        pools: [
          {
            dnsNames: [
              {
                ddnsProvider: "dynudns",
                ddnsPassword: "your-api-key",
                ddnsHostname: "mygateways.example.com",
                ddnsRecordTtl: 120_000,
                ddnsRequireIpAddress: { family: 4, bits: 0xc0a8_0164 },
              },
            ],
          },
        ],
        publicIp: { publicIpServicePort: 8000, publicIpServicePath: "/v1/ip" },
      },
    });
  });

  test("several routes", () => {
    const parsed = parse(`${RANGE} -route 1.0.0.0/8 -route default`);
    expect(parsed.ok && parsed.config.pools[0].route.map(formatCidr)).toEqual(["1.0.0.0/8", "0.0.0.0/0"]);
  });

  test.each([
    ["DEBUG", "DynuDNS"],
    ["debug", "dynudns"],
    ["Debug", "DYNUDNS"],
  ])("-log-level %s and -ddns-provider %s, in any letter case", (level, provider) => {
    const line = `${RANGE} -log-level ${level} -ddns-provider ${provider} -ddns-password k -ddns-hostname a.b`;
    expect(parse(line)).toMatchObject({
      config: { service: { logLevel: "debug" }, pools: [{ dnsNames: [{ ddnsProvider: "dynudns" }] }] },
    });
  });

  test.each([
    ["-exclude-reserved-cidrs", true],
    ["-exclude-reserved-cidrs=0", false],
    ["--exclude-reserved-cidrs=T", true],
  ] as const)("%s", (word, value) => {
    expect(parse(`${RANGE} ${word}`)).toMatchObject({ config: { pools: [{ excludeReservedCidrs: value }] } });
  });
});
