import { runIp } from "../routing/iproute2/run.ts";
import { parseRoutes } from "../routing/iproute2/observed.ts";
import { parsePolicyRules, type PolicyRule } from "../routing/iproute2/policy-rules.ts";
import type { Flow, TableRoute } from "../routing/rule-lookup.ts";
import type { KernelAnswer } from "./explanation.ts";

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

/** All rules, and the routes of all tables that lead to an address. */
export async function readWaysTo(address: string): Promise<Landscape> {
  const [rules = "", routes = ""] = await readJson(`rule show\nroute show table all match ${address}/32\n`);
  return { rules: parsePolicyRules(rules), routes: parseRoutes(routes) };
}

/** What the kernel itself says of a packet. */
export async function askKernel({ to, from, iif, protocol, sport, dport }: Flow): Promise<KernelAnswer> {
  const words = [
    to,
    ...(from === undefined ? [] : ["from", from]),
    ...(iif === "lo" ? [] : ["iif", iif]),
    ...["ipproto", String(protocol)],
    ...(sport === undefined ? [] : ["sport", String(sport)]),
    ...(dport === undefined ? [] : ["dport", String(dport)]),
  ];
  return getRoute(words);
}

/** The interface on which packets from an address come in: that by which it is reached; `lo` for one of our own. */
export async function interfaceOf(address: string): Promise<string | undefined> {
  const answer = await getRoute([address]);
  if (!answer.ok) return undefined;
  return answer.type === "local" ? "lo" : answer.device;
}

async function getRoute(words: readonly string[]): Promise<KernelAnswer> {
  const { stdout, stderr, failed } = await runIp(["-4", "-j", "-d", "route", "get", ...words]);
  if (failed) return { ok: false, why: stderr.trim().replace(/^RTNETLINK answers: /, "") };
  const [entry = {}] = JSON.parse(stdout || "[]") as Readonly<Record<string, unknown>>[];
  const { type = "unicast", table = "main", gateway, dev } = entry as Readonly<Record<string, string | undefined>>;
  return { ok: true, type, table, gateway, device: dev };
}

async function readJson(batch: string): Promise<string[]> {
  const { stdout, stderr, failed } = await runIp(["-4", "-j", "-d", "-N", "-batch", "-"], batch);
  if (failed) throw new Error(`ip could not list the kernel's state: ${stderr.trim()}`);
  return stdout.split("\n").filter((line) => line !== "");
}
