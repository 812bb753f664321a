import { type Static, Type } from "typebox";

import { Ddns, DnsNames } from "./ddns.ts";
import { use } from "./gateway.ts";
import { Routing } from "./routing.ts";
import { Tiers } from "./tiers.ts";
import { count, nullable, text } from "./values.ts";

const Member = Type.Object({
  gateway: text("its address, by which it is found in gateways"),
  name: Type.Optional(text("what people call it; absent where it has no name")),
  weight: Type.Integer({ minimum: 1, description: "in relation to those of the others of its tier" }),
  tier: Type.Integer({ minimum: 1, description: "the lowest comes first" }),
  usable: Type.Boolean({ description: "whether it is up, not in flap hold, not drained, and can be a nexthop" }),
  drained: Type.Boolean({ description: "whether it is taken out of use for maintenance" }),
  standby: Type.Boolean({ description: "whether it is usable, and not used since its tier is not in use" }),
  ...use,
});

const Selectors = Type.Object(
  {
    from: Type.Array(Type.String(), { description: "source networks, one of which has to match; empty for any" }),
    in: Type.Array(Type.String(), {
      description: "interfaces on which packets come in, one of which has to match; empty for any",
    }),
    mark: nullable(text("such as 0x10/0xff"), "the mark of packets with its mask; null for any"),
  },
  { description: "whose packets use the pool: those that match all three" },
);

const Excluded = Type.Object(
  {
    networks: Type.Array(Type.String(), { description: "the first of those that the configuration names" }),
    more: count("further ones"),
    reserved: Type.Boolean({ description: "whether the reserved ranges are excluded as well" }),
  },
  { description: "destinations that the pool leaves to the other tables" },
);

const Quorum = Type.Object({
  least: Type.Integer({ minimum: 1, description: "how many members should be healthy" }),
  policy: Type.Enum(["keep", "all", "none"], { description: "what is done while fewer are" }),
  missed: Type.Boolean({ description: "whether fewer are healthy now" }),
});

const verdict = (description: string) => Type.Enum(["healthy", "degraded", "down"], { description });

/** What a pool does in one of two families. */
const PoolFamily = Type.Object({
  family: Type.Enum(["ipv4", "ipv6"]),
  verdict: verdict("as that of the service, of this family alone"),
  why: text("the reason for the verdict"),
  usable: count("usable members, by their addresses of the family"),
  total: count("members with an address of the family"),
  short: Type.Boolean({ description: "whether fewer are healthy than -min-healthy asks for" }),
  tiers: Type.Optional(Tiers),
  routing: Routing,
});

export const PoolFamilies = Type.Array(PoolFamily, {
  description:
    "both families, IPv4 first, each with its own routes; absent where only one is routed. What is said beside them of " +
    "routes and tiers is that of IPv4",
});

export const Pool = Type.Object({
  name: text("what people call it"),
  verdict: verdict("as that of the service, of this pool alone"),
  why: text("the reason for the verdict"),
  selectors: Selectors,
  destinations: Type.Array(Type.String(), { description: "the networks that are routed over its members" }),
  excluded: Excluded,
  quorum: nullable(Quorum, "null without min-healthy"),
  usable: count("usable members"),
  members: Type.Array(Member, {
    description: "in the order of their slots; where both families are routed, each by both of its addresses",
  }),
  tiers: Type.Optional(Tiers),
  families: Type.Optional(PoolFamilies),
  routing: Routing,
  ddns: nullable(Ddns, "null without a DNS name"),
  dnsNames: Type.Optional(DnsNames),
});

export type Member = Static<typeof Member>;
export type Pool = Static<typeof Pool>;
export type PoolFamily = Static<typeof PoolFamily>;
