import { parseCidr } from "../../net/cidr.ts";
import type { PolicyRule } from "../policy-rule.ts";
import type { ObservedRule } from "../types.ts";
import { LARGEST } from "./fields.ts";

/** Fields that every rule may have. */
const PLAIN_FIELDS = ["priority", "src", "protocol", "family"];

/** The rule, where it is exactly of a kind that we make, whatever program made it; else an empty list, for `flatMap`. */
export function ruleOf({ preference, protocol, action, json }: PolicyRule): ObservedRule | [] {
  const only = (...fields: string[]): boolean =>
    Object.keys(json).every((field) => PLAIN_FIELDS.includes(field) || fields.includes(field));
  const rule = { family: 4, preference, protocol } as const;
  const to = parseCidr(`${json.dst}/${json.dstlen ?? 32}`);
  if (json.src !== "all") {
    const from = parseCidr(`${json.src}/${json.srclen ?? 32}`);
    const isAnswer = json.iif === "lo" && only("srclen", "dst", "dstlen", "iif", "table");
    if (!from || !to || !isAnswer || action.kind !== "lookup") return [];
    return { ...rule, kind: "answer", from, to, table: action.table };
  }
  const mark = json.fwmark === undefined ? undefined : Number(json.fwmark);
  const mask = Number(json.fwmask ?? LARGEST);
  if (action.kind === "lookup") {
    const { table } = action;
    if (only("table")) return { ...rule, kind: "lookup", table };
    return mark !== undefined && only("table", "fwmark", "fwmask") ? { ...rule, kind: "mark", mark, mask, table } : [];
  }
  if (action.kind === "goto" && mark !== undefined && "not" in json) {
    const isUnmarked = only("not", "fwmark", "fwmask", "goto", "unresolved");
    return isUnmarked ? { ...rule, kind: "unmarked", mark, mask, target: action.preference } : [];
  }
  if (action.kind === "reject" && action.how === "unreachable" && mark !== undefined && json.fwmask !== undefined) {
    return only("fwmark", "fwmask", "action") ? { ...rule, kind: "stray", mark, mask } : [];
  }
  if ("nop" in json && only("nop")) return { ...rule, kind: "nop" };
  if (!to || !only("dst", "dstlen", "goto", "unresolved", "action")) return [];
  if (action.kind === "goto") return { ...rule, kind: "goto", to, target: action.preference };
  return action.kind === "reject" ? { ...rule, kind: "reject", to, how: action.how } : [];
}
