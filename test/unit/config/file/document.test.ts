import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { inFamily } from "../../../../src/config/families.ts";
import { parseConfigFile } from "../../../../src/config/file/config-of-file.ts";
import { parseConfig } from "../../../../src/config/parse.ts";
import { failureText } from "../../../../src/text/failure.ts";
import { formatAddress } from "../../../../src/net/address.ts";
import { formatCidr } from "../../../../src/net/cidr.ts";
import { configOf, parseText, problemsOf } from "./file.fixture.ts";

const read = (name: string): string => readFileSync(join(import.meta.dir, name), "utf8");

const GATEWAY = '[[gateway]]\naddress = "10.0.0.1"\n';

describe("a file with two pools", () => {
  const config = configOf(read("pools.toml"));

  test("has each gateway once, with its name, and all probes where none is named", () => {
    expect(config.gateways).toEqual([
      { address: "10.77.0.10", name: "sweden", probes: ["health"], requirement: "all" },
      { address: "10.77.0.11", name: "norway", probes: ["health"], requirement: "all" },
      { address: "10.77.0.12", name: "lte", probes: ["health"], requirement: "all" },
    ]);
    expect(config.probes).toMatchObject([{ kind: "gateway", name: "health", port: 9999, period: 1000, timeout: 500 }]);
  });

  test("has the members of each pool with their weights and tiers", () => {
    const [vpn, rest] = config.pools;
    expect(vpn.members).toEqual([
      { gateway: "10.77.0.10", name: "sweden", weight: 2, tier: 1 },
      { gateway: "10.77.0.11", name: "norway", weight: 1, tier: 1 },
      { gateway: "10.77.0.12", name: "lte", weight: 1, tier: 2 },
    ]);
    expect(rest!.members).toEqual([{ gateway: "10.77.0.11", name: "norway", weight: 1, tier: 1 }]);
  });

  test("has selectors, destinations, tables and preferences for each pool", () => {
    const [vpn, rest] = config.pools;
    expect(vpn.selectors.from.map(formatCidr)).toEqual(["10.78.0.0/24"]);
    expect(vpn).toMatchObject({ name: "vpn", whenNoGateways: "unreachable", table: 180, preference: 10_888 });
    expect(rest!.excludeCidr.map(formatCidr)).toEqual(["198.51.100.0/24"]);
    expect(rest).toMatchObject({ name: "rest", whenNoGateways: "fall-through", table: 181, preference: 10_896 });
    expect(rest!.selectors).toEqual({ from: [], in: [] });
  });
});

