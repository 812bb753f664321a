import { type Static, Type } from "typebox";

import { count, nullable, seconds } from "./values.ts";

export const Tiers = Type.Object(
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

export type Tiers = Static<typeof Tiers>;
