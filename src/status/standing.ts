import { describeEntry } from "../log/describe.ts";
import type { Standing } from "../routing/standing.ts";
import type { Report } from "./schema.ts";

/** Whether the kernel holds what it should, in words. */
export function describeStanding(standing: Standing): Report {
  if (standing.ok) return { ok: true, why: "the kernel holds what it should" };
  switch (standing.code) {
    case "starting":
      return { ok: false, why: "the first round of probes is not over" };
    case "conflict":
      return { ok: false, why: `another program holds ${standing.entries.map(describeEntry).join(", ")}` };
    case "fight":
      return { ok: false, why: "another program keeps changing our entries" };
    case "trouble":
      return { ok: false, why: standing.error.detail };
  }
}