describe("a file", () => {
  const flags = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.3" };
  const byFlags = parseConfig(flags, { environment: {}, readFile: () => "" });
  const withPath = byFlags.ok && {
    ...byFlags.config,
    service: { ...byFlags.config.service, config: "/etc/grm/pools.toml" },
  };

  test("with a range alone means the same as the flags of that range", () => {
    expect(configOf('[[gateway]]\nstart-ip = "10.0.0.1"\nend-ip = "10.0.0.3"\n')).toEqual(withPath as never);
  });

  test("with a pool without a name means the same", () => {
    const gateways = [1, 2, 3].map((last) => `[[gateway]]\naddress = "10.0.0.${last}"\n`).join("");
    expect(configOf(`[probe.http]\ntype = "http"\n${gateways}[[pool]]\n`)).toEqual(withPath as never);
  });

  test.each(["default", "0.0.0.0/0"])("may write the destination %s", (text) => {
    expect(configOf(`${GATEWAY}[[pool]]\nroutes = ["${text}"]`).pools[0].route.map(formatCidr)).toEqual(["0.0.0.0/0"]);
  });

  test("may write members as names, addresses and tables, and marks as texts and numbers", () => {
    const text = `[[gateway]]\nname = "a"\naddress = "10.0.0.1"\n[[gateway]]\naddress = "10.0.0.2"\n
[service]\nprobe-mark = 0xae000000\n[[pool]]\nmembers = ["10.0.0.2", { gateway = "10.0.0.1", weight = 3 }]\nmark = 0x10`;
    const { pools, probePlaces } = configOf(text);
    expect(pools[0].members).toEqual([
      { gateway: "10.0.0.2", weight: 1, tier: 1 },
      { gateway: "10.0.0.1", name: "a", weight: 3, tier: 1 },
    ]);
    expect(pools[0].selectors.mark).toEqual({ value: 0x10, mask: 0xffffffff });
    expect(probePlaces.mark).toBe(0xae000000);
    expect(configOf(`${GATEWAY}[[pool]]\nmark = "0x10/0xff"`).pools[0].selectors.mark).toEqual({
      value: 16,
      mask: 255,
    });
  });

  test("has probes beyond gateways, each with settings of its own, that gateways name", () => {
    const text = `[probe.health]\ntype = "http"\n[probe.ping]\ntype = "icmp"\ntargets = ["1.1.1.1", "9.9.9.9"]\nneed = 2
max-loss = "20%:10%"\nperiod = "10s"\n[probe."web, too"]\ntype = "url"\ntargets = ["https://example.com/"]\ntext = "ok"
[[gateway]]\naddress = "10.0.0.1"\nprobes = ["ping", "web, too"]\nrequire = "any"\ndrained = true\n[[gateway]]\naddress = "10.0.0.2"`;
    const { gateways, probes } = configOf(text);
    expect(gateways).toEqual([
      { address: "10.0.0.1", probes: ["ping", "web, too"], requirement: "any", drained: true },
      { address: "10.0.0.2", probes: ["health", "ping", "web, too"], requirement: "all" },
    ]);
    expect(probes[1]).toMatchObject({ kind: "beyond", label: "icmp", need: 2, period: 10_000, timeout: 2000, fall: 2 });
    expect(probes[1]).toMatchObject({ maxLoss: { limit: 0.2, end: 0.1 } });
    expect(probes[2]).toMatchObject({ name: "web, too", label: "url", need: 1, text: "ok" });
  });

  test("asks the most specific pool first, and keeps tables and preferences that keys give", () => {
    const text = `${GATEWAY}[service]\nfirst-routing-table-id = 300\nfirst-rule-preference = 2000
[[pool]]\nname = "all"\n[[pool]]\nname = "net"\nfrom = ["10.1.0.0/16"]\ntable = 500
[[pool]]\nname = "host"\nfrom = ["10.1.2.3/32"]\npreference = 1000`;
    expect(configOf(text).pools.map(({ table, preference }) => [table, preference])).toEqual([
      [300, 1016],
      [500, 1008],
      [302, 1000],
    ]);
  });

  test("has each source and interface of a pool once, and no source where one is everything", () => {
    const text = `${GATEWAY}[[pool]]\nname = "a"\nfrom = ["10.1.0.0/16", "10.1.2.3/16"]\nin = ["eth0", "lo", "eth0"]
[[pool]]\nname = "b"\nfrom = ["10.2.0.0/16", "0.0.0.0/0"]\n`;
    const [one, other] = configOf(text).pools;
    expect(one.selectors.from.map(formatCidr)).toEqual(["10.1.0.0/16"]);
    expect(one.selectors.in).toEqual(["eth0", "lo"]);
    expect(other!.selectors).toEqual({ from: [], in: [] });
    expect(problemsOf(`${text}[[pool]]\nname = "c"`)).toEqual([
      expect.stringMatching(/^10:1: pools b and c are for the same packets/),
    ]);
  });

  test("has the DNS name of the pool that it names", () => {
    const text = `${GATEWAY}[[pool]]\nname = "a"\nin = ["br-iot"]\n[[pool]]\nname = "b"
[[ddns]]\npool = "b"\nprovider = "dynudns"\nhostname = "gw.example.com"\npassword-file = "keys/dynu"`;
    const { pools } = configOf(text, { secrets: { "/etc/grm/keys/dynu": "S3cr3t\n" } });
    expect(pools.map(({ dnsNames }) => dnsNames.map((one) => one.ddnsHostname))).toEqual([[], ["gw.example.com"]]);
    expect(pools[1]!.dnsNames).toMatchObject([
      { ddnsPassword: "S3cr3t", ddnsTimeout: 60_000, ddnsWhenNoGateways: "remove" },
    ]);
  });

  test("has several DNS names of a pool, each with its own settings, also at two providers", () => {
    const gateways = `[[gateway]]\nname = "sweden"\naddress = ["10.0.0.1", "fd00::1"]\n[[gateway]]\naddress = "10.0.0.2"\n`;
    const nameOf = (provider: string, hostname: string, more: string): string =>
      `[[ddns]]\nprovider = "${provider}"\nhostname = "${hostname}"\npassword-file = "${provider}"\n${more}\n`;
    const text = [
      gateways,
      nameOf("dynudns", "gw.example.com", 'record-ttl = "90s"'),
      nameOf("desec", "gw.example.com", 'when-no-gateways = "keep"'),
      nameOf("dynudns", "sweden.example.com", 'gateway = "sweden"\nrequire-ip-address = "10.0.0.9"'),
      nameOf("dynudns", "other.example.com", 'gateway = "10.0.0.2"'),
    ].join("");
    const [{ dnsNames }] = configOf(text, { secrets: { "/etc/grm/dynudns": "1", "/etc/grm/desec": "2" } }).pools;
    expect(dnsNames).toMatchObject([
      { ddnsProvider: "dynudns", ddnsHostname: "gw.example.com", ddnsPassword: "1", ddnsRecordTtl: 90_000 },
      { ddnsProvider: "desec", ddnsHostname: "gw.example.com", ddnsPassword: "2", ddnsWhenNoGateways: "keep" },
      { ddnsHostname: "sweden.example.com", follows: { gateway: "10.0.0.1", address6: "fd00::1" } },
      { ddnsHostname: "other.example.com", follows: { gateway: "10.0.0.2" } },
    ]);
    expect(dnsNames.map(({ follows }) => follows !== undefined)).toEqual([false, false, true, true]);
    expect(dnsNames[2]!.ddnsRequireIpAddress && formatAddress(dnsNames[2]!.ddnsRequireIpAddress)).toBe("10.0.0.9");
  });

  test("warns of a name that follows a gateway without an address of a family that its pool routes", () => {
    const text = `[[gateway]]\naddress = "10.0.0.1"\n[[gateway]]\nname = "oslo"\naddress = "fd00::2"
[[ddns]]\nprovider = "dynudns"\nhostname = "oslo.example"\npassword-file = "k"\ngateway = "oslo"\n`;
    const parsed = parseText(text, { secrets: { "/etc/grm/k": "1" } });
    expect(parsed.ok && parsed.warnings.map(failureText)).toContain(
      '/etc/grm/pools.toml:10: [[ddns]] gateway "oslo" has no effect: its pool routes no family of which it has an address; add one to the gateway, or remove the name',
    );
  });

  test("has the names of a pool in each family: one that follows a gateway, where that has an address", () => {
    const text = `[[gateway]]\nname = "sweden"\naddress = ["10.0.0.1", "fd00::1"]\n[[gateway]]\nname = "oslo"\naddress = "10.0.0.2"
[[pool]]\nroutes = ["default", "default6"]\n${["gw", "sweden", "oslo"].map((name) => `[[ddns]]\nprovider = "dynudns"\nhostname = "${name}.example"\npassword-file = "k"\n${name === "gw" ? "" : `gateway = "${name}"\n`}`).join("")}`;
    const [pool] = configOf(text, { secrets: { "/etc/grm/k": "1" } }).pools;
    const namesIn = (family: 4 | 6) =>
      inFamily(pool, family)!.dnsNames.map(({ ddnsHostname, follows }) => [ddnsHostname, follows?.gateway]);
    expect(namesIn(4)).toEqual([
      ["gw.example", undefined],
      ["sweden.example", "10.0.0.1"],
      ["oslo.example", "10.0.0.2"],
    ]);
    expect(namesIn(6)).toEqual([
      ["gw.example", undefined],
      ["sweden.example", "fd00::1"],
    ]);
  });

  test("has a DNS name of each pool, also one name at two accounts", () => {
    const nameOf = (pool: string, hostname: string, key: string, more = ""): string =>
      `[[ddns]]\npool = "${pool}"\nprovider = "dynudns"\nhostname = "${hostname}"\npassword-file = "${key}"\n${more}`;
    const names = ["a", "b", "c"].map((name) => `[[pool]]\nname = "${name}"\nin = ["eth-${name}"]\n`).join("");
    const text = `${GATEWAY}${names}${nameOf("b", "b.example", "one")}${nameOf("a", "a.example", "one", 'record-ttl = "90s"\n')}${nameOf("c", "a.example", "two")}`;
    const { pools } = configOf(text, { secrets: { "/etc/grm/one": "1", "/etc/grm/two": "2" } });
    const all = pools.flatMap(({ dnsNames }) => dnsNames);
    expect(all.map((one) => [one.ddnsHostname, one.ddnsPassword, one.ddnsRecordTtl])).toEqual([
      ["a.example", "1", 90_000],
      ["b.example", "1", 60_000],
      ["a.example", "2", 60_000],
    ]);
  });
});

