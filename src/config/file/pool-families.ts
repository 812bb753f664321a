import { FAMILIES, type Family } from "../../net/address.ts";
import { type Cidr, distinct } from "../../net/cidr.ts";
import { routedFamilies } from "../destinations.ts";
import { countFamilies } from "../families.ts";
import { familyRules } from "../family-rules.ts";
import { FAMILY_LIMITS, MOST_IN_FAMILY } from "../limits.ts";
import type { Member } from "../model.ts";
import type { Document } from "./document.ts";
import { type Findings, sound } from "./read.ts";
import { reportRules } from "./report-rules.ts";
import type { Path } from "./scan.ts";
import { POOL } from "./tables.ts";

type ReadPool = Document["pools"][number];

/**
 * The sources of a pool; none where they are everything in all families that it routes, for which the kernel has no rule with
 * a source.
 */
export function sourcesOf(from: readonly Cidr[], routed: readonly Family[]): Cidr[] {
  const isWhole = (family: Family): boolean =>
    from.some(({ address, prefix }) => address.family === family && prefix === 0);
  if ((routed.length === 0 ? FAMILIES : routed).every(isWhole)) return [];
  return distinct(from.filter(({ address, prefix }) => prefix === 0 || !isWhole(address.family)));
}

/** Reports what keeps a family that a pool routes from being routed. */
export function reportFamilies(pool: ReadPool, members: readonly Member[], findings: Findings): void {
  const { title, path, values } = pool;
  const gateways = {
    ...{ all: members.length, of: countFamilies(members) },
    examples: { address: 'address = ["192.168.1.10", "fd00::10"]', ipv6Alone: 'routes = ["default6"]' },
  };
  reportRules(pool, POOL, findings, (name) => familyRules(values, gateways, name));
  const from = sound(values.from);
  const [family, ...others] = routedFamilies({ route: sound(values.route) });
  if (from.length === 0 || family === undefined || others.length > 0) return;
  if (from.some(({ address }) => address.family === family)) return;
  const text = `${title} from: no network is of IPv${family}, of which all routes are, so no packet uses this pool; add one, or a route of the other family`;
  findings.report([...path, "from"], text);
}

/** Reports more members than a family can have. */
export function reportCounts(title: string, at: Path, members: readonly Member[], findings: Findings): void {
  const counts = countFamilies(members);
  for (const family of FAMILIES) {
    if (counts[family] <= MOST_IN_FAMILY[family]) continue;
    const found = `${counts[family]} members${family === 6 ? " of IPv6" : ""}`;
    findings.report(at, `${title}: ${found}, but ${FAMILY_LIMITS[family]}; leave some out`);
  }
}
