import { PROVIDER_NAMES, providersWith } from "../ddns/providers/registry.ts";
import { REQUIREMENTS } from "../pool/gateway-health.ts";
import { QUORUM_POLICIES } from "../pool/quorum.ts";
import { TIER_SHORTAGES } from "../pool/tiers.ts";
import { PLACEMENTS } from "../routing/rings.ts";
import type { Cidr } from "../net/cidr.ts";
import { PROBE_SPAN } from "../routing/probe-tables.ts";
import { LAST_PREFERENCE } from "../routing/tables.ts";
import { cidr, destination, gatewayAddress, nameServer, ownAddress, verifyTarget } from "./address-values.ts";
import { provider, providerSecret, zoneId } from "./ddns-values.ts";
import { gateway, type GivenGateway } from "./gateway-values.ts";
import { goInteger as integer, goPort as port } from "./go-integer.ts";
import { command, webhookUrl } from "./hook-values.ts";
import {
  bodyText,
  exitService,
  latencyTrigger,
  lossTrigger,
  probeMark,
  type ThroughProber,
  throughProber,
} from "./through-values.ts";
import { TRACK_FORMATS } from "./track-formats.ts";
import {
  absolutePath,
  baseUrl,
  boolean,
  choice,
  duration,
  filePath,
  gentlePeriod,
  headerText,
  holdTime,
  hostname,
  listenAddress,
  lookUpPath,
  MAX_PATH,
  MAX_SOCKET_PATH,
  ownHostname,
  ownPath,
  text,
  ttl,
  urlPath,
  type ValueType,
  wait,
} from "./values.ts";

/** Headings of `-help` and of the tables of flags, in their order. */
export const GROUPS = [
  "Gateways",
  "Health checks",
  "Probes beyond gateways",
  "Routing",
  "DDNS",
  "Public addresses",
  "Hooks",
  "Service",
] as const;

export type Group = (typeof GROUPS)[number];

/** One row of the options table: everything that the program and its documentation need about a flag. */
export interface Option<T> {
  readonly flag: string;
  readonly group: Group;
  readonly help: string;
  readonly type: ValueType<unknown>;
  /** Text used when neither a flag nor a variable sets the option. */
  readonly fallback?: string;
  /** May be given several times; one text may also hold several values, separated by commas or by spaces. */
  readonly repeatable?: "commas" | "spaces";
  /** Never shown. Also read from the file named by `GRM_..._FILE`. */
  readonly secret?: true;
  /** An environment variable of the earlier program, read after the `GRM_` one. */
  readonly legacyVariable?: string;
  /** Carries the type of the parsed value; holds nothing. */
  readonly value?: T;
}

/** What parts the values in one text. */
export const SEPARATORS = { commas: ",", spaces: " " } as const;

type Extras = Pick<Option<unknown>, "secret" | "legacyVariable">;

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
  repeatable: "commas",
});

const count = integer("COUNT", 1, 1000, "3");
const scheme = choice("http", "https");