describe("flags and variables beside a file", () => {
  const text = `${GATEWAY}[service]\nmetrics-port = 9091\nlog-level = "warn"\non-change = "/bin/a"`;

  test("win where the file has the same key below [service]", () => {
    const beside = { flags: { "metrics-port": "9092", "on-change": "" }, environment: { GRM_LOG_LEVEL: "debug" } };
    expect(configOf(text).service).toMatchObject({ metricsPort: 9091, logLevel: "warn", onChange: ["/bin/a"] });
    expect(configOf(text, beside).service).toMatchObject({ metricsPort: 9092, logLevel: "debug", onChange: undefined });
  });

  test("are named where they belong to pools", () => {
    const beside = {
      flags: { port: "1", "start-ip": "10.0.0.1" },
      environment: { GRM_ROUTE: "1.0.0.0/8", DDNS_PASSWORD: "S3cr3t" },
    };
    expect(problemsOf(text, beside)).toEqual([
      '-start-ip, -port, GRM_ROUTE, DDNS_PASSWORD beside -config "/etc/grm/pools.toml": gateways, probes and pools stand in the file alone; remove them, or write the same into the file (gateway-route-manager help configuration-file)',
    ]);
  });

  test("are reported together with the problems of the file", () => {
    const problems = problemsOf(`${text}\nlog-format = "xml"`, { flags: { "metrics-port": "x" } });
    expect(problems).toEqual([
      expect.stringMatching(/^-metrics-port "x"/),
      expect.stringMatching(/^7:14: \[service\] log-format/),
    ]);
  });
});

