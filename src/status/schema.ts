import { type Static, type TSchema, Type } from "typebox";

/*
 * What the service tells of itself, as JSON Schema. These schemas are the one place where the form is laid down: the
 * types of the code follow from them, and so does the description that /api/v1/openapi.json gives.
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
  { time: Time, ageSeconds: seconds("how long ago, by a clock that never jumps") },
  { description: "when something happened" },
);

export const Report = Type.Object({ ok: Type.Boolean(), why: text("the reason, in words") });

const Latency = Type.Object(
  {
    p50: nullable(seconds("seconds"), "half of them were as fast as this; null without an answered probe"),
    p95: nullable(seconds("seconds"), "95 of 100 were as fast as this; null without an answered probe"),
    probes: count("the last probes, answered or not, that are looked at"),
    answered: count("those that were healthy"),
  },
  { description: "time of the last healthy answers, in seconds" },
);

const History = Type.Object(
  {
    up: Type.Array(nullable(Type.Boolean(), "the state at the end of the slot; null where nothing is known"), {
      description: "the oldest slot first; the last one goes on",
    }),
    answered: Type.Array(count("healthy answers in the slot")),
    failed: Type.Array(count("failed probes in the slot")),
    latencySeconds: Type.Array(nullable(seconds("seconds"), "mean time of a healthy answer; null without any")),
  },
  { description: "the recent past in slots of equal length, each list with one value a slot" },
);

const PublicAddress = Type.Object({
  address: nullable(text("an IPv4 address"), "null while it is not known"),
  state: Type.Enum(["inactive", "unknown", "known", "kept"], {
    description: "kept: the last look-up failed, an earlier one told it",
  }),
});

export const Gateway = Type.Object({
  address: text("its IPv4 address"),
  state: Type.Enum(["unknown", "up", "down"], { description: "unknown until the first probe has ended" }),
  since: Moment,
  failuresInRow: count("failed probes since the last healthy answer"),
  lastFailure: nullable(
    Type.Object({ why: text("the reason, such as: timeout after 1s"), at: Moment }),
    "the newest failed probe",
  ),
  leftOut: nullable(text("the reason"), "why it cannot be a nexthop now, however healthy"),
  held: nullable(
    Type.Object({ losses: count("that are remembered"), remainingSeconds: seconds("until it can be used again") }),
    "while it flaps and is no nexthop for a time, however healthy (-flap-hold)",
  ),
  kept: Type.Boolean({ description: "whether it is to be used without being healthy (-min-healthy)" }),
  carriesTraffic: Type.Boolean({ description: "whether it is a nexthop in the kernel" }),
  share: share("its part of the flows of the first managed route, by the weights in the kernel"),
  latency: Latency,
  flaps: Type.Object(
    { lastHour: count("in the last hour, to the minute"), sinceStart: count("since the service started") },
    { description: "changes from up to down" },
  ),
  publicAddress: nullable(PublicAddress, "null without DDNS, since nobody asks for it then"),
  history: History,
});

const NextHop = Type.Object({
  gateway: text("its address, empty for a route to a device alone"),
  device: nullable(text("the interface"), "null where the kernel names none"),
  weight: Type.Integer({ minimum: 1, description: "as in the kernel; a gateway may stand there several times" }),
});

const Route = Type.Object({
  destination: text("such as 0.0.0.0/0"),
  type: text("unicast, or how packets are refused: unreachable, prohibit, blackhole"),
  metric: count("of routes to one destination, the kernel takes the one with the least"),
  nexthops: Type.Array(NextHop),
  shares: Type.Array(Type.Object({ gateway: text("its address"), share: share("its part of the flows") })),
});

const Routing = Type.Object({
  standing: Type.Object(Report.properties, { description: "whether the kernel holds what it should" }),
  table: count("the routing table of the managed routes"),
  preference: count("of the rule that leads there"),
  rule: Type.Boolean({ description: "whether that rule stands" }),
  whenNoGateways: Type.Enum(["fall-through", "keep", "unreachable", "prohibit", "blackhole"], {
    description: "what becomes of managed destinations while no gateway is usable",
  }),
  guardRules: count("rules behind that one which refuse managed destinations, or let exclusions past"),
  routes: Type.Array(Route, { description: "managed routes as last read from the kernel" }),
  exclusions: count("destinations that the table sends on to the normal tables"),
  seen: nullable(Moment, "when the kernel was last read"),
});

const Ddns = Type.Object({
  provider: text("as in metrics"),
  hostname: text("the name that is kept up to date"),
  onDuty: nullable(Type.Boolean(), "whether this machine may write (-ddns-require-ip-address); null until known"),
  ok: nullable(Type.Boolean(), "whether the newest update or reading succeeded; null before the first"),
  addresses: Type.Array(Type.String(), { description: "what the name resolved to when it was last found right" }),
  lastSuccess: nullable(Moment, "when the records were last read and right"),
  lastError: nullable(
    Type.Object({
      kind: Type.Enum(["passing", "access", "refused", "quota"]),
      why: text("the reason, without secrets"),
      at: Moment,
    }),
    "the newest failure",
  ),
  nextTrySeconds: nullable(seconds("seconds"), "until the records are read again; null while that goes on"),
});

export const Status = Type.Object({
  verdict: Type.Enum(["healthy", "degraded", "down"], {
    description: "degraded: gateways are missing or the kernel is not right; down: no gateway carries traffic",
  }),
  why: text("the reason of the verdict"),
  service: Type.Object({
    name: Type.Literal("gateway-route-manager"),
    version: text("of the program"),
    commit: text("it was built from"),
    time: Time,
    started: Moment,
    alive: Type.Object(Report.properties, { description: "as /healthz" }),
  }),
  gateways: Type.Array(Gateway, { description: "in the order of their addresses" }),
  slotSeconds: seconds("length of a slot of the histories"),
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
export type Gateway = Static<typeof Gateway>;
export type Routing = Static<typeof Routing>;
export type Route = Static<typeof Route>;
export type Ddns = Static<typeof Ddns>;
export type Status = Static<typeof Status>;
export type LogEntry = Static<typeof LogEntry>;
export type LogEntries = Static<typeof LogEntries>;
