import { type RuleDiversion, precedingRules } from "../routing/diversions.ts";
import { ruleText } from "../routing/iproute2/policy-rules.ts";
import { KILL_SWITCH_SPAN } from "../routing/kill-switch.ts";
import type { PolicyRule } from "../routing/policy-rule.ts";
import { describeDiversion } from "../log/describe.ts";
import { lastOf, movesBefore, type PlacedRules } from "./free-preferences.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";
import { FLAG_WORDS } from "./setting-words.ts";
import type { TableFacts } from "./table-use.ts";

type Facts = Pick<TableFacts, "tableRef" | "rules" | "killSwitch" | "words">;

/** What decides about other preferences for the rules of a pool. */
export interface Surroundings {
  /** The rules for probes and those of all pools, in the order in which they are asked. */
  readonly chain: readonly PlacedRules[];
  /** All rules that there are, of both families. */
  readonly rules: readonly PolicyRule[];
}

/**
 * Rules of other programs before ours, and whether they match packets that should go through the gateways.
 *
 * @param surroundings those of the only pool by default, without probes
 */
export function checkPrecedingRules(
  facts: Facts,
  diversions: readonly RuleDiversion[],
  surroundings = surroundingsOf(facts),
): Finding[] {
  const topic = "preceding rules";
  const preceding = precedingRules(facts.rules, facts.tableRef);
  if (preceding.length === 0) return [fine(topic, "no rule of another program comes before ours")];
  if (diversions.length === 0) {
    return [fine(topic, `match no packet that should go through the gateways (${preceding.map(ruleText).join("; ")})`)];
  }
  return diversions.map((diversion) => {
    const text = describeDiversion(diversion);
    const remedy = remedyOf(diversion.rule, facts, surroundings);
    switch (diversion.extent) {
      case "all":
        return failure(topic, text, remedy);
      case "some":
        return warning(topic, text, `if this is not intended, ${remedy}`);
      case "bypass":
        return fine(topic, text);
    }
  });
}

function surroundingsOf({ tableRef: { preference }, rules, killSwitch }: Facts): Surroundings {
  return { chain: [{ kind: "pool", preference, span: killSwitch ? KILL_SWITCH_SPAN : 1 }], rules };
}

function remedyOf(rule: PolicyRule, { words = FLAG_WORDS }: Facts, { chain, rules }: Surroundings): string {
  const moves = isOfWgQuick(rule) ? undefined : movesBefore(rule.preference, chain, rules);
  return [
    ...(isOfWgQuick(rule) ? ["set Table = off in the configuration of that WireGuard interface"] : []),
    ...(moves === undefined ? [] : [words.setPreferences(moves)]),
    `give that rule a preference above ${lastOf(chain)}`,
  ].join(", or ");
}

/** Whether wg-quick(8) made the rule: it has the mark as its table, and no preference, so that it always comes first. */
function isOfWgQuick({ action, json }: PolicyRule): boolean {
  return "not" in json && action.kind === "lookup" && Number(json.fwmark) === action.table;
}
