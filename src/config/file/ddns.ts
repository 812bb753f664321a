import { quote } from "../../text/escape.ts";
import { familyOf } from "../../net/address.ts";
import { routedFamilies } from "../destinations.ts";
import { memberAddresses } from "../families.ts";
import type { DnsNameConfig, Member } from "../model.ts";
import type { OptionValues } from "../options.ts";
import { requiredAddressRules } from "../family-rules.ts";
import { ddnsRules } from "../rules.ts";
import type { Document } from "./document.ts";
import { meantBy } from "./gateways.ts";
import { type Findings, sound } from "./read.ts";
import { reportRules, whole } from "./report-rules.ts";
import { DDNS } from "./tables.ts";

type ReadDdns = Document["ddns"][number];
type ReadPool = Document["pools"][number];

/** The DNS names of a pool with these members. */
export type DnsNamesOf = (pool: ReadPool, members: readonly Member[]) => DnsNameConfig[];

/** The DNS names of a file. Where something was reported, they are not to be used. */
export function dnsNamesOf(read: readonly ReadDdns[], pools: readonly ReadPool[], findings: Findings): DnsNamesOf {
  for (const one of read) reportDdns(one, pools, findings);
  reportPairs(read, pools, findings);
  return (pool, members) => {
    const own = read.filter((one) => poolOf(one, pools) === pool);
    return own.map((one) => {
      const { pool: _, follows: _follows, ...values } = whole(one.values);
      const follows = followedBy(one, pool, members, findings);
      return { ...(values as DnsNameConfig), ...(follows && { follows }) };
    });
  };
}

/** The member that a name follows; undefined where it follows all of them, or none that exists, which is reported. */
function followedBy(
  { title, path, values }: ReadDdns,
  { values: { route } }: ReadPool,
  members: readonly Member[],
  findings: Findings,
): DnsNameConfig["follows"] {
  const { follows: text } = values;
  if (text === undefined) return undefined;
  const member = members.find((one) => one.name === text || memberAddresses(one).includes(text));
  if (member === undefined) {
    const names = members.map(({ name, gateway }) => name ?? gateway);
    const problem = `no member of its pool is called so; ${meantBy(text, names)}`;
    findings.report([...path, "gateway"], `${title} gateway ${quote(text)}: ${problem}`);
    return undefined;
  }
  const routed = routedFamilies({ route: sound(route) });
  if (!memberAddresses(member).some((address) => routed.includes(familyOf(address)))) {
    const detail = `${title} gateway ${quote(text)} has no effect: its pool routes no family of which it has an address`;
    findings.warn([...path, "gateway"], { detail, remedy: "add one to the gateway, or remove the name" });
  }
  const { gateway, address6 } = member;
  return { gateway, ...(address6 !== undefined && { address6 }) };
}

function reportDdns(ddns: ReadDdns, pools: readonly ReadPool[], findings: Findings): void {
  const { title, path, values, given } = ddns;
  const names = pools.flatMap(({ values: { name } }) => name ?? []);
  if (values.pool !== undefined && !names.includes(values.pool)) {
    findings.report(
      [...path, "pool"],
      `${title} pool ${quote(values.pool)}: there is no such [[pool]]; ${meantBy(values.pool, names)}`,
    );
  }
  if (!given.has("pool") && pools.length > 1) {
    findings.report(path, `${title}: pool is missing, since there are several; ${meantBy("", names)}`);
  }
  const lacks = (key: keyof OptionValues): boolean => !given.has(key);
  reportRules(ddns, DDNS, findings, (name) => ddnsRules(values, lacks, "", name));
  const { route } = poolOf(ddns, pools)?.values ?? {};
  reportRules(ddns, DDNS, findings, (name) => requiredAddressRules({ ...values, ...(route && { route }) }, name));
}

/** Reports one name twice at one provider, whose updaters would undo what the other one does. */
function reportPairs(read: readonly ReadDdns[], pools: readonly ReadPool[], findings: Findings): void {
  for (const [index, ddns] of read.entries()) {
    const pool = poolOf(ddns, pools);
    const isInPool = (one: ReadDdns): boolean => pool !== undefined && poolOf(one, pools) === pool;
    const namesake = read.slice(0, index).find((one) => isSameName(one.values, ddns.values, isInPool(one)));
    if (namesake === undefined) continue;
    const line = findings.lineOf([...namesake.path, "hostname"]);
    const whose = isInPool(namesake)
      ? `a name of this pool at ${ddns.values.ddnsProvider}`
      : "the name of another pool";
    const subject = `${ddns.title} hostname ${quote(ddns.values.ddnsHostname!)}`;
    findings.report([...ddns.path, "hostname"], `${subject}: already ${whose}, in line ${line}; choose another`);
  }
}

/** The pool that a name is of; undefined where that is not clear, which is reported already. */
function poolOf({ values, given }: ReadDdns, pools: readonly ReadPool[]): ReadPool | undefined {
  if (!given.has("pool")) return pools.length === 1 ? pools[0] : undefined;
  return values.pool === undefined ? undefined : pools.find((pool) => pool.values.name === values.pool);
}

/**
 * Whether two names are one at the same account; in one pool, at the same provider. Where a key could not be read, which is
 * reported, the account is not known.
 */
function isSameName(one: ReadDdns["values"], other: ReadDdns["values"], inOnePool: boolean): boolean {
  const [first, second] = [one, other].map(({ ddnsHostname }) => ddnsHostname?.toLowerCase());
  if (first === undefined || first !== second || one.ddnsProvider !== other.ddnsProvider) return false;
  return inOnePool || (one.ddnsPassword !== undefined && one.ddnsPassword === other.ddnsPassword);
}
