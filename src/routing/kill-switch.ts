import type { Family } from "../net/address.ts";
import { type Cidr, contains, halves, outermost, overlaps, subtract } from "../net/cidr.ts";
import type { RuleSelector } from "./selectors.ts";
import type { KillSwitchRule, RejectRule, RejectType, Rule } from "./types.ts";

/**
 * What happens to packets to managed destinations while no gateway can be used: they fall through to the normal tables,
 * keep the last routes, or are rejected.
 */
export type WhenNoGateways = "fall-through" | "keep" | RejectType;

/** How packets are rejected while no gateway can be used; undefined when they are not. */
export function rejectTypeOf(when: WhenNoGateways): RejectType | undefined {
  return when === "fall-through" || when === "keep" ? undefined : when;
}

/*
 * The kill switch. Where packets to managed destinations may never leave past the gateways, a rejecting route stands in the
 * table behind the managed one. Rules behind the look-up reject them as well, and hold even when another program empties
 * the table. What the table excludes by `throw` has to pass them:
 *
 *   P      from all lookup 180
 *   P + 1  from all to EXCLUSION goto P + 3      one for each exclusion
 *   P + 2  from all to MANAGED unreachable       one for each managed destination
 *   P + 3  from all nop
 *
 * Without the rule at P + 3 a `goto` does nothing, and what is excluded is rejected: it is added first and deleted last.
 *
 * Where a pool is for some packets only, the rules at P and P + 2 match only these. The others need no selector: a packet of
 * another pool that jumps to P + 3 would have met none of the rejecting rules either.
 */
const GOTO = 1;
const REJECT = 2;
const NOP = 3;

/** The preferences in an order that cuts nothing off when the rules are deleted by hand: rejecting ones first. */
export function removalOrder(base: number): number[] {
  return [REJECT, GOTO, NOP, 0].map((offset) => base + offset);
}

/** How many preferences a pool with a kill switch needs, the one of its look-up included. */
export const KILL_SWITCH_SPAN = 4;

/**
 * The rules of the kill switch.
 *
 * @param base preference of the look-up
 * @param managed destinations of managed routes
 * @param exclusions destinations that the table throws, none of them managed itself
 * @param busy exclusions with the most traffic, whose rules come first
 * @param selectors of the rules that look up the table; undefined as the only one for all packets
 */
export function killSwitchRules(
  how: RejectType,
  base: number,
  managed: readonly Cidr[],
  exclusions: readonly Cidr[],
  busy: readonly Cidr[],
  selectors: readonly (RuleSelector | undefined)[] = [undefined],
  family: Family = 4,
): KillSwitchRule[] {
  const isBusy = (network: Cidr): boolean => busy.some((one) => overlaps(one, network));
  const exempt = exemptions(managed, exclusions);
  const gotos = [...exempt.filter(isBusy), ...exempt.filter((network) => !isBusy(network))];
  const nop: KillSwitchRule = { kind: "nop", family, preference: base + NOP };
  return [
    ...(gotos.length > 0 ? [nop] : []),
    ...gotos.map((to): KillSwitchRule => ({
      kind: "goto",
      family,
      preference: base + GOTO,
      to,
      target: base + NOP,
    })),
    ...outermost(managed)
      .flatMap(deletable)
      .flatMap((to) =>
        selectors.map((selector): RejectRule => ({
          ...{ kind: "reject", family, preference: base + REJECT, to, how },
          ...(selector && { selector }),
        })),
      ),
  ];
}

/**
 * The most networks that may have to pass the rejecting rules. A packet to one of them is compared with a rule for each
 * before its own: measured, the last of 2,000 takes 21 microseconds longer, so that a core still forwards 1 Gbit/s of full
 * packets to all of them. The kernel also needs time with the square of their number to add them: 0.1 s for 2,000, 9 s for
 * 20,000.
 */
export const MOST_EXEMPTIONS = 2000;

/**
 * The networks that have to pass the rejecting rules: the longest prefix wins in the table, but the first rule wins here, so
 * a managed destination inside an exclusion is cut out of it. Exclusions outside of all managed destinations meet no
 * rejecting rule.
 */
export function exemptions(managed: readonly Cidr[], exclusions: readonly Cidr[]): Cidr[] {
  return outermost(
    exclusions
      .filter((exclusion) => managed.some((one) => contains(one, exclusion)))
      .flatMap((exclusion) => {
        const inside = managed.filter((one) => contains(exclusion, one));
        return subtract(exclusion, inside);
      }),
  );
}

/** `ip rule del to 0.0.0.0/0`, and that of `::/0`, matches every rule and would delete any of them; halves can be named. */
function deletable(network: Cidr): Cidr[] {
  return network.prefix === 0 ? halves(network) : [network];
}

/** The preference of the look-up that a kill switch rule stands behind; undefined when it is none of ours. */
export function baseOf(rule: KillSwitchRule): number | undefined {
  switch (rule.kind) {
    case "goto":
      return rule.target === rule.preference + NOP - GOTO ? rule.preference - GOTO : undefined;
    case "reject":
      return rule.preference - REJECT;
    case "nop":
      return rule.preference - NOP;
  }
}

/** Whether a rule is of a kind that a kill switch has. */
export function isKillSwitchRule<T extends Rule>(rule: T): rule is T & KillSwitchRule {
  return rule.kind === "goto" || rule.kind === "reject" || rule.kind === "nop";
}
