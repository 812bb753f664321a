import {
  keysOf,
  type Keys,
  type KeyValues,
  type Key,
  listOf,
  oneOrMore,
  optional,
  optionalList,
  own,
  withoutPrefix,
} from "./keys.ts";
import { DDNS_KEYS, PUBLIC_IP_KEYS } from "../model.ts";
import { cidr, gatewayAddress } from "../address-values.ts";
import { gatewayName as name, tier, weight } from "../gateway-values.ts";
import { interfaceName, probeName, reference, selectorMark } from "./own-values.ts";
import { absolutePath, boolean, choice, integer, MAX_PATH, text } from "../values.ts";
import { LAST_PREFERENCE } from "../../routing/tables.ts";

/** A table of the file. */
export interface TableShape<K extends Keys = Keys> {
  /** How messages and the documentation write it. */
  readonly title: string;
  /** How its header is written, where that does not say all of it. */
  readonly header?: string;
  readonly help: string;
  readonly keys: K;
}

const places = withoutPrefix("", ["firstRoutingTableId", "firstRulePreference"]);

export const SERVICE = {
  title: "[service]",
  help: "the service as a whole; flags and variables of the same meaning win",
  keys: {
    ...withoutPrefix("", ["metricsPort", "metricsAddress", "httpPassword"]),
    ...keysOf({ allowedHost: "allowed-hosts" }),
    ...withoutPrefix("", [
      "statusPage",
      "logLevel",
      "logFormat",
      "takeOver",
      "onExit",
      "onChange",
      "webhookUrl",
      "hookTimeout",
      "showHookOutput",
      "firstProbeTableId",
      "probeRulePreference",
      "probeMark",
      "controlSocket",
      "drainFile",
      "hashSeed",
      "trackFile",
      "trackFileFormat",
    ]),
    firstRoutingTableId: {
      ...places.firstRoutingTableId,
      help: "ID of the routing table of the first pool; those of the others follow in the order of the file",
    },
    firstRulePreference: {
      ...places.firstRulePreference,
      help: "first preference of the rules of the pool that is asked first; those of the others follow, eight apart",
    },
  },
} as const satisfies TableShape;

const range = withoutPrefix("", ["startIp", "endIp"]);

export const GATEWAY = {
  title: "[[gateway]]",
  help: "a gateway, or a range of gateways without names; each is probed once, whatever pools use it",
  keys: {
    name: optional("name", name, "what people call it; without it, its address is its name"),
    address: oneOrMore("address", gatewayAddress, "its address, or a list of one of IPv4 and one of IPv6"),
    startIp: { ...range.startIp, help: "first address of a range of gateways, in place of address" },
    endIp: { ...range.endIp, help: "last address of the range, included" },
    probes: optionalList("probes", probeName, "names of what probes it; without it, all probes do"),
    throughRequire: {
      ...withoutPrefix("through-", ["throughRequire"]).throughRequire,
      help: "which of its probes have to succeed for it to be up: all of them, or any one",
    },
    drained: own("drained", boolean, "take it out of all pools, for maintenance", { fallback: "false" }),
  },
} as const satisfies TableShape;

/** What `type` of a probe may be. */
export const PROBE_TYPES = ["http", "icmp", "tcp", "dns", "url"] as const;

const probeType = own(
  "type",
  choice(...PROBE_TYPES),
  "what is asked: the gateway itself by http, or targets beyond it",
  { required: true },
);

export const GATEWAY_PROBE = {
  title: '[probe.NAME] with type = "http"',
  header: "[probe.NAME]",
  help: "a probe of the gateways themselves",
  keys: {
    type: probeType,
    ...withoutPrefix("", ["port", "path", "scheme"]),
    ...keysOf({
      checkPeriod: "period",
      fastCheckPeriod: "fast-period",
      timeout: "timeout",
      rise: "rise",
      fall: "fall",
    }),
  },
} as const satisfies TableShape;

export const BEYOND_PROBE = {
  title: "[probe.NAME] with another type",
  header: "[probe.NAME]",
  help: "a probe of targets beyond the gateways, through each of them",
  keys: {
    type: probeType,
    targets: {
      ...listOf("targets", text, "what is asked: addresses, ADDRESS:PORT, or URLs, as `type` says"),
      required: true,
    },
    ...withoutPrefix("through-", ["throughNeed", "throughPeriod", "throughTimeout", "throughRise", "throughFall"]),
    throughText: {
      ...withoutPrefix("through-", ["throughText"]).throughText,
      help: "text that the answer of a URL has to hold, in the first 64 KiB of its body",
    },
    ...withoutPrefix("through-", ["throughMaxLoss", "throughMaxLatency"]),
  },
} as const satisfies TableShape;

