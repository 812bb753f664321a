import { type Static, type TSchema, Type } from "typebox";

/*
 * The status of the service as JSON Schema. These schemas are the only definition of its form: the types of the code follow
 * from them, and so does the description at /api/v1/openapi.json.
 */

const nullable = <T extends TSchema>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const text = (description: string) => Type.String({ description });
const count = (description: string) => Type.Integer({ minimum: 0, description });
const seconds = (description: string) => Type.Number({ minimum: 0, description });
const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

const timeOptions = { format: "date-time", description: "by the clock of the machine, in UTC" } as const;
const Time = Type.String(timeOptions);

const Moment = Type.Object(
  { time: Time, ageSeconds: seconds("how long ago, by a monotonic clock") },
  { description: "when something happened" },
);

const lastFailure = (why: string) => nullable(Type.Object({ why: text(why), at: Moment }), "the newest failed probe");

export const Report = Type.Object({ ok: Type.Boolean(), why: text("the reason, as a sentence") });

const Latency = Type.Object(
  {
    p50: nullable(seconds("seconds"), "median of the answered probes; null without any"),
    p95: nullable(seconds("seconds"), "95th percentile of the answered probes; null without any"),
    probes: count("the last probes that are counted here, answered or not"),
    answered: count("those that were healthy"),
  },
  { description: "times of the last healthy answers, in seconds" },
);

const Prober = Type.Object({
  name: text(
    "its kind and its targets, such as icmp 1.1.1.1, 9.9.9.9; of the prober of the gateway itself: http or https",
  ),
  state: Type.Enum(["unknown", "up", "down"], { description: "what it alone says of the gateway" }),
  since: Moment,
  failuresInRow: count("failed probes since the last success"),
  lastFailure: lastFailure("the reason, with the prober"),
  down: nullable(text("the reason, with the prober"), "why the gateway is down by this prober; null while it is not"),
  quality: nullable(
    Type.Object({
      probes: count("probes of single targets in the last minute or 12 rounds, whichever is longer"),
      loss: share("the part of them without a good answer"),
      medianSeconds: nullable(seconds("seconds"), "median time of an answer; null without any"),
    }),
    "probes of the last minute or 12 rounds; null before the first, and of the prober of the gateway itself",
  ),
});

const TargetAtFault = Type.Object({
  prober: text("its name"),
  target: text("as in -through"),
  why: text("how it fails"),
  since: Moment,
});

const History = Type.Object(
  {
    up: Type.Array(nullable(Type.Boolean(), "the state at the end of the slot; null if unknown"), {
      description: "the oldest slot first; the last one is the current one",
    }),
    answered: Type.Array(count("healthy answers in the slot")),
    failed: Type.Array(count("failed probes in the slot")),
    latencySeconds: Type.Array(nullable(seconds("seconds"), "mean time of a healthy answer; null without any")),
    loss: Type.Optional(
      Type.Array(nullable(share("the part of the probes"), "null before the first"), {
        description: "with -through only: the loss until the end of the slot, of the prober with the most",
      }),
    ),
  },
  { description: "the recent past in time slots of equal length; each list has one value for each slot" },
);

const PublicAddress = Type.Object({
  address: nullable(text("an IPv4 address"), "null while it is unknown"),
  state: Type.Enum(["inactive", "unknown", "known", "kept"], {
    description: "kept: known from an earlier look-up, the last one failed",
  }),
  why: nullable(text("the reason"), "why the newest look-up failed; null if it succeeded or is under way"),
});

const Exit = Type.Object(
  {
    address: nullable(text("an IPv4 address"), "null while it is unknown"),
    leaking: Type.Boolean({ description: "whether it is the public address of this router itself" }),
    sharedWith: Type.Array(Type.String(), { description: "other gateways with the same exit address" }),
    why: nullable(text("the reason"), "why the newest question for it failed; null if it was answered"),
  },
  { description: "with which address packets come out beyond the gateway; absent without -exit-check" },
);

