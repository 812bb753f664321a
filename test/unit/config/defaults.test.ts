import { describe, expect, test } from "bun:test";

import { optionList } from "../../../src/config/options.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { type Values, valuesOf } from "./config.fixture.ts";

const EVERYWHERE = { address: { family: 4, bits: 0 }, prefix: 0 } as const;

/** Flag, default as the user documentation states it, field of the configuration, value of that field. */
const SPECIFIED = [
  ["port", "9999", "port", 9999],
  ["path", "/", "path", "/"],
  ["scheme", "http", "scheme", "http"],
  ["timeout", "1s", "timeout", 1000],
  ["check-period", "3s", "checkPeriod", 3000],
  ["route", "0.0.0.0/0", "route", [EVERYWHERE]],
  ["metrics-port", "9090", "metricsPort", 9090],
  ["log-level", "info", "logLevel", "info"],
  ["exclude-cidr", undefined, "excludeCidr", []],
  ["exclude-reserved-cidrs", "true", "excludeReservedCidrs", true],
  ["public-ip-service-hostname", undefined, "publicIpServiceHostname", undefined],
  ["public-ip-service-port", "443", "publicIpServicePort", 443],
  ["public-ip-service-scheme", "https", "publicIpServiceScheme", "https"],
  ["public-ip-service-path", "/", "publicIpServicePath", "/"],
  ["public-ip-service-username", undefined, "publicIpServiceUsername", undefined],
  ["public-ip-service-password", undefined, "publicIpServicePassword", undefined],
  ["first-routing-table-id", "180", "firstRoutingTableId", 180],
  ["first-rule-preference", "10888", "firstRulePreference", 10_888],
] as const satisfies readonly (readonly [string, string | undefined, keyof Values, unknown])[];

/** What this program has besides. */
const ADDED = [
  ["rise", "1", "rise", 1],
  ["fall", "1", "fall", 1],
  ["fast-check-period", undefined, "fastCheckPeriod", undefined],
  ["flap-hold", "0s", "flapHold", 0],
  ["min-healthy", "0", "minHealthy", 0],
  ["when-no-gateways", "fall-through", "whenNoGateways", "fall-through"],
  ["block-ipv6", "false", "blockIpv6", false],
  ["take-over", "false", "takeOver", false],
  ["on-exit", "remove", "onExit", "remove"],
  ["min-healthy-policy", "keep", "minHealthyPolicy", "keep"],
  ["public-ip-service-api-key", undefined, "publicIpServiceApiKey", undefined],
  ["public-ip-refresh", "30s", "publicIpRefresh", 30_000],
  ["public-ip-allow-private", "false", "publicIpAllowPrivate", false],
  ["public-ip-required", "false", "publicIpRequired", false],
  ["on-change", undefined, "onChange", undefined],
  ["webhook-url", undefined, "webhookUrl", undefined],
  ["hook-timeout", "10s", "hookTimeout", 10_000],
  ["show-hook-output", "false", "showHookOutput", false],
  ["config", undefined, "config", undefined],
  ["metrics-address", "all", "metricsAddress", "all"],
  ["http-password", undefined, "httpPassword", undefined],
  ["allowed-host", undefined, "allowedHost", []],
  ["status-page", "true", "statusPage", true],
  ["log-format", "auto", "logFormat", "auto"],
  ["tier-min", "1", "tierMin", 1],
  ["tier-shortage", "replace", "tierShortage", "replace"],
  ["tier-failback-delay", "0s", "tierFailbackDelay", 0],
  ["placement", "history", "placement", "history"],
  ["usable-min", "1", "usableMin", 1],
  ["marker-route", undefined, "markerRoute", []],
  ["track-file", undefined, "trackFile", undefined],
  ["track-file-format", "number", "trackFileFormat", "number"],
  ["control-socket", undefined, "controlSocket", undefined],
  ["drain-file", undefined, "drainFile", undefined],
  ["hash-seed", undefined, "hashSeed", undefined],
  ["through", undefined, "through", []],
  ["exit-check", undefined, "exitCheck", []],
  ["exit-check-period", "60s", "exitCheckPeriod", 60_000],
  ["probe-rule-preference", "100", "probeRulePreference", 100],
  ["first-probe-table-id", "18001", "firstProbeTableId", 18_001],
  ["probe-mark", "0xad000000", "probeMark", 0xad000000],
] as const satisfies readonly (readonly [string, string | undefined, keyof Values, unknown])[];

