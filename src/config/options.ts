import { PROVIDER_NAMES } from "../ddns/providers/registry.ts";
import { QUORUM_POLICIES } from "../pool/quorum.ts";
import type { Cidr } from "../net/cidr.ts";
import { command, webhookUrl } from "./hook-values.ts";
import {
  baseUrl,
  boolean,
  choice,
  cidr,
  destination,
  duration,
  gentlePeriod,
  headerText,
  holdTime,
  hostname,
  integer,
  ipv4Address,
  listenAddress,
  port,
  text,
  ttl,
  urlPath,
  type ValueType,
} from "./values.ts";

/** Headings of `-help` and of the README's table, in their order. */
export type Group = "Gateways" | "Health checks" | "Routing" | "DDNS" | "Public addresses" | "Hooks" | "Service";

/** One row of the options table: everything the program and its documentation know of a flag. */
export interface Option<T> {
  readonly flag: string;
  readonly group: Group;
  readonly help: string;
  readonly type: ValueType<unknown>;
  /** Text taken when neither a flag nor the environment gives one. */
  readonly fallback?: string;
  readonly required?: true;
  /** May be given several times; one text may also hold several values, separated by commas. */
  readonly repeatable?: true;
  /** Never shown. Also read from the file named by `GRM_..._FILE`. */
  readonly secret?: true;
  /** An environment variable of the earlier program, read after the `GRM_` one. */
  readonly legacyVariable?: string;
  /** Carries the type of the parsed value; holds nothing. */
  readonly value?: T;
}

type Extras = Pick<Option<unknown>, "secret" | "legacyVariable">;

const required = <T>(group: Group, flag: string, type: ValueType<T>, help: string): Option<T> => ({
  group,
  flag,
  type,
  help,
  required: true,
});

const optional = <T>(group: Group, flag: string, type: ValueType<T>, help: string, extras: Extras = {}) =>
  ({ group, flag, type, help, ...extras }) satisfies Option<T> as Option<T | undefined>;

const withDefault = <T>(group: Group, flag: string, type: ValueType<T>, fallback: string, help: string): Option<T> => ({
  group,
  flag,
  type,
  help,
  fallback,
});

const list = <T>(
  group: Group,
  flag: string,
  type: ValueType<T>,
  fallback: string,
  help: string,
): Option<readonly T[]> => ({
  group,
  flag,
  type,
  help,
  fallback,
  repeatable: true,
});

const count = integer("COUNT", 1, 1000);
const scheme = choice("http", "https");

