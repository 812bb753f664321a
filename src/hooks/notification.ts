import { type Static, Type } from "typebox";

/*
 * What hooks are told, as JSON Schema: the one place where the form is laid down. Fields may be added; none of those
 * here is taken away or given another meaning without another `version`.
 */

/** What a notification can be about. */
export const EVENTS = [
  "gateway-down",
  "gateway-up",
  "all-down",
  "any-up",
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
    up: count("gateways that are up"),
    total: count("gateways in the range"),
    gateway: Type.Optional(text("address of the gateway; with gateway-down and gateway-up")),
    reason: Type.Optional(text("why; with gateway-down and ddns-failing")),
    kind: Type.Optional(
      Type.Enum(["passing", "access", "refused", "quota"], {
        description: "with ddns-failing; all but passing need somebody to mend something",
      }),
    ),
    hostname: Type.Optional(text("the DNS name; with ddns-failing and ddns-mended")),
    entries: Type.Optional(
      Type.Array(Type.String(), { description: "rules and routes, 16 at most; with drift-repaired and conflict" }),
    ),
    superseded: Type.Optional(
      count("older ones about the same that were not delivered, since this one is newer; left out when there are none"),
    ),
  },
  { description: "what changed" },
);

export type Notification = Static<typeof Notification>;

/** A notification before it has a number, a time and a place. */
export type Draft = Omit<Notification, "version" | "id" | "time" | "host" | "superseded">;