/** The one table of options. Flags, environment variables, validation and documentation follow from it. */
export const options = {
  startIp: optional(
    "Gateways",
    "start-ip",
    gatewayAddress,
    "first address of a range of gateways; required unless -gateway gives all of them",
  ),
  endIp: optional(
    "Gateways",
    "end-ip",
    { ...gatewayAddress, example: "192.168.1.12" },
    "last address of the range, included; required with -start-ip",
  ),
  gateway: {
    ...list<GivenGateway>(
      "Gateways",
      "gateway",
      gateway,
      "",
      "a single gateway, in any network, with a name, weight and tier where wanted, such as sweden=192.168.1.10,weight=2,tier=1, and with + between them its addresses of IPv4 and IPv6, such as 192.168.1.10+fd00::10; one of the range gets these as well",
    ),
    repeatable: "spaces",
  },
  tierMin: withDefault(
    "Gateways",
    "tier-min",
    integer("COUNT", 1, 1000, "2"),
    "1",
    "least number of usable gateways of a tier: the lowest tier with so many carries all traffic",
  ),
  tierShortage: withDefault(
    "Gateways",
    "tier-shortage",
    choice(...TIER_SHORTAGES),
    "replace",
    "what the next tier does while one has too few usable gateways: replace takes its place, join carries traffic beside it",
  ),
  tierFailbackDelay: withDefault(
    "Gateways",
    "tier-failback-delay",
    wait,
    "0s",
    "how long a lower tier has to have enough usable gateways again before traffic returns to it; 0s returns at once",
  ),

  placement: withDefault(
    "Gateways",
    "placement",
    choice(...PLACEMENTS),
    "history",
    "who serves the slots of gateways that are gone: by history those that took them over, which moves the fewest connections; by usable the usable gateways alone decide, so that two routers with the same flags agree",
  ),

  usableMin: withDefault(
    "Gateways",
    "usable-min",
    integer("COUNT", 1, 1000, "2"),
    "1",
    "least number of usable gateways with which the pool counts as usable: for /usable, healthcheck -usable, -track-file and -marker-route",
  ),

  port: withDefault("Health checks", "port", port, "9999", "port of each gateway that answers the probes"),
  path: withDefault("Health checks", "path", urlPath, "/", "URL path that is probed"),
  scheme: withDefault(
    "Health checks",
    "scheme",
    scheme,
    "http",
    "scheme of the probes; with https the gateway's certificate has to be valid",
  ),
  timeout: withDefault(
    "Health checks",
    "timeout",
    duration,
    "1s",
    "longest time a probe may take; without an answer by then it has failed",
  ),
  checkPeriod: withDefault(
    "Health checks",
    "check-period",
    duration,
    "3s",
    "time from one probe of a gateway to the next",
  ),
  fastCheckPeriod: optional(
    "Health checks",
    "fast-check-period",
    { ...duration, example: "200ms" },
    "time between probes while -rise or -fall is being counted; without it, -check-period",
  ),
  rise: withDefault("Health checks", "rise", count, "1", "consecutive successful probes that bring a gateway up"),
  fall: withDefault("Health checks", "fall", count, "1", "consecutive failed probes that take a gateway down"),
  flapHold: withDefault(
    "Health checks",
    "flap-hold",
    holdTime,
    "0s",
    "time for which a gateway that goes down repeatedly is not used; doubles with each further loss; 0s turns it off",
  ),
  minHealthy: withDefault(
    "Health checks",
    "min-healthy",
    integer("COUNT", 0, 1000, "1"),
    "0",
    "least number of healthy gateways; with fewer, -min-healthy-policy applies; 0 turns it off",
  ),
  minHealthyPolicy: withDefault(
    "Health checks",
    "min-healthy-policy",
    choice(...QUORUM_POLICIES),
    "keep",
    "gateways to use while fewer than -min-healthy are healthy: keep also uses those that failed last, all uses every gateway, none removes the routes",
  ),

  through: {
    ...list<ThroughProber>(
      "Probes beyond gateways",
      "through",
      throughProber,
      "",
      "targets beyond the gateways that are probed through each of them: icmp:ADDRESS, tcp:ADDRESS:PORT, dns:ADDRESS or a URL, more targets after commas, IPv6 before a port in brackets; a gateway is asked for those of its family; each -through has to succeed, unless -through-require is any",
    ),
    repeatable: "spaces",
  },
  throughNeed: withDefault(
    "Probes beyond gateways",
    "through-need",
    integer("COUNT", 1, 100, "2"),
    "1",
    "how many targets of a -through have to answer",
  ),
  throughText: optional(
    "Probes beyond gateways",
    "through-text",
    bodyText,
    "text that the answer of each URL in -through has to hold, in the first 64 KiB of its body",
  ),
  throughPeriod: withDefault(
    "Probes beyond gateways",
    "through-period",
    duration,
    "5s",
    "time from one round through a gateway to the next",
  ),
  throughTimeout: withDefault(
    "Probes beyond gateways",
    "through-timeout",
    duration,
    "2s",
    "longest time of a round, however many targets it asks",
  ),
  throughRise: withDefault(
    "Probes beyond gateways",
    "through-rise",
    count,
    "1",
    "consecutive successful rounds after which a -through is up",
  ),
  throughFall: withDefault(
    "Probes beyond gateways",
    "through-fall",
    count,
    "2",
    "consecutive failed rounds after which a -through is down",
  ),
  throughOnly: withDefault(
    "Probes beyond gateways",
    "through-only",
    boolean,
    "false",
    "do not probe the gateways themselves",
  ),
  throughRequire: withDefault(
    "Probes beyond gateways",
    "through-require",
    { ...choice(...REQUIREMENTS), placeholder: "PROBERS" },
    "all",
    "which probers have to succeed for a gateway to be up: all of them, or any one; each -through is one, and so is the probe of the gateway itself",
  ),
  throughMaxLoss: optional(
    "Probes beyond gateways",
    "through-max-loss",
    lossTrigger,
    "share of lost probes in the last minute, or in the last 12 rounds if these take longer, that takes a gateway down, and the one at which that ends",
  ),
  throughMaxLatency: optional(
    "Probes beyond gateways",
    "through-max-latency",
    latencyTrigger,
    "median time of an answer in the last minute, or in the last 12 rounds if these take longer, that takes a gateway down, and the one at which that ends",
  ),
  exitCheck: {
    ...list<string>(
      "Probes beyond gateways",
      "exit-check",
      exitService,
      "",
      "service that answers with the address of its client, asked through each gateway: one that comes out at this router's own public address leaks, and counts as down; more of them take turns",
    ),
    repeatable: "spaces",
  },
  exitCheckPeriod: withDefault(
    "Probes beyond gateways",
    "exit-check-period",
    gentlePeriod,
    "60s",
    "time from one question through a gateway to the next",
  ),
  probeRulePreference: withDefault(
    "Probes beyond gateways",
    "probe-rule-preference",
    integer("PREFERENCE", 1, LAST_PREFERENCE - PROBE_SPAN + 1, "200"),
    "100",
    "first of four preferences of the policy rules for these probes",
  ),
  firstProbeTableId: withDefault(
    "Probes beyond gateways",
    "first-probe-table-id",
    integer("ID", 1, 4294967294 - 255, "19001"),
    "18001",
    "ID of the routing table for probes through the first gateway; the others follow",
  ),
  probeMark: withDefault(
    "Probes beyond gateways",
    "probe-mark",
    probeMark,
    "0xad000000",
    "packet mark before those of the gateways, which are one above it, two above it, and so on",
  ),

  route: list(
    "Routing",
    "route",
    destination,
    "0.0.0.0/0",
    "destination to route over the gateways; `default` means 0.0.0.0/0 and `default6` ::/0, and one of IPv6 needs gateways with IPv6 addresses",
  ),
  excludeCidr: list<Cidr>(
    "Routing",
    "exclude-cidr",
    cidr,
    "",
    "destination that is not routed over the gateways, but by the normal routing tables",
  ),
  excludeReservedCidrs: withDefault(
    "Routing",
    "exclude-reserved-cidrs",
    boolean,
    "true",
    "also exclude the reserved ranges of IPv4 and IPv6 (private networks, loopback, link-local, multicast and others)",
  ),
  firstRoutingTableId: withDefault(
    "Routing",
    "first-routing-table-id",
    integer("ID", 1, 4294967294, "200"),
    "180",
    "ID of the routing table that holds the managed routes",
  ),
  firstRulePreference: withDefault(
    "Routing",
    "first-rule-preference",
    integer("PREFERENCE", 1, LAST_PREFERENCE, "20000"),
    "10888",
    "preference of the policy rule that looks up that table",
  ),
  whenNoGateways: withDefault(
    "Routing",
    "when-no-gateways",
    { ...choice("fall-through", "unreachable", "prohibit", "blackhole", "keep"), placeholder: "MODE" },
    "fall-through",
    "packets to managed destinations while no gateway is usable: fall-through uses the normal routing tables, unreachable and prohibit reject them with an ICMP error, blackhole drops them, keep leaves the last routes",
  ),
  markerRoute: list<Cidr>(
    "Routing",
    "marker-route",
    { ...cidr, example: "192.0.2.173/32" },
    "",
    "network without hosts, to which a blackhole route stands in the main table while the pool has -usable-min usable gateways: a sign for routing daemons and scripts, which is added and deleted and never replaced",
  ),
  blockIpv6: withDefault(
    "Routing",
    "block-ipv6",
    boolean,
    "false",
    "also reject IPv6, which is not routed then, as -when-no-gateways says: packets to all but the reserved ranges and this machine's own networks, so that a VPN of IPv4 alone does not leak them",
  ),
  takeOver: withDefault(
    "Routing",
    "take-over",
    boolean,
    "false",
    "at the start, also take over the rules and routes that the earlier program has left after a kill, without a gap; nothing of other programs is touched",
  ),
  onExit: withDefault(
    "Routing",
    "on-exit",
    choice("remove", "keep"),
    "remove",
    "what happens to routes and rules when the service stops; keep leaves them for the next start",
  ),

  ddnsProvider: optional(
    "DDNS",
    "ddns-provider",
    provider,
    `DNS provider whose records are kept up to date: ${PROVIDER_NAMES.join(", ")}`,
  ),
  ddnsUsername: optional(
    "DDNS",
    "ddns-username",
    text,
    `user name, or ID of the access key, at the DNS provider; only for -ddns-provider ${providersWith("ddnsUsername").join(", ")}, which needs it`,
  ),
  ddnsPassword: optional(
    "DDNS",
    "ddns-password",
    providerSecret,
    "password or API key at the DNS provider, or the text of tsig-keygen for rfc2136; required with -ddns-provider",
    {
      secret: true,
      legacyVariable: "DDNS_PASSWORD",
    },
  ),
  ddnsHostname: optional(
    "DDNS",
    "ddns-hostname",
    hostname,
    "DNS name that resolves to the public addresses of the active gateways; required with -ddns-provider",
  ),
  ddnsTimeout: withDefault(
    "DDNS",
    "ddns-timeout",
    duration,
    "60s",
    "longest time one update of the DNS records may take",
  ),
  ddnsRecordTtl: withDefault("DDNS", "ddns-record-ttl", ttl, "60s", "time to live of the DNS records"),
  ddnsRequireIpAddress: optional(
    "DDNS",
    "ddns-require-ip-address",
    ownAddress,
    "update DNS only while an interface of this machine has this address (for VRRP)",
  ),
  ddnsWhenNoGateways: withDefault(
    "DDNS",
    "ddns-when-no-gateways",
    choice("remove", "keep"),
    "remove",
    "what happens to the DNS records while no gateway is healthy",
  ),
  ddnsVerify: optional(
    "DDNS",
    "ddns-verify",
    verifyTarget,
    "after an update, ask this resolver, or the name servers of the zone (authoritative), until they show the new addresses",
  ),
  ddnsApiUrl: optional(
    "DDNS",
    "ddns-api-url",
    baseUrl,
    "base URL of the DNS provider's API; only powerdns needs it, for the others it is for a proxy or a test",
  ),
  ddnsServer: optional(
    "DDNS",
    "ddns-server",
    nameServer,
    `name server that takes the updates, by its address; only for -ddns-provider ${providersWith("ddnsServer").join(", ")}, which needs it`,
  ),
  ddnsZone: optional(
    "DDNS",
    "ddns-zone",
    zoneId,
    `id of the zone, where the key may not look for it; only for -ddns-provider ${providersWith("ddnsZone").join(", ")}`,
  ),
  ddnsAdopt: withDefault(
    "DDNS",
    "ddns-adopt",
    boolean,
    "false",
    `whether records of the name that others have made are managed as well; only for -ddns-provider ${providersWith("ddnsAdopt").join(", ")}`,
  ),
  ddnsProxied: withDefault(
    "DDNS",
    "ddns-proxied",
    boolean,
    "false",
    `whether the name resolves to addresses of the provider, which passes web traffic on to those of the gateways; only for -ddns-provider ${providersWith("ddnsProxied").join(", ")}`,
  ),

  publicIpServiceHostname: optional(
    "Public addresses",
    "public-ip-service-hostname",
    { ...hostname, example: "ip.example.com" },
    "host that returns the public address of a gateway; without it, each gateway is asked for its own",
  ),
  publicIpServicePort: withDefault("Public addresses", "public-ip-service-port", port, "443", "port of that host"),
  publicIpServiceScheme: withDefault(
    "Public addresses",
    "public-ip-service-scheme",
    scheme,
    "https",
    "scheme of that host",
  ),
  publicIpServicePath: withDefault(
    "Public addresses",
    "public-ip-service-path",
    lookUpPath,
    "/",
    "URL path of the public address on that host",
  ),
  publicIpServiceUsername: optional(
    "Public addresses",
    "public-ip-service-username",
    text,
    "user name for HTTP basic authentication there",
  ),
  publicIpServicePassword: optional(
    "Public addresses",
    "public-ip-service-password",
    text,
    "password for HTTP basic authentication there",
    { secret: true, legacyVariable: "PUBLIC_IP_SERVICE_PASSWORD" },
  ),
  publicIpServiceApiKey: optional(
    "Public addresses",
    "public-ip-service-api-key",
    headerText,
    "API key to send there in the header X-API-Key, as for Gluetun's control server",
    { secret: true },
  ),
  publicIpRefresh: withDefault(
    "Public addresses",
    "public-ip-refresh",
    gentlePeriod,
    "30s",
    "time from one look-up of a gateway's public address to the next",
  ),
  publicIpRequired: withDefault(
    "Public addresses",
    "public-ip-required",
    boolean,
    "false",
    "count a gateway as down while its answer there has no address, as that of a Gluetun whose VPN has stopped",
  ),
  publicIpAllowPrivate: withDefault(
    "Public addresses",
    "public-ip-allow-private",
    boolean,
    "false",
    "also accept public addresses from private and reserved ranges (for a lab)",
  ),

  onChange: optional(
    "Hooks",
    "on-change",
    command,
    "program to run at each change, with its arguments; no shell is involved, and a JSON description is on its standard input",
  ),
  webhookUrl: optional(
    "Hooks",
    "webhook-url",
    webhookUrl,
    "URL to which the same JSON is sent by HTTP POST at each change",
    { secret: true },
  ),
  hookTimeout: withDefault(
    "Hooks",
    "hook-timeout",
    duration,
    "10s",
    "longest time one run of -on-change or one request to -webhook-url may take",
  ),
  showHookOutput: withDefault(
    "Hooks",
    "show-hook-output",
    boolean,
    "false",
    "show what -on-change prints on the status page and in /api also without -http-password",
  ),

  config: optional(
    "Service",
    "config",
    filePath,
    "configuration file (TOML) with gateways, probes and pools; beside it, only flags of its table [service] are allowed, and win",
  ),
  metricsPort: withDefault(
    "Service",
    "metrics-port",
    port,
    "9090",
    "port for /metrics, /healthz, /readyz, /usable, /api and the status page",
  ),
  metricsAddress: withDefault(
    "Service",
    "metrics-address",
    listenAddress,
    "all",
    "address on which that port listens; all means every IPv4 and IPv6 address",
  ),
  httpPassword: optional(
    "Service",
    "http-password",
    text,
    "password for everything on that port except /healthz; any user name is accepted",
    { secret: true },
  ),
  allowedHost: list(
    "Service",
    "allowed-host",
    ownHostname,
    "",
    "public name under which that port also answers without -http-password; addresses, local names and the name of this machine need no permission",
  ),
  statusPage: withDefault(
    "Service",
    "status-page",
    boolean,
    "true",
    "serve the status page at / and the API under /api, which the command status needs",
  ),
  logLevel: withDefault(
    "Service",
    "log-level",
    choice("debug", "info", "warn", "error"),
    "info",
    "lowest level that is logged",
  ),
  logFormat: withDefault(
    "Service",
    "log-format",
    choice("auto", "text", "logfmt", "json"),
    "auto",
    "format of the log lines; auto means text on a terminal and logfmt elsewhere",
  ),
  hashSeed: optional(
    "Service",
    "hash-seed",
    integer("SEED", 1, 4_294_967_295, "173"),
    "seed of the hash by which the kernel spreads connections over gateways, net.ipv4.fib_multipath_hash_seed: two routers with the same seed choose the same gateways; without it, each kernel has its own",
  ),
  controlSocket: optional(
    "Service",
    "control-socket",
    ownPath(MAX_SOCKET_PATH, "/run/gateways.sock"),
    "Unix socket through which commands such as drain reach the service, or none; by default control.sock in /run/gateway-route-manager/TABLE, where TABLE is -first-routing-table-id",
  ),
  drainFile: optional(
    "Service",
    "drain-file",
    ownPath(MAX_PATH, "/etc/gateways/drained.json"),
    "file that remembers drained gateways over restarts, or none; by default drained.json in /var/lib/gateway-route-manager/TABLE",
  ),
  trackFile: optional(
    "Service",
    "track-file",
    absolutePath(MAX_PATH, "/run/gateway-route-manager/180/usable"),
    "file that holds the number of usable gateways at every moment, for keepalived's track_file: that of the pool, and the family, that has the fewest; 0 below -usable-min, before the first round of probes and after a stop",
  ),
  trackFileFormat: withDefault(
    "Service",
    "track-file-format",
    choice(...TRACK_FORMATS),
    "number",
    "what that file holds: a number for keepalived, or for scripts a line for each pool such as usable=3 total=5 least=1 state=usable, which a shell can read as variables",
  ),
} as const satisfies Record<string, Option<unknown>>;

type Options = typeof options;

/** The parsed value of every option. Durations are milliseconds. */
export type OptionValues = { readonly [K in keyof Options]: Options[K] extends Option<infer T> ? T : never };

/** All rows in table order. */
export const optionList: readonly Option<unknown>[] = Object.values(options);

/** Flags that print something instead of starting the service. */
export const INFORMATION_FLAGS = ["help", "version"] as const;

/** The environment variable of an option: `-check-period` is `GRM_CHECK_PERIOD`. */
export function variableOf(option: Option<unknown>): string {
  return `GRM_${option.flag.toUpperCase().replaceAll("-", "_")}`;
}