/** Flags say these once for several purposes. */
const timeouts = keysOf({ timeout: "timeout", throughTimeout: "timeout" });

export const EXIT_CHECK = {
  title: "[exit-check]",
  help: "whether packets come out beyond a gateway with another address than this router's own",
  keys: {
    ...keysOf({ exitCheck: "services", exitCheckPeriod: "period" }),
    throughTimeout: { ...timeouts.throughTimeout, help: "longest time of one question" },
  },
} as const satisfies TableShape;

export const PUBLIC_IP = {
  title: "[public-ip]",
  help: "how the public addresses of the gateways are looked up",
  keys: {
    ...withoutPrefix("public-ip-", PUBLIC_IP_KEYS),
    timeout: { ...timeouts.timeout, help: "longest time of one look-up" },
  },
} as const satisfies TableShape;

export const MEMBER = {
  title: "a member",
  help: "a gateway as one pool uses it",
  keys: {
    gateway: own("gateway", reference, "its name or its address", { required: true }),
    weight: own("weight", weight, "its share in relation to the others of its tier", { fallback: "1" }),
    tier: own("tier", tier, "lower tiers come first", { fallback: "1" }),
  },
} as const satisfies TableShape;

/** A gateway as a pool of the file uses it. */
export type MemberValues = KeyValues<(typeof MEMBER)["keys"]>;

const members: Key<readonly MemberValues[] | undefined> = {
  name: "members",
  type: reference,
  help: "its gateways, each by its name or address, or as a table with a weight and a tier; without it, all gateways",
  list: true,
  items: MEMBER.keys,
};

export const POOL = {
  title: "[[pool]]",
  help: "gateways that share packets to some destinations, of some clients",
  keys: {
    name: optional("name", name, "what people call it; only a single pool needs no name"),
    from: listOf("from", cidr, "source networks that use it"),
    in: listOf("in", interfaceName, "interfaces whose packets use it"),
    mark: optional("mark", selectorMark, "packet mark whose packets use it"),
    members,
    ...withoutPrefix("", ["tierMin", "tierShortage", "tierFailbackDelay", "placement", "usableMin"]),
    ownTrackFile: optional(
      "track-file",
      absolutePath(MAX_PATH, "/run/gateway-route-manager/180/usable-home"),
      "file like that of [service] track-file, for this pool alone",
    ),
    ...keysOf({ route: "routes", excludeCidr: "exclude", excludeReservedCidrs: "exclude-reserved-cidrs" }),
    ...keysOf({ markerRoute: "marker-routes" }),
    ...withoutPrefix("", ["whenNoGateways", "blockIpv6", "minHealthy", "minHealthyPolicy", "flapHold"]),
    table: optional(
      "table",
      integer("ID", 1, 4294967294, "200"),
      "ID of its routing table; without it, the next one from first-routing-table-id on",
    ),
    preference: optional(
      "preference",
      integer("PREFERENCE", 1, LAST_PREFERENCE, "20000"),
      "first preference of its rules",
    ),
  },
} as const satisfies TableShape;

export const DDNS = {
  title: "[[ddns]]",
  help: "a DNS name of a pool, which can have several",
  keys: {
    pool: optional("pool", name, "the pool; only a single pool need not be named"),
    follows: optional(
      "gateway",
      reference,
      "name or address of the one member whose public addresses it has; without it, those of all active members",
    ),
    ...withoutPrefix("ddns-", DDNS_KEYS),
    ddnsProvider: { ...withoutPrefix("ddns-", ["ddnsProvider"]).ddnsProvider, required: true },
  },
} as const satisfies TableShape;

/** All tables, in the order in which they are documented and printed. */
export const TABLES = [
  SERVICE,
  GATEWAY,
  GATEWAY_PROBE,
  BEYOND_PROBE,
  EXIT_CHECK,
  PUBLIC_IP,
  POOL,
  MEMBER,
  DDNS,
] as const;
