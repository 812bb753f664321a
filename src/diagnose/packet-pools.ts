import { destinationsOf } from "../config/destinations.ts";
import { addressesOf, type Config, type PoolConfig } from "../config/model.ts";
import { reasonOfPool } from "./classification-text.ts";
import { casesOf, type PoolCases } from "./pool-cases.ts";
import { type PoolVerdict, takersAmong } from "./pool-verdicts.ts";

/** Which pool a packet uses, and why. */
export interface PacketPools {
  /** In the order in which they are asked. */
  readonly verdicts: readonly PoolVerdict[];
  /** The pool that should have the packet; undefined where none should. */
  readonly taker: PoolVerdict | undefined;
  /** What happens to the packet, by what the gateways of that pool do. */
  readonly cases: PoolCases | undefined;
  /** Why each pool takes the packet or lets it pass; part of the form of `-json`. */
  readonly asked: readonly AskedPool[];
}

/**
 * A pool that is asked for a packet, or would be.
 *
 * - `takes`: it routes the packet through its gateways
 * - `next`: it does so while the pools before it have no usable gateway
 * - `passes`: it lets the packet pass, which it selects, but does not route
 * - `other`: it is for other packets
 * - `unasked`: a pool before it never lets the packet pass
 */
export interface AskedPool {
  readonly name: string;
  readonly preference: number;
  readonly table: number;
  readonly verdict: "takes" | "next" | "passes" | "other" | "unasked";
  /** The selector that decides. */
  readonly selector: string;
  readonly why: string;
}

/** What the pools of a configuration have to do with a packet, by their verdicts. */
export function packetPools(config: Config, verdicts: readonly PoolVerdict[]): PacketPools {
  const [taker, next] = takersAmong(verdicts);
  const pools = verdicts.map(({ pool }) => pool);
  return { verdicts, taker, cases: taker && casesFor(pools, taker, next), asked: askedPools(config, verdicts) };
}

/** What happens to this packet: of the pools that select the same packets, only those that route it count. */
function casesFor(pools: readonly PoolConfig[], taker: PoolVerdict, next: PoolVerdict | undefined): PoolCases {
  const cases = casesOf(pools, taker.pool, taker.family);
  if (cases.withoutGateways.packets !== "fall-through") return cases;
  const names = next?.pool.name === undefined ? [] : [next.pool.name];
  return { ...cases, withoutGateways: { packets: "fall-through", next: names, normalTables: names.length === 0 } };
}

function askedPools(config: Config, verdicts: readonly PoolVerdict[]): AskedPool[] {
  let reach: "takes" | "next" | "unasked" = "takes";
  return verdicts.map(({ pool, selected, selector, classification }) => {
    const { name = "", preference, table, whenNoGateways } = pool;
    const { why } = reasonOfPool(classification, destinationsOf(pool, addressesOf(config)));
    const isTaker = ["managed", "blocked"].includes(classification.kind);
    const verdict = !selected ? "other" : isTaker || reach === "unasked" ? reach : "passes";
    if (isTaker && reach !== "unasked") reach = whenNoGateways === "fall-through" ? "next" : "unasked";
    return { name, preference, table, verdict, selector, why };
  });
}

/** What a pool does with the packet, in words. */
export function askedText({ verdict, selector, why }: AskedPool): string {
  switch (verdict) {
    case "takes":
      return `takes it (${selector}): ${why}`;
    case "next":
      return `takes it while no pool before has a usable gateway (${selector}): ${why}`;
    case "passes":
      return `lets it pass (${selector}): ${why}`;
    case "other":
      return `is for other packets: it is ${selector}`;
    case "unasked":
      return "is not asked: a pool before it never lets it pass";
  }
}
