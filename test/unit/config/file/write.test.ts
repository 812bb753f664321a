import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { configFileText, givenBy } from "../../../../src/config/file/write.ts";
import { type Config, usedProbes } from "../../../../src/config/model.ts";
import { optionList } from "../../../../src/config/options.ts";
import { parseConfig } from "../../../../src/config/parse.ts";
import { configOf } from "./file.fixture.ts";

type Texts = Readonly<Record<string, string>>;

const RANGE: Texts = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.9" };

/** The secrets of all tests. */
const SECRET = "https://S3cr3t.example/";

/** Each secret is in the file of its flag, and in the one where the printed file expects it. */
const secrets = Object.fromEntries(
  ["ddns-password", "public-ip-service-password", "public-ip-service-api-key", "webhook-url", "http-password"].flatMap(
    (flag) => [`/etc/gateway-route-manager/${flag}`, `/run/${flag}`].map((path) => [path, `${SECRET}\n`]),
  ),
);

/** What flags and variables mean, and the file that they are printed as. */
function print(flags: Texts, environment: Texts = {}): { readonly config: Config; readonly text: string } {
  const surroundings = { environment, readFile: () => SECRET };
  const parsed = parseConfig({ ...RANGE, ...flags }, surroundings);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  const text = configFileText(
    parsed.config,
    givenBy({ ...RANGE, ...flags }, surroundings, (path) => path),
  );
  return { config: parsed.config, text };
}

/** A configuration without what has no effect in it, and without where it comes from. */
function effective(config: Config) {
  const { service, exitCheck, publicIp, pools } = config;
  const looksUp = publicIp.publicIpRequired || pools.some(({ dnsNames }) => dnsNames.length > 0);
  return {
    ...config,
    gateways: config.gateways.map((one) => ({ ...one, requirement: one.probes.length > 1 ? one.requirement : "all" })),
    probes: usedProbes(config).map((one) =>
      "label" in one && one.label !== "url" ? { ...one, text: undefined } : one,
    ),
    service: { ...service, config: undefined },
    exitCheck: { ...exitCheck, timeout: exitCheck.urls.length > 0 ? exitCheck.timeout : 0 },
    publicIp: { ...publicIp, timeout: looksUp ? publicIp.timeout : 0 },
  };
}

function expectSame({ config, text }: ReturnType<typeof print>): void {
  expect(effective(configOf(text, { secrets }))).toEqual(effective(config));
  expect(text).not.toContain("S3cr3t");
}

/** Flags by what goes together; each has to survive on its own and with all others. */
const SETS: readonly Texts[] = [
  { gateway: "sweden=10.0.0.2,weight=2 10.9.0.1 10.9.0.2 lte=10.9.0.9,tier=2" },
  { port: "1", path: "/x", scheme: "https", timeout: "2s", rise: "2", fall: "3" },
  { "check-period": "9s", "fast-check-period": "1s", "flap-hold": "30s" },
  {
    "min-healthy": "1",
    "min-healthy-policy": "all",
    "when-no-gateways": "prohibit",
    "on-exit": "keep",
    "take-over": "true",
  },
  { "when-no-gateways": "blackhole", "block-ipv6": "1" },
  { route: "1.0.0.0/8, default", "exclude-cidr": "2.0.0.0/8,3.0.0.0/8", "exclude-reserved-cidrs": "F" },
  { "first-routing-table-id": "181", "first-rule-preference": "10889" },
  {
    "ddns-provider": "dynudns",
    "ddns-username": "user",
    "ddns-password": SECRET,
    "ddns-hostname": "b.example",
    "ddns-timeout": "1s",
    "ddns-record-ttl": "2m",
    "ddns-require-ip-address": "10.0.0.9",
    "ddns-when-no-gateways": "keep",
    "ddns-verify": "authoritative",
    "ddns-api-url": "https://proxy.example/v2",
    "ddns-server": "192.168.1.53:5353",
    "ddns-zone": "023e105f4ecef8ad9ca31a8372d0c353",
    "ddns-adopt": "true",
    "ddns-proxied": "true",
  },
  {
    "public-ip-service-hostname": "c.example",
    "public-ip-service-port": "8000",
    "public-ip-service-scheme": "http",
    "public-ip-service-path": "/ip",
    "public-ip-refresh": "1m",
    "public-ip-allow-private": "true",
    "public-ip-required": "1",
  },
  { "public-ip-service-username": 'a"b\\c', "public-ip-service-password": SECRET },
  { "public-ip-service-api-key": SECRET, "webhook-url": SECRET, "http-password": SECRET },
  { "on-change": `/usr/bin/notify "a b" 'c'`, "hook-timeout": "5s" },
  {
    "metrics-port": "9091",
    "metrics-address": "127.0.0.1",
    "status-page": "0",
    "log-level": "DEBUG",
    "log-format": "json",
  },
  {
    through: "icmp:1.1.1.1,9.9.9.9 tcp:1.1.1.1:443,9.9.9.9:443 https://example.com/?a=%2C,http://b.example",
    "through-max-loss": "20%:10%",
    "through-text": "all is well",
    "through-require": "any",
  },
  { gateway: "lte=10.9.0.9,tier=2", "tier-min": "2", "tier-shortage": "join", "tier-failback-delay": "5m" },
  { placement: "usable", "usable-min": "2", "marker-route": "192.0.2.173/32", "hash-seed": "4294967295" },
  { "track-file": "/run/gateways/usable", "track-file-format": "shell" },
  {
    through: "dns:9.9.9.9,8.8.8.8 https://a.example/,https://c.example/",
    "through-only": "true",
    "through-max-latency": "500ms:300ms",
    "through-rise": "3",
  },
  {
    through: "dns:9.9.9.9,1.1.1.1 https://a.example,https://b.example",
    "through-need": "2",
    "through-period": "1m",
    "through-timeout": "1s",
    "through-fall": "3",
  },
  {
    "exit-check": "https://ip.example.com/ https://b.example.com/",
    "exit-check-period": "2m",
    "through-timeout": "1s",
  },
  { "control-socket": "/run/grm.sock", "drain-file": "none" },
  { "allowed-host": "router.example.com,b.example.com", "show-hook-output": "true" },
  { "probe-rule-preference": "200", "first-probe-table-id": "19001", "probe-mark": "0xae000000" },
];