export const Gateway = Type.Object({
  address: text("its IPv4 address"),
  name: Type.Optional(text("what people call it; absent where it has no name")),
  state: Type.Enum(["unknown", "up", "down"], { description: "unknown until the first probe has ended" }),
  since: Moment,
  drained: Type.Optional(
    Type.Object(
      {
        by: Type.Enum(["command", "configuration"], { description: "what took it out" }),
        since: Moment,
      },
      { description: "set while it is taken out of use for maintenance: it is probed and never used" },
    ),
  ),
  failuresInRow: count("failed probes since the last healthy answer; of the prober with the most"),
  lastFailure: lastFailure("the reason, such as: timeout after 1s"),
  leftOut: nullable(text("the reason"), "why it cannot be a nexthop now, although it may be healthy"),
  weight: Type.Optional(
    Type.Integer({ minimum: 1, description: "in relation to those of the others; absent where all are 1" }),
  ),
  tier: Type.Optional(
    Type.Integer({ minimum: 1, description: "the lowest comes first; absent where all gateways are of one tier" }),
  ),
  standby: Type.Optional(
    Type.Boolean({ description: "whether it is usable, and not used since its tier is not in use; absent as tier is" }),
  ),
  held: nullable(
    Type.Object({ losses: count("recent losses"), remainingSeconds: seconds("until it can be used again") }),
    "set while it is not used because it flaps, although it may be healthy (-flap-hold)",
  ),
  kept: Type.Boolean({ description: "whether it is used without being healthy (-min-healthy)" }),
  carriesTraffic: Type.Boolean({ description: "whether it is a nexthop in the kernel" }),
  share: share("its share of the flows of the first managed route, by the weights in the kernel"),
  latency: Latency,
  probers: Type.Optional(
    Type.Array(Prober, {
      description:
        "with -through only: that of the gateway itself first, unless -through-only; latencies are those of the first one",
    }),
  ),
  flaps: Type.Object(
    { lastHour: count("in the last hour, to the minute"), sinceStart: count("since the service started") },
    { description: "changes from up to down" },
  ),
  publicAddress: nullable(PublicAddress, "null without DDNS"),
  exit: Type.Optional(Exit),
  history: History,
});

const NextHop = Type.Object({
  gateway: text("its address; empty for a route to a device only"),
  device: nullable(text("the interface"), "null if the kernel names none"),
  weight: Type.Integer({ minimum: 1, description: "as in the kernel; a gateway can have several nexthops" }),
});

const Route = Type.Object({
  destination: text("such as 0.0.0.0/0"),
  type: text("unicast, or how packets are rejected: unreachable, prohibit, blackhole"),
  metric: count("of several routes to one destination the kernel uses the one with the lowest"),
  nexthops: Type.Array(NextHop),
  shares: Type.Array(Type.Object({ gateway: text("its address"), share: share("its share of the flows") })),
});

const PrecedingRule = Type.Object({
  rule: text("as ip rule show writes it; or a route of another program in the table, with its destination"),
  extent: Type.Enum(["all", "some"], {
    description: "all: every packet to managed destinations, perhaps but those with a mark, so that no gateway is used",
  }),
  networks: Type.Array(Type.String(), { description: "the first of the managed networks whose packets it diverts" }),
  more: count("further such networks"),
  why: text("its effect, as a sentence"),
});

const Routing = Type.Object({
  standing: Type.Object(Report.properties, { description: "whether the kernel holds what it should" }),
  table: count("the routing table of the managed routes"),
  preference: count("of the rule that leads to the table"),
  rule: Type.Boolean({ description: "whether that rule is in the kernel" }),
  whenNoGateways: Type.Enum(["fall-through", "keep", "unreachable", "prohibit", "blackhole"], {
    description: "what happens to packets to managed destinations while no gateway is usable",
  }),
  guardRules: count(
    "rules of the kill switch behind that rule, which reject managed destinations and let exclusions pass",
  ),
  routes: Type.Array(Route, { description: "managed routes as last read from the kernel" }),
  precedingRules: Type.Array(PrecedingRule, {
    description:
      "rules of other programs before ours, and routes of theirs in the table, that keep packets from the gateways",
  }),
  exclusions: count("destinations that the table leaves to the other tables"),
  seen: nullable(Moment, "when the kernel was last read"),
});

