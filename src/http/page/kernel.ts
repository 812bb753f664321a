import { familiesIn, type NamedFamily } from "../../status/membership.ts";
import type { Moment, Report, Status } from "../../status/schema.ts";
import { earliest } from "../../status/timestamp.ts";

/** What the kernel holds of a pool, in all families that it routes, for a list of facts. */
export interface KernelFacts {
  readonly standing: Report;
  readonly table: string;
  readonly rule: string;
  /** What comes before ours; empty for nothing. */
  readonly preceding: string;
  readonly exclusions: string;
  /** When it was last read; null where a family was not yet. */
  readonly seen: Moment | null;
}

export function kernelFacts(pool: Pick<Status, "families" | "routing">): KernelFacts {
  const families = familiesIn(pool);
  const { table } = pool.routing;
  return {
    standing: standingOf(families),
    table: String(table),
    rule: ruleText(families),
    preceding: families
      .flatMap(({ name, routing }) => routing.precedingRules.map(({ why }) => inFamily(name, why)))
      .join("; "),
    exclusions: exclusionsText(families),
    seen: earliest(families.map(({ routing }) => routing.seen)),
  };
}

function inFamily(name: string, text: string): string {
  return name === "" ? text : `${name}: ${text}`;
}

function standingOf(families: readonly NamedFamily[]): Report {
  const wrong = families.filter(({ routing }) => !routing.standing.ok);
  if (wrong.length === 0) return families[0]!.routing.standing;
  return { ok: false, why: wrong.map(({ name, routing }) => inFamily(name, routing.standing.why)).join("; ") };
}

function ruleText(families: readonly NamedFamily[]): string {
  const preference = String(families[0]!.routing.preference);
  if (isUnread(families)) return `${preference} (not read yet)`;
  const missing = families.filter(({ routing }) => !routing.rule);
  if (missing.length === 0) return preference;
  const where = missing.length < families.length ? ` in ${missing[0]!.name}` : "";
  return `${preference} (missing${where})`;
}

/** Whether the kernel was not read yet, so that nothing is known of what is in it. */
function isUnread(families: readonly NamedFamily[]): boolean {
  return families.every(({ routing }) => routing.seen === null);
}

function exclusionsText(families: readonly NamedFamily[]): string {
  if (isUnread(families)) return "not read yet";
  const [{ routing: first }, second] = families as readonly [NamedFamily, NamedFamily?];
  if (second) return families.map(({ name, routing }) => `${routing.exclusions} of ${name}`).join(", ");
  return `${first.exclusions} destination${first.exclusions === 1 ? "" : "s"}`;
}
