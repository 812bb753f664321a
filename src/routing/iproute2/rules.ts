import { parseCidr } from "../../net/cidr.ts";
import type { PolicyRule } from "../policy-rule.ts";
import type { ObservedRule } from "../types.ts";

/** Fields that every rule may have. `src` counts only when it is `all`. */
const PLAIN_FIELDS = ["priority", "src", "protocol", "family"];

/** The rule, where it is exactly of a kind that we make, whatever program made it; else an empty list, for `flatMap`. */
export function ruleOf({ preference, protocol, action, json }: PolicyRule): ObservedRule | [] {
  if (json.src !== "all") return [];
  const only = (...fields: string[]): boolean =>
    Object.keys(json).every((field) => PLAIN_FIELDS.includes(field) || fields.includes(field));
  const rule = { family: 4, preference, protocol } as const;
  if (action.kind === "lookup") return only("table") ? { ...rule, kind: "lookup", table: action.table } : [];
  if ("nop" in json && only("nop")) return { ...rule, kind: "nop" };
  const to = parseCidr(`${json.dst}/${json.dstlen ?? 32}`);
  if (!to || !only("dst", "dstlen", "goto", "unresolved", "action")) return [];
  if (action.kind === "goto") return { ...rule, kind: "goto", to, target: action.preference };
  return action.kind === "reject" ? { ...rule, kind: "reject", to, how: action.how } : [];
}
