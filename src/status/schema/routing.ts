import { type Static, Type } from "typebox";

import { count, Moment, nullable, Report, share, text } from "./values.ts";

const NextHop = Type.Object({
  gateway: text("its address; empty for a route to a device only"),
  device: nullable(text("the interface"), "null if the kernel names none"),
  weight: Type.Integer({
    minimum: 1,
    description: "as in the kernel, where a gateway can have several nexthops; of IPv6 how many nexthop objects it has",
  }),
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

export const Routing = Type.Object({
  standing: Type.Object(Report.properties, { description: "whether the kernel holds what it should" }),
  table: count("the routing table of the managed routes"),
  preference: count("of the rule that leads to the table"),
  rule: Type.Boolean({ description: "whether that rule is in the kernel" }),
  whenNoGateways: Type.Enum(["fall-through", "keep", "unreachable", "prohibit", "blackhole"], {
    description: "what happens to packets to managed destinations while no gateway is usable",
  }),
  rejectsIpv6: Type.Boolean({
    description: "whether packets of IPv6, of which none is routed, are rejected in the same way at all times",
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

export type Route = Static<typeof Route>;
export type Routing = Static<typeof Routing>;
