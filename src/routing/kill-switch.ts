import { type Cidr, contains, halves, outermost, overlaps, subtract } from "../net/cidr.ts";
import type { KillSwitchRule, RejectType, Rule } from "./types.ts";

/**
 * What becomes of managed destinations while no gateway can be used: they take the normal tables, keep their last
 * routes, or are refused.
 */
export type WhenNoGateways = "fall-through" | "keep" | RejectType;

/** How packets are refused while no gateway can be used; undefined when they are not. */
export function rejectTypeOf(when: WhenNoGateways): RejectType | undefined {
  return when === "fall-through" || when === "keep" ? undefined : when;
}

/*
 * The second guard against leaks. Where packets of managed destinations may never take another way, a route that refuses
 * them stands in the table behind the managed one. Rules behind the look-up refuse them as well, and hold even when
 * somebody empties the table. What the table throws out on purpose has to pass them:
 *
 *   P      from all lookup 180
 *   P + 1  from all to EXCLUSION goto P + 3      one for each exclusion
 *   P + 2  from all to MANAGED unreachable       one for each managed destination
 *   P + 3  from all nop
 *
 * Without the rule at P + 3 a `goto` does nothing, and what is excluded is refused: it comes first and goes last.
 */
const GOTO = 1;
const END = 2;
const NOP = 3;

/** The preferences in an order that cuts nothing off when somebody takes the rules away by hand: those that refuse first. */
export function removalOrder(base: number): number[] {
  return [END, GOTO, NOP, 0].map((offset) => base + offset);
}

/** How many preferences an instance with these rules needs, the one of its look-up included. */
export const KILL_SWITCH_SPAN = 4;

/**
 * The rules that refuse managed destinations.
 *
 * @param base preference of the look-up
 * @param managed destinations of managed routes
 * @param exclusions destinations that the table throws, none of them managed itself
 * @param busy exclusions with the most traffic, which are asked first
 */
export function guardRules(
  how: RejectType,
  base: number,
  managed: readonly Cidr[],
  exclusions: readonly Cidr[],
  busy: readonly Cidr[],
): KillSwitchRule[] {
  const isBusy = (network: Cidr): boolean => busy.some((one) => overlaps(one, network));
  const free = passages(managed, exclusions);
  const gotos = [...free.filter(isBusy), ...free.filter((network) => !isBusy(network))];
  const nop: KillSwitchRule = { kind: "nop", family: 4, preference: base + NOP };
  return [
    ...(gotos.length > 0 ? [nop] : []),
    ...gotos.map((to): KillSwitchRule => ({
      kind: "goto",
      family: 4,
      preference: base + GOTO,
      to,
      target: base + NOP,
    })),
    ...outermost(managed)
      .flatMap(nameable)
      .map((to): KillSwitchRule => ({ kind: "reject", family: 4, preference: base + END, to, how })),
  ];
}

/**
 * What has to pass: the longest prefix wins in the table, but the first rule wins here, so a managed destination inside
 * an exclusion is cut out of it. Exclusions outside of all managed destinations meet no rule that refuses.
 */
function passages(managed: readonly Cidr[], exclusions: readonly Cidr[]): Cidr[] {
  return outermost(
    exclusions
      .filter((exclusion) => managed.some((one) => contains(one, exclusion)))
      .flatMap((exclusion) => {
        const inside = managed.filter((one) => contains(exclusion, one));
        return subtract(exclusion, inside);
      }),
  );
}

/** `to 0.0.0.0/0` names every rule for `ip rule del`, which would then take any of them. Its halves have names. */
function nameable(network: Cidr): Cidr[] {
  return network.prefix === 0 ? halves(network) : [network];
}

/** The preference of the look-up that a guard rule stands behind; undefined when it is of another's making. */
export function baseOf(rule: KillSwitchRule): number | undefined {
  switch (rule.kind) {
    case "goto":
      return rule.target === rule.preference + NOP - GOTO ? rule.preference - GOTO : undefined;
    case "reject":
      return rule.preference - END;
    case "nop":
      return rule.preference - NOP;
  }
}

export function isKillSwitchRule<T extends Rule>(rule: T): rule is T & KillSwitchRule {
  return rule.kind !== "lookup";
}
