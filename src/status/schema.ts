import { type Static, Type } from "typebox";

import { Ddns, DnsNames } from "./schema/ddns.ts";
import { Gateway, TargetAtFault } from "./schema/gateway.ts";
import { Pool, PoolFamilies } from "./schema/pool.ts";
import { Routing } from "./schema/routing.ts";
import { Tiers } from "./schema/tiers.ts";
import { Moment, nullable, Report, seconds, text, Time } from "./schema/values.ts";

/*
 * The status of the service as JSON Schema. These schemas are the only definition of its form: the types of the code follow
 * from them, and so does the description at /api/v1/openapi.json.
 */

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
      "degraded: traffic flows, and something is not as configured, which why names; down: no gateway carries traffic",
  }),
  why: text("the reason for the verdict"),
  service: Type.Object({
    name: Type.Literal("gateway-route-manager"),
    version: text("of the program"),
    commit: text("it was built from"),
    time: Time,
    host: Type.Optional(text("the host name of the machine; absent where it has none")),
    started: Moment,
    alive: Type.Object(Report.properties, { description: "as /healthz" }),
    configuration: Type.Optional(Configuration),
  }),
  gateways: Type.Array(Gateway, {
    description:
      "all of them, each once: those of a range by their addresses, then the others as given; where pools have names, what " +
      "is said of their use is that by the first pool that has them. One with an address of each family is there once for " +
      "each",
  }),
  slotSeconds: seconds("length of a time slot of the histories"),
  targetsAtFault: Type.Optional(
    Type.Array(TargetAtFault, {
      description:
        "with -through only: targets that fail through every gateway while others answer; they are not counted",
    }),
  ),
  tiers: Type.Optional(
    Type.Object(Tiers.properties, {
      description:
        "tiers of gateways, the best one first; absent where all gateways are of one tier; where pools have names, those " +
        "of the first pool",
    }),
  ),
  families: Type.Optional(PoolFamilies),
  routing: Type.Object(Routing.properties, { description: "where pools have names, that of the first pool" }),
  ddns: nullable(Ddns, "null without -ddns-provider; where pools have names, that of the first pool"),
  dnsNames: Type.Optional(DnsNames),
  pools: Type.Optional(
    Type.Array(Pool, {
      description:
        "where pools have names only: all of them, in the order of the configuration; verdict and why speak of all",
    }),
  ),
});

export const LogEntry = Type.Object({
  id: Type.Integer({ minimum: 1, description: "grows, also over restarts" }),
  time: Time,
  level: Type.Enum(["info", "warn", "error"]),
  pool: Type.Optional(text("the name of the pool that it is about; absent where it is about no pool with a name")),
  text: text("as in the log"),
});

export const Stopped = Type.Object({
  time: Time,
  reason: text("what asked for it, such as SIGTERM"),
  routes: Type.Enum(["removed", "kept", "left"], {
    description:
      "removed: nothing of the service is in the kernel; kept: everything stays for the next start (-on-exit keep); " +
      "left: not everything could be removed",
  }),
});

export const LogEntries = Type.Object({
  entries: Type.Array(LogEntry, { description: "the newest, oldest first" }),
});

export { Gateway };
export type { Prober, TargetAtFault } from "./schema/gateway.ts";
export type { Member, Pool, PoolFamily } from "./schema/pool.ts";
export type { Route } from "./schema/routing.ts";
export type { Ddns, Moment, Report, Routing, Tiers };
export type Status = Static<typeof Status>;
export type LogEntry = Static<typeof LogEntry>;
export type Stopped = Static<typeof Stopped>;
export type LogEntries = Static<typeof LogEntries>;
