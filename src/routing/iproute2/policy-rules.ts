import { protocolName } from "../../net/ip-protocol.ts";
import { escapeControls } from "../../text/escape.ts";
import { LARGEST, numberInText, readList, textOf, unexpected, wholeNumber } from "./fields.ts";
import { SYSTEM_TABLES } from "../tables.ts";
import type { PolicyRule, RuleAction, RuleJson } from "../policy-rule.ts";
import type { RejectType } from "../types.ts";

/** FR_ACT_... of linux/fib_rules.h; newer releases of `ip` print the number with `-N`. */
const REJECT_TYPES: Readonly<Record<string, RejectType>> = {
  "6": "blackhole",
  "7": "unreachable",
  "8": "prohibit",
  blackhole: "blackhole",
  unreachable: "unreachable",
  prohibit: "prohibit",
};

/** How a rule with this action rejects packets; undefined when it does not. */
export function rejectTypeIn(action: unknown): RejectType | undefined {
  const word = textOf(action, "");
  return Object.hasOwn(REJECT_TYPES, word) ? REJECT_TYPES[word] : undefined;
}

/**
 * Rules of one family from `ip -j -N rule show`, in the order in which the kernel evaluates them.
 *
 * @throws {IpError} when it is not what iproute2 prints
 */
export function parsePolicyRules(text: string): PolicyRule[] {
  return readList<RuleJson>(text).flatMap((json) => {
    const preference = wholeNumber(json.priority, LARGEST, undefined);
    if (preference === undefined) return [];
    for (const field of TEXT_FIELDS) textOf(json[field], "");
    for (const field of NUMBER_FIELDS) wholeNumber(json[field], LARGEST, 0);
    const protocol = numberInText(json.protocol, 255) ?? 0;
    return { preference, protocol, selector: escapeControls(selectorOf(json)), action: actionOf(json), json };
  });
}

/** Selectors by the type of their value. */
const TEXT_FIELDS = "src dst tos fwmark fwmask iif oif ipproto".split(" ");
const NUMBER_FIELDS = "srclen dstlen uid_start uid_end sport sport_start sport_end dport dport_start dport_end".split(
  " ",
);

/** The rule as `ip rule show` writes it, without its protocol. */
export function ruleText({ preference, selector, action }: PolicyRule): string {
  return `${preference}: ${selector || "from all"} ${actionText(action)}`;
}

function actionOf(json: RuleJson): RuleAction {
  const { table, suppress_prefixlen: suppress, goto: target, action } = json;
  if ("l3mdev" in json) return { kind: "l3mdev" };
  if (target !== undefined) return { kind: "goto", preference: wholeNumber(target, LARGEST, 0) };
  const how = rejectTypeIn(action);
  if (how) return { kind: "reject", how };
  if (table === undefined) return { kind: "pass" };
  const number = numberInText(table, LARGEST);
  if (number === undefined) throw unexpected("the number of a table");
  return { kind: "lookup", table: number, suppress: wholeNumber(suppress, 128, undefined) };
}

/** The name of a table if it is one of the system's, else its number. */
export function tableName(table: number): string {
  return SYSTEM_TABLES.get(table) ?? String(table);
}

function actionText(action: RuleAction): string {
  switch (action.kind) {
    case "lookup": {
      const suppressed = action.suppress === undefined ? "" : ` suppress_prefixlength ${action.suppress}`;
      return `lookup ${tableName(action.table)}${suppressed}`;
    }
    case "l3mdev":
      return "lookup [l3mdev-table]";
    case "goto":
      return `goto ${action.preference}`;
    case "reject":
      return action.how;
    case "pass":
      return "nop";
  }
}

/** Fields about the action or the origin of a rule, and not about the packets that it matches. */
const OTHER_FIELDS = [
  ..."priority protocol family table suppress_prefixlen suppress_ifgroup goto unresolved nop action l3mdev".split(" "),
  ..."realms flow_from flow_to iif_detached oif_detached".split(" "),
];

function selectorOf(json: RuleJson): string {
  const { src = "all", srclen, dst, dstlen, tos, fwmark, fwmask, iif, oif, ipproto } = json;
  const { uid_start, uid_end, sport_start, sport_end, dport_start, dport_end } = json;
  const word = (name: string, value: unknown, suffix = ""): string[] =>
    value === undefined ? [] : [`${name} ${valueText(value)}${suffix}`];
  const prefix = (length: number | undefined): string => (length === undefined ? "" : `/${length}`);
  const known = [
    ...("not" in json ? ["not"] : []),
    `from ${src}${prefix(srclen)}`,
    ...word("to", dst, prefix(dstlen)),
    ...word("tos", tos),
    ...word("fwmark", fwmark, fwmask === undefined ? "" : `/${fwmask}`),
    ...word("iif", iif),
    ...word("oif", oif),
    ...word("uidrange", uid_start, `-${uid_end}`),
    ...word("ipproto", ipproto === undefined ? undefined : protocolName(ipproto)),
    ...word("sport", json.sport ?? sport_start, json.sport === undefined ? `-${sport_end}` : ""),
    ...word("dport", json.dport ?? dport_start, json.dport === undefined ? `-${dport_end}` : ""),
  ];
  const unknown = Object.keys(json).filter((field) => !KNOWN_FIELDS.has(field) && !OTHER_FIELDS.includes(field));
  const text = [...known, ...unknown.flatMap((field) => word(field, json[field]))].join(" ");
  return text === "from all" ? "" : text;
}

/** A value as a person reads it; a newer `ip` may print fields with values of any kind. */
function valueText(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const KNOWN_FIELDS = new Set([
  ..."not src srclen dst dstlen tos fwmark fwmask iif oif uid_start uid_end ipproto".split(" "),
  ..."sport sport_start sport_end dport dport_start dport_end".split(" "),
]);
