import { type Static, Type } from "typebox";

import { count, Moment, nullable, seconds, share, text } from "./values.ts";

const lastFailure = (why: string) => nullable(Type.Object({ why: text(why), at: Moment }), "the newest failed probe");

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

export const TargetAtFault = Type.Object({
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
  address: nullable(text("an address"), "null while it is unknown"),
  state: Type.Enum(["inactive", "unknown", "known", "kept"], {
    description: "kept: known from an earlier look-up, the last one failed",
  }),
  why: nullable(text("the reason"), "why the newest look-up failed; null if it succeeded or is under way"),
});

/** What a pool makes of a gateway. */
export const use = {
  leftOut: nullable(text("the reason"), "why it cannot be a nexthop now, although it may be healthy"),
  held: nullable(
    Type.Object({ losses: count("recent losses"), remainingSeconds: seconds("until it can be used again") }),
    "set while it is not used because it flaps, although it may be healthy (-flap-hold)",
  ),
  kept: Type.Boolean({ description: "whether it is used without being healthy (-min-healthy)" }),
  carriesTraffic: Type.Boolean({ description: "whether it is a nexthop in the kernel" }),
  share: share("its share of the flows of the first managed route, by the weights in the kernel"),
  publicAddress: nullable(PublicAddress, "null without DDNS"),
};

const Exit = Type.Object(
  {
    address: nullable(text("an address"), "null while it is unknown"),
    leaking: Type.Boolean({ description: "whether it is the public address of this router itself" }),
    sharedWith: Type.Array(Type.String(), { description: "other gateways with the same exit address" }),
    why: nullable(text("the reason"), "why the newest question for it failed; null if it was answered"),
  },
  { description: "with which address packets come out beyond the gateway; absent without -exit-check" },
);

export const Gateway = Type.Object({
  address: text("its address"),
  otherAddress: Type.Optional(
    text(
      "the address of the same gateway in the other family, which is probed and used for itself; absent without one",
    ),
  ),
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
  leftOut: use.leftOut,
  weight: Type.Optional(
    Type.Integer({ minimum: 1, description: "in relation to those of the others; absent where all are 1" }),
  ),
  tier: Type.Optional(
    Type.Integer({ minimum: 1, description: "the lowest comes first; absent where all gateways are of one tier" }),
  ),
  standby: Type.Optional(
    Type.Boolean({ description: "whether it is usable, and not used since its tier is not in use; absent as tier is" }),
  ),
  held: use.held,
  kept: use.kept,
  carriesTraffic: use.carriesTraffic,
  share: use.share,
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
  publicAddress: use.publicAddress,
  exit: Type.Optional(Exit),
  history: History,
});

export type Prober = Static<typeof Prober>;
export type TargetAtFault = Static<typeof TargetAtFault>;
export type Gateway = Static<typeof Gateway>;
