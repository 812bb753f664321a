import { describe, expect, test } from "bun:test";

import { optionList } from "../../../src/config/options.ts";
import { type ParsedConfig, parseConfig } from "../../../src/config/parse.ts";
import { formatCidr } from "../../../src/net/cidr.ts";
import { failureText } from "../../../src/text/failure.ts";
import { valuesOf } from "./config.fixture.ts";

const RANGE = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.2" };

type Texts = Record<string, string>;

/** Flags that need each other, so that any one of them can be left out. */
const COMPLETE: Texts = {
  ...RANGE,
  "ddns-password": "p",
  "ddns-hostname": "a.example",
  "public-ip-service-username": "u",
  "public-ip-service-password": "p",
  "when-no-gateways": "blackhole",
};

/** A text for each flag that is neither its default nor that of the table above. */
const OTHER: Texts = {
  "start-ip": "10.0.0.2",
  "end-ip": "10.0.0.3",
  gateway: "sweden=10.9.0.1,weight=2 10.9.0.2",
  port: "1",
  path: "/x",
  scheme: "https",
  timeout: "2s",
  "check-period": "9s",
  "fast-check-period": "1s",
  rise: "2",
  fall: "2",
  "flap-hold": "30s",
  "min-healthy": "1",
  "tier-min": "2",
  "tier-shortage": "join",
  "tier-failback-delay": "5m",
  placement: "usable",
  "hash-seed": "173",
  "usable-min": "2",
  "marker-route": "192.0.2.173/32",
  "track-file": "/run/gateways/usable",
  "track-file-format": "shell",
  "when-no-gateways": "prohibit",
  "block-ipv6": "true",
  "take-over": "true",
  "on-exit": "keep",
  "min-healthy-policy": "all",
  route: "1.0.0.0/8",
  "exclude-cidr": "2.0.0.0/8",
  "exclude-reserved-cidrs": "false",
  "first-routing-table-id": "181",
  "first-rule-preference": "10889",
  "ddns-provider": "dynudns",
  "ddns-username": "someone",
  "ddns-password": "other",
  "ddns-hostname": "b.example",
  "ddns-timeout": "1s",
  "ddns-record-ttl": "2m",
  "ddns-require-ip-address": "10.0.0.9",
  "public-ip-service-hostname": "c.example",
  "public-ip-service-port": "8000",
  "public-ip-service-scheme": "http",
  "public-ip-service-path": "/ip",
  "public-ip-service-username": "other",
  "public-ip-service-password": "other",
  "ddns-when-no-gateways": "keep",
  "ddns-verify": "192.168.1.53",
  "ddns-api-url": "https://proxy.example/v2",
  "ddns-server": "192.168.1.53:5353",
  "ddns-zone": "023e105f4ecef8ad9ca31a8372d0c353",
  "ddns-adopt": "true",
  "ddns-proxied": "true",
  "public-ip-service-api-key": "other",
  "public-ip-refresh": "1m",
  "public-ip-allow-private": "true",
  "public-ip-required": "true",
  "on-change": "/usr/bin/notify",
  "webhook-url": "https://ntfy.example.com/other",
  "hook-timeout": "5s",
  "show-hook-output": "true",
  config: "/etc/other.toml",
  "metrics-port": "9091",
  "metrics-address": "127.0.0.1",
  "http-password": "other",
  "allowed-host": "router.example.com",
  "status-page": "false",
  "log-level": "debug",
  "log-format": "json",
  through: "icmp:1.1.1.1,9.9.9.9 tcp:1.1.1.1:443",
  "through-need": "2",
  "through-text": "up",
  "through-period": "1m",
  "exit-check": "https://ip.example.com/",
  "exit-check-period": "2m",
  "through-timeout": "1s",
  "through-rise": "3",
  "through-fall": "3",
  "through-only": "true",
  "through-require": "any",
  "through-max-loss": "20%:10%",
  "through-max-latency": "500ms:300ms",
  "probe-rule-preference": "200",
  "first-probe-table-id": "19001",
  "probe-mark": "0xae000000",
  "control-socket": "/run/x.sock",
  "drain-file": "none",
};

const parse = (flags: Texts, environment: Texts): ParsedConfig =>
  parseConfig(flags, { environment, readFile: () => "" });