describe("a secret", () => {
  const text = `${GATEWAY}[service]\nhttp-password-file = "/run/secrets/page"\nwebhook-url-file = "hook"`;
  const secrets = { "/run/secrets/page": "pw\n", "/etc/grm/hook": "https://ntfy.example.com/x\n" };

  test("is read from its file, relative to that of the configuration", () => {
    expect(configOf(text, { secrets }).service).toMatchObject({
      httpPassword: "pw",
      webhookUrl: "https://ntfy.example.com/x",
    });
  });

  test("that cannot be read, is empty or is not valid is an error at its key, without its text", () => {
    expect(problemsOf(text, { secrets: { "/run/secrets/page": "\n", "/etc/grm/hook": "S3cr3t" } })).toEqual([
      '4:22: [service] http-password-file "/run/secrets/page": the file is empty; write the secret into it',
      expect.stringMatching(/^5:20: \[service\] webhook-url-file "hook": what it holds \(not shown\) is not a URL/),
    ]);
    expect(problemsOf(text, { secrets: {} })[0]).toMatch(/^4:22: .*cannot be read \(no such file\)$/);
  });

  test.each([
    ['[service]\nhttp-password = "S3cr3t"', "http-password-file"],
    ['[[ddns]]\npassword = "S3cr3t"', "password-file"],
    ['[[ddns]]\nddns-password = """\nS3cr3t"""', "password-file"],
    ['[public-ip]\nservice-api-key = "S3cr3t"', "service-api-key-file"],
    ['[service]\npasword = "S3cr3t"', "unknown key"],
    ['[service]\non-change = "notify S3cr3t"', "absolute path"],
    ['[probe.x]\ntype = "url"\ntargets = ["https://me:S3cr3t@example.com/"]', "without user"],
    ['[service]\nhttp-password = "S3cr3t', "unfinished string"],
    ['[service]\nhttp-password = """\nS3cr3t\n"" = 1', "not valid TOML"],
    ["[service]\nhttp-password = S3cr3t", "not valid TOML"],
    ['[service]\nhttp-password "S3cr3t"', "not valid TOML"],
    ['[service]\nhttp-password: "S3cr3t"', "not valid TOML"],
    ['[service] http-password = "S3cr3t"', "not valid TOML"],
    ['[service]\nmetrics-port = { http-password = "S3cr3t", x }', "not valid TOML"],
    ['[[ddns]]\npassword = """\na = S3c\\r3t"""'.replace("S3c\\r3t", "S3cr3t \\q"), "escape"],
    ['[probe.x]\ntype = "url"\ntargets = ["https://me:S3cr3t@example.com/" 4]', "not valid TOML"],
    ['[probe.x]\ntype = "url"\ntargets = "https://me:S3cr3t@example.com/"', "expected a list"],
    ['[probe.x]\ntype = "http"\ntargets = ["https://me:S3cr3t@example.com/"]', "unknown key"],
    ['[probe.x]\ntype = "http"\npath = "https://me:S3cr3t@example.com/"', "path"],
    ['[service]\non-change = ["/bin/notify", "S3cr3t"]', "expected a text"],
    ['[service]\non-chnage = "/bin/notify S3cr3t"', "did you mean on-change"],
  ])("that stands in the file is not shown: %j", (secret, reason) => {
    const parsed = parseText(`${GATEWAY}${secret}`);
    const problems = parsed.ok ? "" : parsed.problems.join("\n");
    expect(problems).toContain(reason);
    expect(problems).not.toContain("S3cr3t");
  });
});

