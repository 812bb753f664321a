import type { Family } from "../net/address.ts";

/**
 * How severe it is.
 *
 * - `error`: the service cannot do what its flags say
 * - `warning`: it can, but with a loss that is named
 */
export type Level = "ok" | "warning" | "error";

/** The result of one check. */
export interface Finding {
  readonly level: Level;
  /** What was checked, in a word or two. */
  readonly topic: string;
  readonly message: string;
  /** What to do about it; none where the level is `ok`. */
  readonly remedy?: string;
  /** Which of several pools it is about; absent where it is about all of them, or about none. */
  readonly pools?: readonly string[];
  /** Which of two families it is about; absent where one alone is routed, and where it is about both or about none. */
  readonly family?: Family;
}

export const fine = (topic: string, message: string): Finding => ({ level: "ok", topic, message });

export const warning = (topic: string, message: string, remedy: string): Finding => ({
  level: "warning",
  topic,
  message,
  remedy,
});

export const failure = (topic: string, message: string, remedy: string): Finding => ({
  level: "error",
  topic,
  message,
  remedy,
});

/** The most severe of all levels. */
export function verdict(findings: readonly Finding[]): Level {
  if (findings.some(({ level }) => level === "error")) return "error";
  return findings.some(({ level }) => level === "warning") ? "warning" : "ok";
}

/**
 * The findings about each of several pools. What is the same for all of them is said once, and what is the same for some of
 * them once as well.
 *
 * @param all how many pools there are
 */
export function acrossPools(
  ofPools: readonly { readonly name?: string | undefined; readonly findings: readonly Finding[] }[],
  all = ofPools.length,
): Finding[] {
  if (all === 1) return ofPools.flatMap(({ findings }) => findings);
  const pairs = ofPools.flatMap(({ name, findings }) => findings.map((finding) => ({ name, finding })));
  const alike = Map.groupBy(pairs, ({ finding }) => JSON.stringify(finding));
  return [...alike.values()].map((group) => {
    const { finding } = group[0]!;
    const names = [...new Set(group.flatMap(({ name }) => name ?? []))];
    return names.length === all ? finding : { ...finding, pools: names };
  });
}

/**
 * The findings about each family that is routed, those with one topic beside each other. What is the same for both is said
 * once.
 */
export function acrossFamilies(
  ofFamilies: readonly { readonly family: Family; readonly findings: readonly Finding[] }[],
): Finding[] {
  if (ofFamilies.length === 1) return ofFamilies.flatMap(({ findings }) => findings);
  const all = ofFamilies.flatMap(({ family, findings }) => findings.map((finding) => ({ family, finding })));
  const topics = Map.groupBy(all, ({ finding }) => finding.topic);
  return [...topics.values()].flatMap((some) => {
    const alike = Map.groupBy(some, ({ finding }) => JSON.stringify(finding));
    return [...alike.values()].map((group) => {
      const { family, finding } = group[0]!;
      return new Set(group.map((one) => one.family)).size > 1 ? finding : { ...finding, family };
    });
  });
}

/** The findings that are about a pool, or about no pool more than another. */
export function ofPool(findings: readonly Finding[], name: string): Finding[] {
  return findings.filter(({ pools }) => pools === undefined || pools.includes(name));
}
