import type { Family } from "../../net/address.ts";
import { networkIn, type PolicyRule, type RuleJson } from "../policy-rule.ts";
import { isProbeMark } from "../probe-tables.ts";
import type { RuleSelector } from "../selectors.ts";
import type { ObservedRule } from "../types.ts";
import { LARGEST } from "./fields.ts";

/** Fields that every rule may have. */
const PLAIN_FIELDS = ["priority", "src", "protocol", "family"];

/** Fields of the packets that rules of a pool match. An interface that does not exist is `detached`. */
const SELECTOR_FIELDS = ["srclen", "iif", "iif_detached", "fwmark", "fwmask"];

/** The rules of a family that are exactly of a kind that we make, whatever program made them. */
export function rulesAmong(policies: readonly PolicyRule[], family: Family = 4): ObservedRule[] {
  return policies.flatMap((policy) => ruleOf(policy, family));
}

function ruleOf({ preference, protocol, action, json }: PolicyRule, family: Family): ObservedRule | [] {
  const only = (...fields: string[]): boolean =>
    Object.keys(json).every((field) => PLAIN_FIELDS.includes(field) || fields.includes(field));
  const rule = { family, preference, protocol };
  const to = networkIn(json.dst, json.dstlen);
  const from = networkIn(json.src, json.srclen);
  const mark = json.fwmark === undefined ? undefined : Number(json.fwmark);
  const mask = Number(json.fwmask ?? LARGEST);
  const isForAll = json.src === "all";
  if (action.kind === "lookup") {
    const { table } = action;
    if (isForAll && mark !== undefined && isProbeMark(mark, mask) && only("table", "fwmark", "fwmask")) {
      return { ...rule, kind: "mark", mark, mask, table };
    }
    if (only("table", ...SELECTOR_FIELDS)) return { ...rule, kind: "lookup", table, ...selectorIn(json) };
    const isAnswer = json.iif === "lo" && only("srclen", "dst", "dstlen", "iif", "table");
    return from && to && isAnswer ? { ...rule, kind: "answer", from, to, table } : [];
  }
  if (action.kind === "reject" && to && only("dst", "dstlen", "action", ...SELECTOR_FIELDS)) {
    return { ...rule, kind: "reject", to, how: action.how, ...selectorIn(json) };
  }
  if (!isForAll) return [];
  if (action.kind === "goto" && mark !== undefined && "not" in json) {
    const isUnmarked = only("not", "fwmark", "fwmask", "goto", "unresolved");
    return isUnmarked ? { ...rule, kind: "unmarked", mark, mask, target: action.preference } : [];
  }
  if (action.kind === "reject" && action.how === "unreachable" && mark !== undefined && json.fwmask !== undefined) {
    return only("fwmark", "fwmask", "action") ? { ...rule, kind: "stray", mark, mask } : [];
  }
  if ("nop" in json && only("nop")) return { ...rule, kind: "nop" };
  const isGoto = action.kind === "goto" && to && only("dst", "dstlen", "goto", "unresolved");
  return isGoto ? { ...rule, kind: "goto", to, target: action.preference } : [];
}

/** The packets that a rule matches, if they are not all. */
function selectorIn({ src, srclen, iif, fwmark, fwmask }: RuleJson): { readonly selector?: RuleSelector } {
  const from = networkIn(src, srclen);
  const selector: RuleSelector = {
    ...(from && { from }),
    ...(iif !== undefined && { in: iif }),
    ...(fwmark !== undefined && { mark: { value: Number(fwmark), mask: Number(fwmask ?? LARGEST) } }),
  };
  return Object.keys(selector).length === 0 ? {} : { selector };
}