test("what makes little sense is a warning with its line", () => {
  const text = `[probe.health]
type = "http"
fast-period = "200ms"
[probe.other]
type = "icmp"
targets = ["1.1.1.1"]
[[gateway]]
address = "10.0.0.1"
probes = ["health"]
[[gateway]]
name = "spare"
address = "10.0.0.2"
probes = ["health"]
[[pool]]
members = ["10.0.0.1"]
routes = ["default", "1.2.3.0/24"]
exclude = ["1.0.0.0/8"]
min-healthy-policy = "all"
flap-hold = "1s"
[[ddns]]
provider = "dynudns"
hostname = "gw.example.com"
password-file = "key"
api-url = "http://10.0.0.1/"
`;
  const parsed = parseText(text, { environment: { GRM_PROT: "1" }, secrets: { "/etc/grm/key": "S3cr3t" } });
  expect(
    parsed.ok && parsed.warnings.map(failureText).map((warning) => warning.replace("/etc/grm/pools.toml:", "")),
  ).toEqual([
    "environment variable GRM_PROT matches no flag and is ignored; see help flags for all variables",
    "3: [probe.health] fast-period has no effect while rise and fall are 1: a single probe changes the state then; set rise or fall above 1, or remove fast-period",
    "4: [probe.other] has no effect: no gateway names it; name it, or remove it",
    '10: [[gateway]] "spare" is probed, but in no pool; make it a member of one, or remove it',
    "16: [[pool]] entry of routes 1.2.3.0/24 has no effect: exclude 1.0.0.0/8 covers it; remove that entry of routes, or narrow exclude",
    "18: [[pool]] min-healthy-policy has no effect without min-healthy; set min-healthy, or remove min-healthy-policy",
    "19: [[pool]] flap-hold 1s is shorter than the shortest period of a probe, 3s: such a hold ends before the next probe; raise it to several periods",
    '24: [[ddns]] api-url "http://10.0.0.1": http sends the API key unencrypted; use https',
  ]);
  const drained = parseText(`${GATEWAY}drained = true`);
  expect(drained.ok && drained.warnings).toMatchObject([
    { detail: expect.stringMatching(/:1: all gateways are drained/) },
  ]);
});