/** The one table of options. Flags, environment variables, validation, `-help` and the README follow from it. */
export const options = {
  startIp: required("Gateways", "start-ip", ipv4Address, "first gateway address of the range"),
  endIp: required("Gateways", "end-ip", ipv4Address, "last gateway address of the range, included"),

  port: withDefault("Health checks", "port", port, "9999", "port to probe on each gateway"),
  path: withDefault("Health checks", "path", urlPath, "/", "URL path to probe"),
  scheme: withDefault("Health checks", "scheme", scheme, "http", "scheme to probe with"),
  timeout: withDefault("Health checks", "timeout", duration, "1s", "time one probe may take"),
  checkPeriod: withDefault("Health checks", "check-period", duration, "3s", "time between probes of a gateway"),
  fastCheckPeriod: optional(
    "Health checks",
    "fast-check-period",
    duration,
    "time between probes of a gateway whose last results speak against its state",
  ),
  rise: withDefault("Health checks", "rise", count, "1", "successes in a row that bring a gateway up"),
  fall: withDefault("Health checks", "fall", count, "1", "failures in a row that take a gateway down"),
  flapHold: withDefault(
    "Health checks",
    "flap-hold",
    holdTime,
    "0s",
    "time for which a gateway that flaps is not used, doubled with each further loss; 0s is off",
  ),
  minHealthy: withDefault(
    "Health checks",
    "min-healthy",
    integer("COUNT", 0, 1000),
    "0",
    "number of healthy gateways below which -min-healthy-policy applies; 0 is off",
  ),
  minHealthyPolicy: withDefault(
    "Health checks",
    "min-healthy-policy",
    choice(...QUORUM_POLICIES),
    "keep",
    "what to use then: keep those that were lost last as well, all gateways, or none",
  ),

  route: list(
    "Routing",
    "route",
    destination,
    "0.0.0.0/0",
    "destination to route through the gateways; `default` is 0.0.0.0/0",
  ),
  excludeCidr: list<Cidr>(
    "Routing",
    "exclude-cidr",
    cidr,
    "",
    "destination that keeps using the normal routing tables",
  ),
  excludeReservedCidrs: withDefault(
    "Routing",
    "exclude-reserved-cidrs",
    boolean,
    "true",
    "exclude the reserved IPv4 ranges (private networks, loopback, multicast, ...) as well",
  ),
  firstRoutingTableId: withDefault(
    "Routing",
    "first-routing-table-id",
    integer("ID", 1, 4294967294),
    "180",
    "routing table that holds the managed routes",
  ),
  firstRulePreference: withDefault(
    "Routing",
    "first-rule-preference",
    integer("PREFERENCE", 1, 32765),
    "10888",
    "preference of the rule that leads into that table",
  ),
  whenNoGateways: withDefault(
    "Routing",
    "when-no-gateways",
    { ...choice("fall-through", "unreachable", "prohibit", "blackhole", "keep"), placeholder: "MODE" },
    "fall-through",
    "without a usable gateway: fall-through, unreachable, prohibit, blackhole or keep",
  ),
  onExit: withDefault(
    "Routing",
    "on-exit",
    choice("remove", "keep"),
    "remove",
    "what a stop does with everything in the kernel; keep leaves it to the next start",
  ),

  ddnsProvider: optional("DDNS", "ddns-provider", choice(...PROVIDER_NAMES), "provider that holds the DNS name"),
  ddnsUsername: optional("DDNS", "ddns-username", text, "user name at the provider; no provider uses one yet"),
  ddnsPassword: optional("DDNS", "ddns-password", text, "password or API key; required with -ddns-provider", {
    secret: true,
    legacyVariable: "DDNS_PASSWORD",
  }),
  ddnsHostname: optional("DDNS", "ddns-hostname", hostname, "name to keep up to date; required with -ddns-provider"),
  ddnsTimeout: withDefault("DDNS", "ddns-timeout", duration, "60s", "time one update may take"),
  ddnsRecordTtl: withDefault("DDNS", "ddns-record-ttl", ttl, "60s", "time to live of the DNS records"),
  ddnsRequireIpAddress: optional(
    "DDNS",
    "ddns-require-ip-address",
    ipv4Address,
    "update only while an interface of this machine holds this address (VRRP)",
  ),
  ddnsWhenNoGateways: withDefault(
    "DDNS",
    "ddns-when-no-gateways",
    choice("remove", "keep"),
    "remove",
    "what becomes of the records while no gateway is healthy",
  ),
  ddnsApiUrl: optional(
    "DDNS",
    "ddns-api-url",
    baseUrl,
    "base URL of the provider's API, instead of the provider's own (for a proxy or a test)",
  ),

  publicIpServiceHostname: optional(
    "Public addresses",
    "public-ip-service-hostname",
    hostname,
    "service that tells a public address; without it each gateway is asked itself",
  ),
  publicIpServicePort: withDefault("Public addresses", "public-ip-service-port", port, "443", "port of that service"),
  publicIpServiceScheme: withDefault(
    "Public addresses",
    "public-ip-service-scheme",
    scheme,
    "https",
    "scheme of that service",
  ),
  publicIpServicePath: withDefault(
    "Public addresses",
    "public-ip-service-path",
    urlPath,
    "/",
    "URL path of that service",
  ),
  publicIpServiceUsername: optional(
    "Public addresses",
    "public-ip-service-username",
    text,
    "user name for basic authentication",
  ),
  publicIpServicePassword: optional(
    "Public addresses",
    "public-ip-service-password",
    text,
    "password for basic authentication",
    { secret: true, legacyVariable: "PUBLIC_IP_SERVICE_PASSWORD" },
  ),
  publicIpServiceApiKey: optional(
    "Public addresses",
    "public-ip-service-api-key",
    headerText,
    "key to send as X-API-Key, as Gluetun's control server wants it",
    { secret: true },
  ),
  publicIpRefresh: withDefault(
    "Public addresses",
    "public-ip-refresh",
    gentlePeriod,
    "30s",
    "time after which a gateway's public address is asked again",
  ),
  publicIpAllowPrivate: withDefault(
    "Public addresses",
    "public-ip-allow-private",
    boolean,
    "false",
    "take addresses that are not globally routable as well (for a lab)",
  ),

  onChange: optional(
    "Hooks",
    "on-change",
    command,
    "program to run at each change, with its arguments and without a shell; it gets JSON on standard input",
  ),
  webhookUrl: optional("Hooks", "webhook-url", webhookUrl, "URL that gets the same JSON by POST", { secret: true }),
  hookTimeout: withDefault(
    "Hooks",
    "hook-timeout",
    duration,
    "10s",
    "time one run of -on-change, or one request to -webhook-url, may take",
  ),

  metricsPort: withDefault("Service", "metrics-port", port, "9090", "port of /metrics, /healthz, /readyz and /api"),
  metricsAddress: withDefault(
    "Service",
    "metrics-address",
    listenAddress,
    "all",
    "address that port listens on; all means IPv4 and IPv6",
  ),
  httpPassword: optional(
    "Service",
    "http-password",
    text,
    "password for everything on that port but /healthz, with any user name",
    { secret: true },
  ),
  statusPage: withDefault(
    "Service",
    "status-page",
    boolean,
    "true",
    "show the status page at / and answer under /api, which the status command asks",
  ),
  logLevel: withDefault("Service", "log-level", choice("debug", "info", "warn", "error"), "info", "least level to log"),
  logFormat: withDefault(
    "Service",
    "log-format",
    choice("auto", "text", "logfmt", "json"),
    "auto",
    "form of a log line; auto is text on a terminal and logfmt elsewhere",
  ),
} as const satisfies Record<string, Option<unknown>>;

type Options = typeof options;

/** The parsed value of every option. Durations are milliseconds, addresses are numbers. */
export type OptionValues = { readonly [K in keyof Options]: Options[K] extends Option<infer T> ? T : never };

/** All rows in table order. */
export const optionList: readonly Option<unknown>[] = Object.values(options);

/** Flags that ask for something to be printed instead of the service. */
export const INFORMATION_FLAGS = ["help", "version"] as const;

/** The environment variable of an option: `-check-period` is `GRM_CHECK_PERIOD`. */
export function variableOf(option: Option<unknown>): string {
  return `GRM_${option.flag.toUpperCase().replaceAll("-", "_")}`;
}