/** The configuration of a range with more flags and variables, which must be without fault. */
function configOf(flags: Texts, environment: Texts = {}) {
  const parsed = parse({ ...RANGE, ...flags }, environment);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return valuesOf(parsed.config);
}

const warningsOf = (environment: Texts): readonly string[] => {
  const parsed = parse(RANGE, environment);
  return parsed.ok ? parsed.warnings.map(failureText) : [`problems: ${parsed.problems.join()}`];
};

describe("an option", () => {
  test("is taken from its flag, else from its variable, else from the default", () => {
    expect(configOf({ port: "1" }, { GRM_PORT: "2" }).port).toBe(1);
    expect(configOf({}, { GRM_PORT: "2" }).port).toBe(2);
    expect(configOf({}, {}).port).toBe(9999);
  });

  test("can come from the environment alone, the required ones too", () => {
    const parsed = parse({}, { GRM_START_IP: "10.0.0.1", GRM_END_IP: "10.0.0.3" });
    expect(parsed).toMatchObject({ ok: true, config: { pools: [{ gateways: ["10.0.0.1", "10.0.0.2", "10.0.0.3"] }] } });
  });

  test.each(optionList.map(({ flag }) => flag))("-%s means the same as its variable", (flag) => {
    const text = OTHER[flag]!;
    const name: Texts = flag.startsWith("ddns-") ? { "ddns-provider": "dynudns" } : {}; // without it, nothing of a name counts
    const complete = { ...COMPLETE, ...name };
    const { [flag]: _, ...others } = complete;
    const byVariable = parse(others, { [`GRM_${flag.toUpperCase().replaceAll("-", "_")}`]: text });
    expect(byVariable).toMatchObject({ ok: true });
    expect(byVariable.ok && byVariable.warnings.filter(({ detail }) => detail.includes("matches no flag"))).toEqual([]);
    expect(byVariable).toEqual(parse({ ...others, [flag]: text }, {}));
    expect(byVariable).not.toEqual(parse(flag === "ddns-provider" ? COMPLETE : complete, {}));
  });

  test("an empty variable counts as not given", () => {
    expect(configOf({}, { GRM_PORT: "", GRM_ROUTE: "", GRM_DDNS_PROVIDER: "" })).toMatchObject({ port: 9999 });
    expect(parse({}, { GRM_START_IP: "", GRM_END_IP: "10.0.0.1" })).toMatchObject({ ok: false });
  });

  test("a bad text is blamed on the variable it came from", () => {
    const parsed = parse(RANGE, { GRM_PORT: "x" });
    expect(parsed).toEqual({ ok: false, problems: [expect.stringMatching(/^GRM_PORT "x": expected /)] });
  });

  test("a bad variable behind a good flag does no harm", () => {
    expect(configOf({ port: "1" }, { GRM_PORT: "x" }).port).toBe(1);
  });
});

describe("a list in a variable", () => {
  test("is separated by commas, with or without spaces", () => {
    const { excludeCidr } = configOf({}, { GRM_EXCLUDE_CIDR: "1.0.0.0/8, 2.0.0.0/8,3.0.0.0/8" });
    expect(excludeCidr.map(formatCidr)).toEqual(["1.0.0.0/8", "2.0.0.0/8", "3.0.0.0/8"]);
  });

  test("is replaced by the flag's, not joined with it", () => {
    expect(configOf({ route: "2.0.0.0/8" }, { GRM_ROUTE: "1.0.0.0/8" }).route.map(formatCidr)).toEqual(["2.0.0.0/8"]);
  });
});

describe("an unknown variable", () => {
  test("is warned of when it starts with GRM_", () => {
    expect(warningsOf({ GRM_PROT: "1", GRM_TIME: "2" })).toEqual([
      expect.stringContaining("GRM_PROT"),
      expect.stringContaining("GRM_TIME"),
    ]);
  });

  test("is ignored otherwise", () => {
    expect(warningsOf({ PORT: "1", grm_port: "1", HOME: "/" })).toEqual([]);
  });

  test("GRM_..._FILE of an option that is no secret is ignored, so it is warned of", () => {
    expect(warningsOf({ GRM_PORT_FILE: "/port" })).toEqual([expect.stringContaining("GRM_PORT_FILE")]);
    expect(configOf({}, { GRM_PORT_FILE: "/port" }).port).toBe(9999);
  });
});