test("every flag of the service is among the flags that are tried", () => {
  const tried = new Set(["config", ...Object.keys(RANGE), ...SETS.flatMap((flags) => Object.keys(flags))]);
  expect(optionList.map(({ flag }) => flag).filter((flag) => !tried.has(flag))).toEqual([]);
});

/** The same of both families, which need each other. */
const BOTH_FAMILIES: readonly Texts[] = [
  { gateway: "se=10.0.0.2+fd00::2,weight=2 fd00::7 fd00::8 10.9.0.1+fe80::1%lan0 10.9.0.2", route: "default,default6" },
  { gateway: "10.9.0.1 fd00::1 10.9.0.2", route: "default,2000::/3", "exclude-cidr": "2001:db8::/32,9.9.9.0/24" },
  { "start-ip": "fe80::fe%lan0", "end-ip": "fe80::101%lan0", gateway: "a=fe80::ff%lan0,tier=2", route: "::/0" },
];

/** Notations that flags have and TOML has not. */
const NOTATIONS: readonly Texts[] = [
  { port: "020217", "metrics-port": "0X2383", rise: "+0b11", "first-rule-preference": "0O1_0000" },
  { path: "", "public-ip-service-path": "ip", "exclude-cidr": "9.9.9.0/024", timeout: "+.5s" },
];

describe("flags that are printed as a file mean the same", () => {
  test.each([...SETS, ...BOTH_FAMILIES, ...NOTATIONS].map((flags) => [Object.keys(flags).join(", "), flags] as const))(
    "%s",
    (_, flags) => {
      expectSame(print(flags));
      const byVariables = Object.entries(flags).map(([flag, text]) => [
        `GRM_${flag.toUpperCase().replaceAll("-", "_")}`,
        text,
      ]);
      expectSame(print({}, Object.fromEntries(byVariables)));
    },
  );

  test("whatever is given together", () => {
    const some = fc.array(fc.constantFrom(...SETS), { maxLength: SETS.length });
    fc.assert(fc.property(some, (sets) => expectSame(print(Object.assign({}, ...sets)))));
  });
});

describe("a printed file", () => {
  test("of a range alone is that range", () => {
    expect(print({}).text).toBe('[[gateway]]\nstart-ip = "10.0.0.1"\nend-ip = "10.0.0.9"\n');
    expect(print({ "end-ip": "10.0.0.1" }).text).toBe('[[gateway]]\naddress = "10.0.0.1"\n');
  });

  test("has the tables in order, and only what is given", () => {
    const flags = { port: "80", "min-healthy": "2", "metrics-port": "9091", through: "icmp:1.1.1.1" };
    expect(print(flags).text).toBe(`[service]
metrics-port = 9091

[probe.http]
type = "http"
port = 80

[probe."icmp 1.1.1.1"]
type = "icmp"
targets = ["1.1.1.1"]

[[gateway]]
start-ip = "10.0.0.1"
end-ip = "10.0.0.9"

[[pool]]
min-healthy = 2
`);
  });

  test("names the files of secrets, and says where to write those that are in none", () => {
    expect(print({ "webhook-url": SECRET }, { GRM_HTTP_PASSWORD_FILE: "/run/http-password" }).text).toStartWith(
      `[service]
http-password-file = "/run/http-password"
# Write the secret of -webhook-url into this file, which others must not be able to read:
webhook-url-file = "/etc/gateway-route-manager/webhook-url"
`,
    );
  });

  test("has gateways with names, and members where they differ", () => {
    const flags = { "end-ip": "10.0.0.3", gateway: "sweden=10.0.0.2,weight=2 10.9.0.1,tier=2" };
    expect(print(flags).text).toBe(`[[gateway]]
address = "10.0.0.1"

[[gateway]]
name = "sweden"
address = "10.0.0.2"

[[gateway]]
address = "10.0.0.3"

[[gateway]]
address = "10.9.0.1"

[[pool]]
members = [
  { gateway = "10.0.0.1" },
  { gateway = "sweden", weight = 2 },
  { gateway = "10.0.0.3" },
  { gateway = "10.9.0.1", tier = 2 },
]
`);
  });

  test("has short names for probes of so many targets that these would be too long", () => {
    const targets = Array.from({ length: 90 }, (_, index) => `203.0.113.${index}`).join(",");
    const { text } = print({ through: `icmp:${targets} icmp:${targets},1.1.1.1 tcp:1.1.1.1:443` });
    const { probes } = configOf(text, { secrets });
    expect(probes.map(({ name }) => name)).toEqual(["http", "icmp 2", "icmp 3", "tcp 1.1.1.1:443"]);
    expect(probes.map((one) => (one.kind === "beyond" ? one.targets.size : 0))).toEqual([0, 90, 91, 1]);
  });

  test("has an item of a long list on each line", () => {
    const networks = Array.from({ length: 20 }, (_, index) => `${index + 1}.0.0.0/8`).join(",");
    const { text, config } = print({ "exclude-cidr": networks });
    expect(text).toContain('exclude = [\n  "1.0.0.0/8",\n  "2.0.0.0/8",\n');
    expectSame({ text, config });
  });
});
