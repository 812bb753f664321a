import { type Static, Type } from "typebox";

/*
 * What hooks get, as JSON Schema: the only definition of its form. Fields may be added; none of those here is removed or
 * changes its meaning without another `version`.
 */

/** What a notification can be about. */
export const EVENTS = [
  "gateway-down",
  "gateway-up",
  "all-down",
  "any-up",
  "gateway-leaks",
  "tier-changed",
  "gateway-drained",
  "gateway-undrained",
  "ddns-failing",
  "ddns-mended",
  "drift-repaired",
  "conflict",
] as const;

const text = (description: string) => Type.String({ description });
const count = (description: string) => Type.Integer({ minimum: 0, description });

export const Notification = Type.Object(
  {
    version: Type.Literal(1, { description: "of this form" }),
    id: Type.Integer({ minimum: 1, description: "grows, also over restarts; the same when one is sent again" }),
    event: Type.Enum([...EVENTS], { description: "what happened" }),
    time: Type.String({ format: "date-time", description: "when, by the clock of the machine, in UTC" }),
    host: text("name of the machine"),
    message: text("a sentence for people"),
    pool: Type.Optional(text("name of the pool; with events of a pool, absent where pools have no names")),
    pools: Type.Optional(
      Type.Array(Type.String(), {
        description:
          "names of the pools that have the gateway; with events of a gateway, absent where pools have no names",
      }),
    ),
    family: Type.Optional(
      Type.Enum(["ipv4", "ipv6"], {
        description:
          "the family that it is about, whose gateways up and total count; absent where one family is routed, and with what " +
          "concerns both",
      }),
    ),
    up: count("gateways that are up"),
    total: count("gateways in all"),
    gateway: Type.Optional(text("address of the gateway; with the events whose names begin with gateway-")),
    gatewayName: Type.Optional(text("name of that gateway; absent where it has none")),
    reason: Type.Optional(text("why; with gateway-down, gateway-leaks and ddns-failing")),
    kind: Type.Optional(
      Type.Enum(["passing", "access", "refused", "quota"], {
        description: "with ddns-failing; all but passing need action by a person",
      }),
    ),
    tier: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "the one that carries the traffic, the last of several; with tier-changed",
      }),
    ),
    hostname: Type.Optional(text("the DNS name; with ddns-failing and ddns-mended")),
    provider: Type.Optional(text("the provider of that name; absent where its pool has no other name")),
    entries: Type.Optional(
      Type.Array(Type.String(), { description: "rules and routes, 16 at most; with drift-repaired and conflict" }),
    ),
    superseded: Type.Optional(
      count(
        "older notifications about the same that were not delivered, since this one is newer; absent if there are none",
      ),
    ),
  },
  { description: "what changed" },
);

export type Notification = Static<typeof Notification>;

/** A notification before it gets its number, time and host. */
export type Draft = Omit<Notification, "version" | "id" | "time" | "host" | "superseded">;
