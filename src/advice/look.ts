import { runIp } from "../routing/ip.ts";
import { parseRoutes } from "../routing/observed.ts";
import { parsePolicyRules, type PolicyRule } from "../routing/rules.ts";
import type { TableRoute } from "./place.ts";

/** Everything that decides where packets go. */
export interface Landscape {
  readonly rules: readonly PolicyRule[];
  /** Routes of all tables. */
  readonly routes: readonly TableRoute[];
}

/** Reads all rules and all routes, changing nothing. */
export async function readLandscape(): Promise<Landscape> {
  const lists = await readJson("rule show\nroute show table all\n");
  const [rules = "", routes = ""] = lists;
  return { rules: parsePolicyRules(rules), routes: parseRoutes(routes) };
}

/**
 * Whether machines answered when the kernel asked for their link-layer addresses, by address; nothing about those that
 * were not asked lately.
 */
export async function readNeighbours(): Promise<ReadonlyMap<string, boolean>> {
  const [list = ""] = await readJson("neigh show\n");
  const entries = JSON.parse(list || "[]") as { dst?: string; state?: string[] }[];
  return new Map(
    entries.flatMap(({ dst, state = [] }): [string, boolean][] => {
      if (dst === undefined) return [];
      return [[dst, !state.some((word) => word === "FAILED" || word === "INCOMPLETE")]];
    }),
  );
}

async function readJson(batch: string): Promise<string[]> {
  const { stdout, stderr, failed } = await runIp(["-4", "-j", "-d", "-N", "-batch", "-"], batch);
  if (failed) throw new Error(`ip could not list the kernel's state: ${stderr.trim()}`);
  return stdout.split("\n").filter((line) => line !== "");
}
