import { type Static, Type } from "typebox";

import { Moment, nullable, seconds, text } from "./values.ts";

/** What is known of the records of a name. */
const state = {
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
};

const Records = Type.Object({ type: Type.Enum(["A", "AAAA"]), ...state });

export const Ddns = Type.Object({
  provider: text("as in metrics"),
  hostname: text("the DNS name that is kept up to date"),
  gateway: Type.Optional(
    text("name, or else address, of the gateway that it follows; absent where it has the addresses of all"),
  ),
  onDuty: nullable(
    Type.Boolean(),
    "whether this machine may change the records (-ddns-require-ip-address); null until known",
  ),
  ...state,
  records: Type.Optional(
    Type.Array(Records, {
      description: "the records of each type, where both families are routed; the fields beside it then sum them up",
    }),
  ),
});

export const DnsNames = Type.Array(Ddns, {
  description: "all DNS names of the pool, where it has several; ddns is the first of them",
});

export type Ddns = Static<typeof Ddns>;