test("limits of the latency and requirements without effect are warnings with their lines", () => {
  const ping = (more: string): string => `[probe.ping]\ntype = "icmp"\ntargets = ["1.1.1.1"]\n${more}\n`;
  const warningsOf = (text: string): unknown => {
    const parsed = parseText(`${text}${GATEWAY}`);
    return parsed.ok && parsed.warnings.map(failureText);
  };
  expect(warningsOf(`${ping('max-latency = "2s:1s"')}`)).toEqual([
    "/etc/grm/pools.toml:4: [probe.ping] max-latency has no effect with timeout 2s: an answer that takes longer is lost; set a lower limit, or raise timeout",
  ]);
  const any = '[[gateway]]\nstart-ip = "10.0.0.8"\nend-ip = "10.0.0.9"\nrequire = "any"\n';
  expect(warningsOf(`${ping("")}${any}`)).toEqual([
    "/etc/grm/pools.toml:8: [[gateway]] require any has no effect with a single probe; give it another probe, or remove require",
  ]);
  expect(warningsOf(`${ping("")}[probe.health]\ntype = "http"\n${any}`)).toEqual([]);
});

test("settings of tiers without effect, and tiers that are too small, are warnings with their lines", () => {
  const gateways = ["a", "b", "c"].map((name, index) => `[[gateway]]\nname = "${name}"\naddress = "10.0.0.${index}"\n`);
  const warningsOf = (pool: string): unknown => {
    const parsed = parseText(`${gateways.join("")}[[pool]]\n${pool}`);
    return parsed.ok && parsed.warnings.map(failureText);
  };
  expect(warningsOf('tier-min = 2\ntier-shortage = "join"')).toEqual([
    "/etc/grm/pools.toml:11: [[pool]] tier-min 2 has no effect: all gateways are of one tier; give some of them another tier, such as { gateway = NAME, tier = 2 }, or remove it",
    "/etc/grm/pools.toml:12: [[pool]] tier-shortage join has no effect: all gateways are of one tier; give some of them another tier, such as { gateway = NAME, tier = 2 }, or remove it",
  ]);
  const members = 'members = ["a", { gateway = "b", tier = 2 }, { gateway = "c", tier = 2 }]';
  expect(warningsOf(`${members}\ntier-min = 2`)).toEqual([
    "/etc/grm/pools.toml:12: [[pool]] tier-min 2: tier 1 has only 1 gateway, so that it carries no traffic while another tier has enough; lower it to 1, or use tier-shortage join",
  ]);
  expect(warningsOf(`${members}\ntier-min = 2\ntier-shortage = "join"\ntier-failback-delay = "5m"`)).toEqual([]);
});

test("pools that keep each other from working are reported at the key that helps", () => {
  const pool = (name: string, more: string): string => `[[pool]]\nname = "${name}"\n${more}\n`;
  expect(problemsOf(`${GATEWAY}${pool("a", "")}${pool("b", "")}`)).toEqual([
    expect.stringMatching(/^6:1: pools a and b are for the same packets.*; give one of them other selectors/),
  ]);
  const far = pool("far", 'from = ["10.2.0.0/16"]\ntable = 180\npreference = 10889\nwhen-no-gateways = "blackhole"');
  expect(problemsOf(`${GATEWAY}${pool("near", 'in = ["eth0"]\ntable = 180\npreference = 10890')}${far}`)).toEqual([
    expect.stringMatching(/^11:9: pools near and far both have table 180; give one of them another$/),
    expect.stringMatching(/^12:14: pools near and far overlap: .*; leave 4 or more between them$/),
  ]);
});

test("all problems of a file are shown at once, each with its line, the fault and the remedy", () => {
  const parsed = parseConfigFile(
    { path: "wrong.toml", text: read("wrong.toml") },
    {},
    {
      environment: {},
      readFile: () => {
        throw new Error("no such file");
      },
    },
  );
  expect(parsed.ok ? [] : `${parsed.problems.join("\n")}\n`).toEqual(read("wrong.txt"));
});
