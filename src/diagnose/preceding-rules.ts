import { type RuleDiversion, precedingRules } from "../routing/diversions.ts";
import { ruleText } from "../routing/iproute2/policy-rules.ts";
import { KILL_SWITCH_SPAN } from "../routing/kill-switch.ts";
import type { PolicyRule } from "../routing/policy-rule.ts";
import { describeDiversion } from "../log/describe.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";
import { FLAG_WORDS } from "./setting-words.ts";
import type { TableFacts } from "./table-use.ts";

/** Rules of other programs before ours, and whether they match packets that should go through the gateways. */
export function checkPrecedingRules(
  facts: Pick<TableFacts, "tableRef" | "rules" | "killSwitch" | "words">,
  diversions: readonly RuleDiversion[],
): Finding[] {
  const topic = "preceding rules";
  const preceding = precedingRules(facts.rules, facts.tableRef);
  if (preceding.length === 0) return [fine(topic, "no rule of another program comes before ours")];
  if (diversions.length === 0) {
    return [fine(topic, `match no packet that should go through the gateways (${preceding.map(ruleText).join("; ")})`)];
  }
  return diversions.map((diversion) => {
    const text = describeDiversion(diversion);
    const remedy = remedyOf(diversion.rule, facts);
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

function remedyOf(
  rule: PolicyRule,
  { tableRef, rules, killSwitch, words = FLAG_WORDS }: Pick<TableFacts, "tableRef" | "rules" | "killSwitch" | "words">,
): string {
  const span = killSwitch ? KILL_SWITCH_SPAN : 1;
  const before = isOfWgQuick(rule) ? undefined : freeBefore(rule, rules, span);
  return [
    ...(isOfWgQuick(rule) ? ["set Table = off in the configuration of that WireGuard interface"] : []),
    ...(before === undefined ? [] : [words.setPreference(before)]),
    `give that rule a preference above ${tableRef.preference + span - 1}`,
  ].join(", or ");
}

/** The greatest preference before a rule at which so many in a row are free; undefined where there is none. */
function freeBefore({ preference }: PolicyRule, rules: readonly PolicyRule[], span: number): number | undefined {
  let first = preference - span;
  for (const other of rules.toReversed()) {
    if (other.preference >= first && other.preference < first + span) first = other.preference - span;
  }
  return first > 0 ? first : undefined;
}

/** Whether wg-quick(8) made the rule: it has the mark as its table, and no preference, so that it always comes first. */
function isOfWgQuick({ action, json }: PolicyRule): boolean {
  return "not" in json && action.kind === "lookup" && Number(json.fwmark) === action.table;
}