/** What each -through has besides. */
const OF_THROUGH = [
  ["through-need", "1", "throughNeed", 1],
  ["through-text", undefined, "throughText", undefined],
  ["through-period", "5s", "throughPeriod", 5000],
  ["through-timeout", "2s", "throughTimeout", 2000],
  ["through-rise", "1", "throughRise", 1],
  ["through-fall", "2", "throughFall", 2],
  ["through-only", "false", "throughOnly", false],
  ["through-require", "all", "throughRequire", "all"],
  ["through-max-loss", undefined, "throughMaxLoss", undefined],
  ["through-max-latency", undefined, "throughMaxLatency", undefined],
] as const satisfies readonly (readonly [string, string | undefined, keyof Values, unknown])[];

/** What a DNS name has besides. */
const OF_DNS_NAME = [
  ["ddns-username", undefined, "ddnsUsername", undefined],
  ["ddns-timeout", "60s", "ddnsTimeout", 60_000],
  ["ddns-record-ttl", "60s", "ddnsRecordTtl", 60_000],
  ["ddns-require-ip-address", undefined, "ddnsRequireIpAddress", undefined],
  ["ddns-when-no-gateways", "remove", "ddnsWhenNoGateways", "remove"],
  ["ddns-verify", undefined, "ddnsVerify", undefined],
  ["ddns-api-url", undefined, "ddnsApiUrl", undefined],
  ["ddns-server", undefined, "ddnsServer", undefined],
  ["ddns-zone", undefined, "ddnsZone", undefined],
  ["ddns-adopt", "false", "ddnsAdopt", false],
  ["ddns-proxied", "false", "ddnsProxied", false],
] as const satisfies readonly (readonly [string, string | undefined, keyof Values, unknown])[];

function configOf(flags: Record<string, string> = {}): Values {
  const range = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.2" };
  const parsed = parseConfig({ ...range, ...flags }, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return valuesOf(parsed.config);
}

describe("the default", () => {
  test.each([...SPECIFIED, ...ADDED])("of -%s is %p", (flag, fallback, field, value) => {
    expect(configOf()[field]).toEqual(value as never);
    if (fallback !== undefined) expect(configOf({ [flag]: fallback })[field]).toEqual(value as never);
  });

  test.each(OF_THROUGH)("of -%s is %p", (flag, fallback, field, value) => {
    const through = { through: "icmp:1.1.1.1" };
    expect(configOf(through)[field]).toEqual(value as never);
    if (fallback !== undefined) expect(configOf({ ...through, [flag]: fallback })[field]).toEqual(value as never);
  });

  test.each(OF_DNS_NAME)("of -%s is %p", (flag, fallback, field, value) => {
    const name = { "ddns-provider": "dynudns", "ddns-hostname": "gw.example.com", "ddns-password": "key" };
    expect(configOf(name)[field]).toEqual(value as never);
    if (fallback !== undefined) expect(configOf({ ...name, [flag]: fallback })[field]).toEqual(value as never);
  });

  test("is no DNS name", () => {
    expect(configOf()).not.toHaveProperty("ddnsHostname");
  });

  test("brings no warning", () => {
    const flags = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.2" };
    expect(parseConfig(flags, { environment: {}, readFile: () => "" })).toMatchObject({ ok: true, warnings: [] });
  });
});

describe("the table of options", () => {
  test("has exactly the specified flags and those added", () => {
    const flags = [
      "start-ip",
      "end-ip",
      "gateway",
      "ddns-provider",
      "ddns-password",
      "ddns-hostname",
      ...[...SPECIFIED, ...ADDED, ...OF_THROUGH, ...OF_DNS_NAME].map(([flag]) => flag),
    ];
    expect(optionList.map(({ flag }) => flag).sort()).toEqual(flags.sort());
  });

  test.each(["start-ip", "end-ip"])("requires -%s, alone", (flag) => {
    const flags: Record<string, string> = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.1" };
    delete flags[flag];
    const parsed = parseConfig(flags, { environment: {}, readFile: () => "" });
    expect(parsed).toEqual({ ok: false, problems: [expect.stringContaining(`-${flag} is required`)] });
  });

  test("keeps exactly the passwords and keys secret", () => {
    const secrets = optionList.flatMap(({ flag, secret }) => (secret ? [flag] : []));
    expect(secrets).toEqual([
      "ddns-password",
      "public-ip-service-password",
      "public-ip-service-api-key",
      "webhook-url",
      "http-password",
    ]);
  });

  test("has exactly seven repeatable flags", () => {
    const repeatable = optionList.flatMap((option) => (option.repeatable ? [option.flag] : []));
    expect(repeatable).toEqual([
      ...["gateway", "through", "exit-check", "route", "exclude-cidr", "marker-route", "allowed-host"],
    ]);
  });
});