const Tiers = Type.Object(
  {
    inUse: Type.Array(Type.Integer({ minimum: 1 }), {
      description: "those that carry the traffic; empty before the first choice, and more than one with join only",
    }),
    failback: nullable(
      Type.Object({
        tier: Type.Integer({ minimum: 1, description: "to which traffic returns" }),
        remainingSeconds: seconds("until then"),
      }),
      "set while a better tier has enough usable gateways again (-tier-failback-delay)",
    ),
    all: Type.Array(
      Type.Object({
        tier: Type.Integer({ minimum: 1, description: "the lowest comes first" }),
        usable: count("gateways that are up, not in flap hold, not drained, and can be nexthops"),
        total: count("gateways in all"),
      }),
    ),
  },
  { description: "tiers of gateways, the best one first; absent where all gateways are of one tier" },
);

const Ddns = Type.Object({
  provider: text("as in metrics"),
  hostname: text("the DNS name that is kept up to date"),
  onDuty: nullable(
    Type.Boolean(),
    "whether this machine may change the records (-ddns-require-ip-address); null until known",
  ),
  ok: nullable(Type.Boolean(), "whether the last update or check of the records succeeded; null before the first"),
  addresses: Type.Array(Type.String(), { description: "addresses of the name when the records were last correct" }),
  pending: nullable(
    Type.Array(Type.String()),
    "addresses that the name should have, from when they are known until the records were read and correct; else null",
  ),
  lastSuccess: nullable(Moment, "when the records were last read and correct"),
  lastError: nullable(
    Type.Object({
      kind: Type.Enum(["passing", "access", "refused", "quota"]),
      why: text("the reason, without secrets"),
      at: Moment,
    }),
    "the newest failure",
  ),
  nextTrySeconds: nullable(seconds("seconds"), "until the records are read again; null while they are being read"),
});

const Configuration = Type.Object(
  {
    file: text("the path of -config"),
    loaded: Moment,
    rejected: nullable(
      Type.Object({ problems: Type.Array(Type.String(), { description: "the first of them" }), at: Moment }),
      "set while the file, as it was read last, has problems: the service goes on with the one that it loaded before",
    ),
  },
  { description: "the configuration file; absent without -config" },
);

export const Status = Type.Object({
  verdict: Type.Enum(["healthy", "degraded", "down"], {
    description:
      "degraded: a gateway is not in use, or the kernel does not hold what it should; down: no gateway carries traffic",
  }),
  why: text("the reason for the verdict"),
  service: Type.Object({
    name: Type.Literal("gateway-route-manager"),
    version: text("of the program"),
    commit: text("it was built from"),
    time: Time,
    started: Moment,
    alive: Type.Object(Report.properties, { description: "as /healthz" }),
    configuration: Type.Optional(Configuration),
  }),
  gateways: Type.Array(Gateway, {
    description: "in the order of their slots: those of the range by their addresses, then those of -gateway as given",
  }),
  slotSeconds: seconds("length of a time slot of the histories"),
  targetsAtFault: Type.Optional(
    Type.Array(TargetAtFault, {
      description:
        "with -through only: targets that fail through every gateway while others answer; they are not counted",
    }),
  ),
  tiers: Type.Optional(Tiers),
  routing: Routing,
  ddns: nullable(Ddns, "null without -ddns-provider"),
});

export const LogEntry = Type.Object({
  id: Type.Integer({ minimum: 1, description: "grows, also over restarts" }),
  time: Time,
  level: Type.Enum(["info", "warn", "error"]),
  text: text("as in the log"),
});

export const LogEntries = Type.Object({
  entries: Type.Array(LogEntry, { description: "the newest, oldest first" }),
});

export type Moment = Static<typeof Moment>;
export type Report = Static<typeof Report>;
export type Prober = Static<typeof Prober>;
export type TargetAtFault = Static<typeof TargetAtFault>;
export type Gateway = Static<typeof Gateway>;
export type Routing = Static<typeof Routing>;
export type Route = Static<typeof Route>;
export type Tiers = Static<typeof Tiers>;
export type Ddns = Static<typeof Ddns>;
export type Status = Static<typeof Status>;
export type LogEntry = Static<typeof LogEntry>;
export type LogEntries = Static<typeof LogEntries>;
