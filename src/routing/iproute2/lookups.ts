import type { Family } from "../../net/address.ts";
import { isOurs } from "../entry.ts";
import type { LookupRule } from "../types.ts";
import { readLists, runFor } from "./lists.ts";
import { parsePolicyRules } from "./policy-rules.ts";
import { rulesAmong } from "./rules.ts";
import { runIp } from "./run.ts";

/**
 * Reads the rules of a family with our protocol number that lead to tables of pools, of whatever instance.
 *
 * @throws {IpError} when `ip` could not be run
 */
export async function readLookups(family: Family): Promise<LookupRule[]> {
  const [rules = ""] = await readLists(runFor(family, runIp), ["rule show"]);
  const observed = rulesAmong(parsePolicyRules(rules), family).filter(isOurs);
  return observed.flatMap((rule) => (rule.kind === "lookup" ? rule : []));
}
