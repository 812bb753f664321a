import type { Family } from "../net/address.ts";
import { familyName } from "../text/family.ts";
import { list } from "../text/list.ts";
import type { Shortage } from "../pool/select.ts";
import { rejectTypeOf, type WhenNoGateways } from "../routing/kill-switch.ts";
import { span } from "./phrases.ts";
import type { Gateway, Report, Status, Tiers } from "./schema.ts";

/** The part of a gateway that a verdict depends on. */
type Judged = Pick<Gateway, "state" | "carriesTraffic" | "held" | "kept" | "drained" | "standby">;

/** What explains the state besides gateways and routes. */
interface Circumstances {
  /** Set while fewer gateways are healthy than `-min-healthy` asks for. */
  readonly shortage?: Shortage | undefined;
  /** The effect of a rule or route of another program that keeps all packets from the gateways. */
  readonly allDiverted?: string | undefined;
  /** The effects of those that keep some packets from the gateways. */
  readonly someDiverted?: readonly string[];
  /** Undefined where all gateways are of one tier. */
  readonly tiers?: Tiers | undefined;
}

/** Exceptions that the reason names at most. */
const MOST_EXCEPTIONS = 3;

/** The same for pools. */
const MOST_POOLS = 3;

/**
 * The state of the service, in a word and a sentence.
 *
 * @param whenNoGateways what happens to packets while no gateway can be used
 * @param others what else explains the state
 */
export function verdictOf(
  gateways: readonly Judged[],
  standing: Report,
  whenNoGateways: WhenNoGateways,
  { shortage, allDiverted, someDiverted = [], tiers }: Circumstances = {},
): Pick<Status, "verdict" | "why"> {
  const carrying = gateways.filter(({ carriesTraffic }) => carriesTraffic);
  const serving = gateways.filter(({ drained }) => !drained);
  const drained = count(gateways.length - serving.length, "drained");
  const up = serving.filter(({ state }) => state === "up");
  const trouble = standing.ok ? [] : [standing.why];
  const keeps = whenNoGateways === "keep" && !carrying.some(({ state, kept }) => state !== "down" || kept);
  if (allDiverted !== undefined) {
    return { verdict: "down", why: [`no gateway carries traffic: ${allDiverted}`, ...trouble].join("; ") };
  }
  if (carrying.length === 0 || keeps) {
    const few = shortage ? [`fewer than ${shortage.least} are healthy (-min-healthy)`] : [];
    const loss = lossText(carrying.length, whenNoGateways, someDiverted);
    const why = [loss, ...few, ...drained, ...trouble].join(": ");
    return { verdict: "down", why };
  }
  const total = serving.length;
  const counts = up.length === total ? [] : [`${up.length} of ${total} gateways are up`];
  const kept = carrying.filter((one) => one.kept);
  const idle = up.filter(({ carriesTraffic, standby }) => !carriesTraffic && !standby);
  const held = idle.filter((one) => one.held !== null);
  const still = carrying.filter((one) => one.drained);
  const faults = [
    ...counts,
    ...count(kept.length, "used although down (-min-healthy)"),
    ...count(held.length, "up but not used because of flapping (-flap-hold)"),
    ...count(idle.length - held.length, "up but without traffic"),
    ...tierFaults(tiers),
    ...count(still.length, "drained but still in use"),
    ...(someDiverted.length === 0 ? [] : [list(someDiverted, MOST_EXCEPTIONS)]),
    ...trouble,
  ];
  const all = total === 1 ? "the gateway is up" : `all ${total} gateways are up`;
  return faults.length === 0
    ? { verdict: "healthy", why: [all, ...drained].join("; ") }
    : { verdict: "degraded", why: [...faults, ...drained].join("; ") };
}

/** From the best to the worst. */
const VERDICTS: readonly Status["verdict"][] = ["healthy", "degraded", "down"];

interface PoolVerdict extends Pick<Status, "verdict" | "why"> {
  /** Undefined for the one pool without a name. */
  readonly name: string | undefined;
}

/**
 * The state of the service by those of its pools: the worst of them, and why each is not healthy, the worst first.
 *
 * @param drained how many gateways are drained
 */
export function verdictOfPools(pools: readonly PoolVerdict[], drained = 0): Pick<Status, "verdict" | "why"> {
  const [first] = pools as readonly [PoolVerdict];
  if (first.name === undefined) return { verdict: first.verdict, why: first.why };
  const rank = ({ verdict }: PoolVerdict): number => VERDICTS.indexOf(verdict);
  const faulty = pools.filter(({ verdict }) => verdict !== "healthy").sort((a, b) => rank(b) - rank(a)); // stable
  const worst = Math.max(...pools.map(rank));
  const all = `all gateways of ${pools.length === 1 ? `pool ${first.name}` : `${pools.length} pools`} are up`;
  return {
    verdict: VERDICTS[worst]!,
    why:
      faulty.length === 0
        ? [all, ...count(drained, "drained")].join("; ")
        : [
            ...faulty.slice(0, MOST_POOLS).map(({ name, why }) => `pool ${name}: ${why}`),
            ...(faulty.length > MOST_POOLS ? [`and ${faulty.length - MOST_POOLS} more of ${pools.length} pools`] : []),
          ].join("; "),
  };
}

/** A family of a pool. */
interface FamilyVerdict extends Pick<Status, "verdict" | "why"> {
  readonly family: Family;
}

/** The state of a pool by those of its families: down if all are, and why each is not healthy. */
export function verdictOfFamilies(families: readonly FamilyVerdict[]): Pick<Status, "verdict" | "why"> {
  const faulty = families.filter(({ verdict }) => verdict !== "healthy");
  const isDown = families.every(({ verdict }) => verdict === "down");
  const reasons = Map.groupBy(faulty.length === 0 ? families : faulty, ({ why }) => why);
  const texts = [...reasons].map(([why, alike]) => {
    return `${alike.map(({ family }) => familyName(family)).join(" and ")}: ${why}`;
  });
  return { verdict: isDown ? "down" : faulty.length > 0 ? "degraded" : "healthy", why: texts.join("; ") };
}

/**
 * @param carrying number of gateways that are down and still in the routes
 * @param exceptions effects of other programs, whose packets are not rejected
 */
function lossText(carrying: number, whenNoGateways: WhenNoGateways, exceptions: readonly string[]): string {
  if (carrying > 0) return "no gateway is up; the last routes are kept (-when-no-gateways keep)";
  const rejected =
    rejectTypeOf(whenNoGateways) === undefined
      ? ""
      : [
          `, and packets are rejected (-when-no-gateways ${whenNoGateways})`,
          ...(exceptions.length === 0 ? [] : [`, except by ${list(exceptions, MOST_EXCEPTIONS)}`]),
        ].join("");
  return `no gateway carries traffic${rejected}`;
}

function count(number: number, what: string): string[] {
  return number === 0 ? [] : [`${number} ${what}`];
}

/** That a tier other than the best one carries traffic. */
function tierFaults(tiers: Tiers | undefined): string[] {
  const worse = tiers?.inUse.filter((tier) => tier !== tiers.all[0]!.tier) ?? [];
  if (!tiers || worse.length === 0) return [];
  const { failback } = tiers;
  const until = failback ? `, returns to tier ${failback.tier} in ${span(failback.remainingSeconds)}` : "";
  return [`traffic uses ${tiers.inUse.length === 1 ? "tier" : "tiers"} ${tiers.inUse.join(", ")}${until}`];
}
