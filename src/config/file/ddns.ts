import { quote } from "../../text/escape.ts";
import type { PoolConfig } from "../model.ts";
import type { OptionValues } from "../options.ts";
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

/** The DNS names of a file. */
export function ddnsOf(read: readonly ReadDdns[], pools: readonly ReadPool[], findings: Findings): DdnsOf {
  for (const one of read) reportDdns(one, pools, findings);
  for (const { path } of read.slice(1)) {
    findings.report(path, "[[ddns]]: one DNS name is all that is kept up to date so far; remove the others");
  }
  return (pool) => {
    const own = read.find(({ values }) => values.pool === undefined || values.pool === pool.values.name);
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
}
