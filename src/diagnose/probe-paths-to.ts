import { gatewaysInFamily } from "../config/families.ts";
import { beyondProbes, type Config, looksUpThrough, probeTablesOf } from "../config/model.ts";
import type { ThroughTarget } from "../config/through-values.ts";
import { familyOf } from "../net/address.ts";
import { isOurs } from "../routing/entry.ts";
import type { PolicyRule } from "../routing/policy-rule.ts";
import { bypassPath, markOf, probeTableOf } from "../routing/probe-tables.ts";
import { hex } from "../text/hex.ts";

/** How probes get to an address that is one of their targets; part of the form of `-json`. */
export interface ProbePaths {
  /** The kinds of the -through that have this target, such as `icmp`, and `exit-check` and `public-ip` for a service. */
  readonly probers: readonly string[];
  /** For each gateway the mark of its probes, as `ip` writes it, and the table that they use. */
  readonly paths: readonly {
    readonly gateway: string;
    readonly mark: string;
    readonly table: number;
    /** Whether a rule leads there now. */
    readonly present: boolean;
  }[];
  /** The mark of the question past all gateways, of exit checks. */
  readonly bypass?: string;
}

const OTHERS: Readonly<Record<string, string>> = {
  "exit-check": "exit checks",
  "public-ip": "look-ups of public addresses",
};

/** The paths of probes to an address; undefined where it is no target. Host names are not resolved. */
export function probePathsTo(address: string, config: Config, rules: readonly PolicyRule[]): ProbePaths | undefined {
  const tables = probeTablesOf(config);
  const through = beyondProbes(config).filter(({ targets }) =>
    [...targets.values()].some((one) => hostOf(one) === address),
  );
  const exitCheck = config.exitCheck.urls.some((url) => hostIn(url) === address);
  const lookUps = looksUpThrough(config) && config.publicIp.publicIpServiceHostname === address;
  const probers = [
    ...through.map(({ label }) => label),
    ...(exitCheck ? ["exit-check"] : []),
    ...(lookUps ? ["public-ip"] : []),
  ];
  if (tables === undefined || probers.length === 0) return undefined;
  const paths = gatewaysInFamily(config.gateways, familyOf(address)).map(({ address: gateway, place = 0 }) => {
    const [mark, table] = [markOf(tables, place), probeTableOf(tables, place)];
    const present = rules.some(({ action, json, ...rule }) => {
      return isOurs(rule) && action.kind === "lookup" && action.table === table && Number(json.fwmark) === mark;
    });
    return { gateway, mark: hex(mark), table, present };
  });
  return paths.length === 0
    ? undefined
    : { probers, paths, ...(exitCheck && { bypass: hex(bypassPath(tables).mark) }) };
}

function hostOf(target: ThroughTarget): string {
  return target.kind === "url" ? hostIn(target.url) : target.address;
}

/** The host of a URL, an address of IPv6 without its brackets. */
function hostIn(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, "");
}

/** The paths in a sentence. */
export function probePathsText({ probers, paths, bypass }: ProbePaths): string {
  const [first, last] = [paths[0]!, paths.at(-1)!];
  const range = (one: string | number, other: string | number): string =>
    one === other ? String(one) : `${one} to ${other}`;
  const kinds = probers.filter((one) => !(one in OTHERS));
  const what = [
    ...(kinds.length > 0 ? [`${kinds.join(", ")} probes`] : []),
    ...probers.flatMap((one) => OTHERS[one] ?? []),
  ];
  const marks = `${what.join(" and ")} to it have the ${first === last ? "mark" : "marks"} ${range(first.mark, last.mark)}`;
  const absent = paths.filter(({ present }) => !present).length;
  if (absent === paths.length) return `${marks}, for which there is no rule: no service runs with these flags`;
  const missing = absent === 0 ? "" : ` (${absent} of ${paths.length} rules are missing)`;
  const each = first === last ? "which leads" : "each of which leads";
  const past = bypass === undefined ? "" : `; the one past all gateways has ${bypass}, by table main`;
  return `${marks}, ${each} through its gateway, by table ${range(first.table, last.table)}${missing}${past}`;
}
