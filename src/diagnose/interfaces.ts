import { describeSkippedLink } from "../log/describe.ts";
import type { SkippedLink } from "../routing/types.ts";
import { type Finding, warning } from "./finding.ts";

/** Interfaces that the service could not read. */
export function checkInterfaces(skipped: readonly SkippedLink[]): Finding[] {
  return skipped.map((link) => {
    const { detail, remedy } = describeSkippedLink(link);
    return warning("interfaces", detail, remedy);
  });
}
