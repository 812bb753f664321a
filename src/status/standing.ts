import { describeEntry } from "../log/describe.ts";
import type { Family } from "../net/address.ts";
import type { PoolStanding, Standing } from "../routing/standing.ts";
import { familyName } from "../text/family.ts";
import type { Report } from "./schema.ts";

/** Whether the kernel holds what it should of a pool, and where that is about both families, of each of them. */
export interface PoolReport extends Report {
  readonly families?: ReadonlyMap<Family, Report>;
}

/** @param families how the pool stands in each family that it routes or rejects */
export function reportOf(whole: PoolStanding, families: ReadonlyMap<Family, Standing>): PoolReport {
  const report = describeStanding(whole);
  if (families.size < 2) return report;
  return { ...report, families: new Map([...families].map(([family, one]) => [family, describeStanding(one)])) };
}

/** Whether the kernel holds what it should, as a sentence. */
export function describeStanding({ family, ...standing }: PoolStanding): Report {
  const { ok, why } = describeInFamily(standing);
  return { ok, why: family === undefined ? why : `${familyName(family)}: ${why}` };
}

function describeInFamily(standing: Standing): Report {
  if (standing.ok) return { ok: true, why: "the kernel holds what it should" };
  switch (standing.code) {
    case "starting":
      return { ok: false, why: "the first round of probes is not complete" };
    case "conflict": {
      const { entries } = standing;
      const where = entries.some(({ object }) => object === "rule") ? "way" : "place"; // in the table of a rule
      return {
        ok: false,
        why: `a route of another program is in the ${where} of ${entries.map(describeEntry).join(", ")}`,
      };
    }
    case "fight":
      return { ok: false, why: "another program keeps undoing entries of this service" };
    case "trouble":
      return { ok: false, why: standing.error.detail };
  }
}
