import { describeSkippedLink } from "../log/describe.ts";
import type { SkippedLink } from "../routing/types.ts";
import { type Finding, warning } from "./finding.ts";
import { FLAG_WORDS } from "./setting-words.ts";

/** Interfaces that the service could not read. */
export function checkInterfaces(skipped: readonly SkippedLink[], words = FLAG_WORDS): Finding[] {
  return skipped.map((link) => {
    const { detail, remedy } = describeSkippedLink(link, words.nameOf("excludeCidr"));
    return warning("interfaces", detail, remedy);
  });
}
