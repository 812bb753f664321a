import { quote } from "../../text/escape.ts";
import type { PoolConfig } from "../model.ts";
import type { OptionValues } from "../options.ts";
import { requiredAddressRules } from "../family-rules.ts";
import { ddnsRules } from "../rules.ts";
import type { Document } from "./document.ts";
import { meantBy } from "./gateways.ts";
import { fallbacksOf, type Findings } from "./read.ts";
import { reportRules, whole } from "./report-rules.ts";
import { DDNS } from "./tables.ts";

type ReadDdns = Document["ddns"][number];
type ReadPool = Document["pools"][number];

/** The settings of the DNS name of a pool. */
export type DdnsOf = (pool: ReadPool) => Pick<PoolConfig, Extract<keyof PoolConfig, `ddns${string}`>>;

/** The DNS names of a file, of which each pool has one at most. */
export function ddnsOf(read: readonly ReadDdns[], pools: readonly ReadPool[], findings: Findings): DdnsOf {
  for (const one of read) reportDdns(one, pools, findings);
  reportPairs(read, pools, findings);
  return (pool) => {
    const own = read.find((one) => poolOf(one, pools) === pool);
    const { pool: _, ...values } = whole(own?.values ?? fallbacksOf(DDNS.keys));
    return values;
  };
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

/** Reports a second name of one pool, and one name of two pools, whose updaters would undo what the other one does. */
function reportPairs(read: readonly ReadDdns[], pools: readonly ReadPool[], findings: Findings): void {
  for (const [index, ddns] of read.entries()) {
    const before = read.slice(0, index);
    const pool = poolOf(ddns, pools);
    const ofPool = pool && before.find((one) => poolOf(one, pools) === pool);
    const ofName = before.find((one) => isSameName(one.values, ddns.values));
    if (ofPool) findings.report(...secondOfPool(ddns, pool, findings.lineOf(ofPool.path)));
    else if (ofName) findings.report(...nameOfTwo(ddns, findings.lineOf([...ofName.path, "hostname"])));
  }
}

/** The pool that a name is of; undefined where that is not clear, which is reported already. */
function poolOf({ values, given }: ReadDdns, pools: readonly ReadPool[]): ReadPool | undefined {
  if (!given.has("pool")) return pools.length === 1 ? pools[0] : undefined;
  return values.pool === undefined ? undefined : pools.find((pool) => pool.values.name === values.pool);
}

function secondOfPool(
  { title, path, given }: ReadDdns,
  { values: { name } }: ReadPool,
  line: number,
): Parameters<Findings["report"]> {
  const at = given.has("pool") ? [...path, "pool"] : path;
  const which = name === undefined ? "the pool" : `pool ${quote(name)}`;
  return [at, `${title}: ${which} has a DNS name already, in line ${line}; a pool has only one: remove one of the two`];
}

function nameOfTwo({ title, path, values }: ReadDdns, line: number): Parameters<Findings["report"]> {
  const subject = `${title} hostname ${quote(values.ddnsHostname!)}`;
  return [[...path, "hostname"], `${subject}: already the name of another pool, in line ${line}; choose another`];
}

/** Whether two names are one at the same account. Where a key could not be read, which is reported, it is not known. */
function isSameName(one: ReadDdns["values"], other: ReadDdns["values"]): boolean {
  const [first, second] = [one, other].map(({ ddnsHostname }) => ddnsHostname?.toLowerCase());
  if (first === undefined || first !== second || one.ddnsPassword === undefined) return false;
  return one.ddnsProvider === other.ddnsProvider && one.ddnsPassword === other.ddnsPassword;
}
