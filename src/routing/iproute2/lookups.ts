import { isOurs } from "../entry.ts";
import type { LookupRule } from "../types.ts";
import { readLists } from "./lists.ts";
import { parsePolicyRules } from "./policy-rules.ts";
import { rulesAmong } from "./rules.ts";
import { runIp } from "./run.ts";

/**
 * Reads the rules with our protocol number that lead to tables of pools, of whatever instance.
 *
 * @throws {IpError} when `ip` could not be run
 */
export async function readLookups(): Promise<LookupRule[]> {
  const [rules = ""] = await readLists(runIp, ["rule show"]);
  const observed = rulesAmong(parsePolicyRules(rules)).filter(isOurs);
  return observed.flatMap((rule) => (rule.kind === "lookup" ? rule : []));
}
