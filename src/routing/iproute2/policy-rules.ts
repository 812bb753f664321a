import { escapeControls } from "../../text/escape.ts";
import { LARGEST, numberInText, readList, textOf, wholeNumber } from "./fields.ts";
import type { RejectType } from "../types.ts";

/** The fields of a rule in `ip -4 -j -d -N rule show` (iproute2, ip/iprule.c). */
export interface RuleJson {
  readonly priority: number;
  readonly protocol?: string;
  readonly not?: null;
  readonly src?: string;
  readonly srclen?: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly tos?: string;
  readonly fwmark?: string;
  readonly fwmask?: string;
  readonly iif?: string;
  readonly oif?: string;
  readonly uid_start?: number;
  readonly uid_end?: number;
  readonly ipproto?: string;
  readonly sport?: number;
  readonly sport_start?: number;
  readonly sport_end?: number;
  readonly dport?: number;
  readonly dport_start?: number;
  readonly dport_end?: number;
  readonly l3mdev?: null;
  readonly table?: string;
  readonly suppress_prefixlen?: number;
  readonly goto?: number;
  /** No rule has the preference that `goto` names. */
  readonly unresolved?: null;
  readonly nop?: null;
  readonly action?: string;
  readonly [other: string]: unknown;
}

/** What becomes of a packet that a rule matches. A look-up that finds nothing goes on with the next rule. */
export type RuleAction =
  | {
      readonly kind: "lookup";
      readonly table: number;
      /** Routes with a prefix of this length or shorter do not count. */
      readonly suppress: number | undefined;
    }
  | { readonly kind: "goto"; readonly preference: number }
  /** To the table of the VRF that the packet belongs to; without one, to the next rule. */
  | { readonly kind: "l3mdev" }
  | { readonly kind: "end"; readonly how: RejectType }
  | { readonly kind: "pass" };

/** Any rule of the kernel, whoever made it. */
export interface PolicyRule {
  readonly preference: number;
  readonly protocol: number;
  /** What it asks of a packet besides its source `all`, as `ip` writes it; empty when it takes every packet. */
  readonly selector: string;
  readonly action: RuleAction;
  /** Everything that `ip` said. */
  readonly json: RuleJson;
}

/** FR_ACT_... of linux/fib_rules.h; newer releases of `ip` print the number where they are asked for numbers. */
const ENDS: Readonly<Record<string, RejectType>> = {
  "6": "blackhole",
  "7": "unreachable",
  "8": "prohibit",
  blackhole: "blackhole",
  unreachable: "unreachable",
  prohibit: "prohibit",
};

/** How a rule with this action refuses packets; undefined when it does not. */
export function endOf(action: unknown): RejectType | undefined {
  const word = textOf(action, "");
  return Object.hasOwn(ENDS, word) ? ENDS[word] : undefined;
}

/**
 * Rules from `ip -4 -j -d -N rule show`, in the order in which the kernel asks them.
 *
 * @throws when it is not what iproute2 prints
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

/** What kind of value stands in a selector. */
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
  const how = endOf(action);
  if (how) return { kind: "end", how };
  if (table === undefined) return { kind: "pass" };
  const number = numberInText(table, LARGEST);
  if (number === undefined) throw new Error("ip printed a table that is no number");
  return { kind: "lookup", table: number, suppress: wholeNumber(suppress, 32, undefined) };
}

const TABLES: Readonly<Record<number, string>> = { 253: "default", 254: "main", 255: "local" };

/** The name of a table where it has one that every system knows. */
export function tableName(table: number): string {
  return TABLES[table] ?? String(table);
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
    case "end":
      return action.how;
    case "pass":
      return "nop";
  }
}

/** Fields that say what to do or who made the rule, and not which packets it takes. */
const OTHER_FIELDS = [
  ..."priority protocol family table suppress_prefixlen suppress_ifgroup goto unresolved nop action l3mdev".split(" "),
  ..."realms flow_from flow_to iif_detached oif_detached".split(" "),
];

/** IP protocols by the numbers that `ip -N` prints as `ipproto-6`. */
const IP_PROTOCOLS: Readonly<Record<string, string>> = {
  "ipproto-1": "icmp",
  "ipproto-6": "tcp",
  "ipproto-17": "udp",
};

function selectorOf(json: RuleJson): string {
  const { src = "all", srclen, dst, dstlen, tos, fwmark, fwmask, iif, oif, ipproto } = json;
  const { uid_start, uid_end, sport_start, sport_end, dport_start, dport_end } = json;
  const word = (name: string, value: unknown, suffix = ""): string[] =>
    value === undefined ? [] : [`${name} ${String(value)}${suffix}`];
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
    ...word("ipproto", ipproto === undefined ? undefined : (IP_PROTOCOLS[ipproto] ?? ipproto)),
    ...word("sport", json.sport ?? sport_start, json.sport === undefined ? `-${sport_end}` : ""),
    ...word("dport", json.dport ?? dport_start, json.dport === undefined ? `-${dport_end}` : ""),
  ];
  const strange = Object.keys(json).filter((field) => !KNOWN_FIELDS.has(field) && !OTHER_FIELDS.includes(field));
  const text = [...known, ...strange.flatMap((field) => word(field, json[field]))].join(" ");
  return text === "from all" ? "" : text;
}

const KNOWN_FIELDS = new Set([
  ..."not src srclen dst dstlen tos fwmark fwmask iif oif uid_start uid_end ipproto".split(" "),
  ..."sport sport_start sport_end dport dport_start dport_end".split(" "),
]);
