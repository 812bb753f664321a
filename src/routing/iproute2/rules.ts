import { parseCidr } from "../../net/cidr.ts";
import type { ObservedRule } from "../types.ts";
import { LARGEST, numberInText, readList, textOf, wholeNumber } from "./fields.ts";
import { rejectTypeIn } from "./policy-rules.ts";
import { protocolOf } from "./routes.ts";

/** Fields that every rule may have. `src` counts only when it is `all`. */
const PLAIN_FIELDS = ["priority", "src", "protocol", "family"];

/** Rules from `ip -j -N rule show` that are exactly of a kind that we make, whatever program made them. */
export function parseRules(json: string): ObservedRule[] {
  return readList(json).flatMap((entry): ObservedRule | [] => {
    const preference = wholeNumber(entry["priority"], LARGEST, undefined);
    if (preference === undefined || entry["src"] !== "all") return [];
    const only = (...fields: string[]): boolean =>
      Object.keys(entry).every((field) => PLAIN_FIELDS.includes(field) || fields.includes(field));
    const rule = { family: 4, preference, protocol: protocolOf(entry) } as const;
    const table = numberInText(entry["table"], LARGEST);
    if (table !== undefined && only("table")) return { ...rule, kind: "lookup", table };
    if ("nop" in entry && only("nop")) return { ...rule, kind: "nop" };
    const to = parseCidr(`${textOf(entry["dst"], "")}/${wholeNumber(entry["dstlen"], 32, 32)}`);
    if (!to) return [];
    const target = wholeNumber(entry["goto"], LARGEST, undefined);
    const passes = target !== undefined && only("dst", "dstlen", "goto", "unresolved");
    if (passes) return { ...rule, kind: "goto", to, target };
    const how = rejectTypeIn(entry["action"]);
    return how && only("dst", "dstlen", "action") ? { ...rule, kind: "reject", to, how } : [];
  });
}
