import { execa } from "execa";

import type { Cidr } from "../net/cidr.ts";
import { batchText, commandOf, groupRuns } from "./batch.ts";
import { readMonitorLine, type Signal } from "./monitor.ts";
import { parseObserved, parseRoutes, parseRules } from "./observed.ts";
import { isOurs } from "./plan.ts";
import {
  type Change,
  type Observed,
  type ObservedRoute,
  type Place,
  PROTOCOL,
  type Refusal,
  type Route,
  type Rule,
} from "./types.ts";

/** How an attempt to change the kernel ended. What stood before the failed change is in force. */
export type Applied =
  { readonly ok: true } | { readonly ok: false; readonly failed: Change | undefined; readonly message: string };

/** What an earlier run with another table left behind. */
export interface Leftover {
  readonly table: number;
  readonly rules: readonly Rule[];
  readonly routes: readonly ObservedRoute[];
}

/** The only way to the kernel's routing: a few verbs that a fake can have as well. They reject only when `ip` itself fails. */
export interface Kernel {
  /** Reads everything that matters for these gateways in one look. */
  observe(gateways: readonly string[]): Promise<Observed>;
  /** Makes the changes in order and stops at the first that is refused. */
  apply(changes: readonly Change[], table: number): Promise<Applied>;
  /** Tries each gateway as a nexthop by itself, at a destination that no packet has; returns the refused ones. */
  tryNextHops(gateways: readonly string[]): Promise<Refusal[]>;
  /** Entries with our mark in any table but this one and the system's. */
  leftovers(): Promise<Leftover[]>;
  /** Reports changes as they happen until stopped. Reports `overflow` whenever some may have been missed. */
  watch(onSignal: (signal: Signal) => void): { stop(): void };
}

/** What a run of `ip` gave. */
export interface IpOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly failed: boolean;
}

export interface IpOptions {
  readonly place: Place;
  /** Words in a batch line, from `readIpRelease`. */
  readonly mostWords: number;
  /** Told of every run of `ip`, for the metrics. */
  readonly onRun?: (ok: boolean) => void;
}

/** A healthy `ip` needs milliseconds; a hung one must not hold up the service. */
const RUN_LIMIT_MS = 5000;

const MAIN_TABLE = 254;
const SYSTEM_TABLES: readonly number[] = [253, MAIN_TABLE, 255];

/** The environment of `ip`: its messages are matched in English, and colours would break the JSON. */
const ENVIRONMENT = { LC_ALL: "C", COLORFGBG: "", NO_COLOR: "1" };

/**
 * Runs `ip` once. Never hangs: a process that ignores the limit is killed, and one that holds its pipes open even then
 * is no longer waited for.
 *
 * @throws when `ip` could not be started or did not end in time
 */
export async function runIp(args: readonly string[], input = ""): Promise<IpOutput> {
  const child = execa("ip", args, {
    input,
    env: ENVIRONMENT,
    reject: false,
    timeout: RUN_LIMIT_MS,
    killSignal: "SIGKILL",
  });
  let limit: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    limit = setTimeout(resolve, RUN_LIMIT_MS + 500, "late");
  });
  const result = await Promise.race([child, late]).finally(() => clearTimeout(limit));
  if (result === "late" || result.timedOut)
    throw new Error(`ip ${args.join(" ")} did not end within ${RUN_LIMIT_MS} ms`);
  if (result.exitCode === undefined) {
    throw new Error(`ip cannot be run: ${result.shortMessage ?? "killed"}`, { cause: result.cause });
  }
  return { stdout: result.stdout, stderr: result.stderr, failed: result.failed };
}

/** The kernel of this network namespace, through iproute2. */
export function createKernel({ place, mostWords, onRun = () => {} }: IpOptions): Kernel {
  const run = async (args: readonly string[], input?: string): Promise<IpOutput> => {
    try {
      const output = await runIp(args, input);
      onRun(!output.failed);
      return output;
    } catch (error) {
      onRun(false);
      throw error;
    }
  };
  return {
    async observe(gateways) {
      const shows = [`route show table ${place.table}`, "rule show", "address show"];
      const lists = await readLists(
        run,
        shows,
        gateways.map((gateway) => `route get ${gateway}`),
      );
      return parseObserved(lists, gateways, place.table);
    },
    tryNextHops: (gateways) => tryNextHops(run, gateways, place.table),
    apply: (changes, table) => applyChanges(run, changes, table, mostWords),
    async leftovers() {
      const [rules = "", routes = ""] = await readLists(run, ["rule show", `route show table all proto ${PROTOCOL}`]);
      return groupLeftovers(rules, routes, place.table);
    },
    watch: (onSignal) => watchKernel(place.table, onSignal),
  };
}

type Run = (args: readonly string[], input?: string) => Promise<IpOutput>;

/**
 * Lists from one `ip -batch` run, a line of JSON each. `-force` goes on after an error, so that a look-up may fail.
 *
 * @param shows commands that must succeed
 * @param lookups commands that print nothing when they fail
 */
async function readLists(run: Run, shows: readonly string[], lookups: readonly string[] = []): Promise<string[]> {
  const input = [...shows, ...lookups].map((line) => `${line}\n`).join("");
  const { stdout, stderr } = await run(["-4", "-j", "-d", "-N", "-force", "-batch", "-"], input);
  const failedLines = failedLinesOf(stderr);
  const lists = stdout.split("\n").filter((line) => line !== "");
  if (failedLines.some((line) => line <= shows.length) || lists.length < shows.length) {
    throw new Error(`ip could not list the kernel's state: ${firstLine(stderr)}`);
  }
  return lists;
}

/** Line numbers of a batch that failed, from 1 on. */
function failedLinesOf(stderr: string): number[] {
  return [...stderr.matchAll(/^Command failed -:(\d+)$/gm)].map((match) => Number(match[1]));
}

/** 0.0.0.0/32 stands for no host: a route to it is judged like any other and never used. */
const TRIAL: Cidr = { family: 4, address: 0, prefix: 32 };

async function tryNextHops(run: Run, gateways: readonly string[], table: number): Promise<Refusal[]> {
  const route = (gateway: string): Route => ({
    family: 4,
    type: "unicast",
    destination: TRIAL,
    metric: 0,
    nexthops: [{ gateway, weight: 1 }],
  });
  const trials = gateways.map((gateway) =>
    commandOf({ op: "replace-route", route: route(gateway), fresh: true }, table),
  );
  const cleaning = commandOf({ op: "delete-route", route: { ...route(""), protocol: PROTOCOL } }, table);
  const { stderr } = await run(["-4", "-force", "-batch", "-"], batchText([...trials, cleaning]));
  const refused = new Set(failedLinesOf(stderr).map((line) => gateways[line - 1]));
  return gateways.flatMap((gateway) =>
    refused.has(gateway) ? { gateway, why: "the kernel takes it for no gateway" } : [],
  );
}

async function applyChanges(run: Run, changes: readonly Change[], table: number, mostWords: number): Promise<Applied> {
  const commands = changes.map((change) => commandOf(change, table));
  let done = 0;
  for (const group of groupRuns(commands, mostWords)) {
    const single = group.kind === "single";
    const { stderr, failed } = single
      ? await run(["-4", ...group.command])
      : await run(["-4", "-batch", "-"], batchText(group.commands));
    if (failed) {
      const line = single ? 1 : (failedLinesOf(stderr)[0] ?? Number.NaN);
      return { ok: false, failed: changes[done + line - 1], message: firstLine(stderr) };
    }
    done += single ? 1 : group.commands.length;
  }
  return { ok: true };
}

function firstLine(text: string): string {
  return text.split("\n").find((line) => line.trim() !== "") ?? "no message";
}

function groupLeftovers(rulesJson: string, routesJson: string, ownTable: number): Leftover[] {
  const rules = parseRules(rulesJson).filter(isOurs);
  // `ip` leaves a field out that it was asked to filter by, so the protocol has to be filled in.
  const routes = parseRoutes(routesJson).map((route) => ({ ...route, protocol: PROTOCOL }));
  const tables = new Set([...rules, ...routes].map(({ table }) => table ?? MAIN_TABLE));
  return [...tables]
    .filter((table) => table !== ownTable && !SYSTEM_TABLES.includes(table))
    .map((table) => ({
      table,
      rules: rules.filter((rule) => rule.table === table),
      routes: routes.filter((route) => route.table === table),
    }));
}

/** Longest pause before `ip monitor` is started again. */
const LONGEST_PAUSE_MS = 5000;

/** An `ip monitor` has surely subscribed to its events by then. */
const SUBSCRIBED_MS = 200;

/** Keeps an `ip monitor` running. Each new one is reported as an overflow once it listens: nobody did before. */
function watchKernel(table: number, onSignal: (signal: Signal) => void): { stop(): void } {
  const stopping = new AbortController();
  void (async () => {
    for (let pause = 0; !stopping.signal.aborted; pause = Math.min(LONGEST_PAUSE_MS, pause * 2 + 100)) {
      const started = performance.now();
      const listening = setTimeout(() => onSignal("overflow"), SUBSCRIBED_MS);
      await monitorOnce(table, onSignal, stopping.signal);
      clearTimeout(listening);
      if (performance.now() - started > LONGEST_PAUSE_MS) pause = 0;
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause).unref());
    }
  })();
  return { stop: () => stopping.abort() };
}

async function monitorOnce(
  table: number,
  onSignal: (signal: Signal) => void,
  cancelSignal: AbortSignal,
): Promise<void> {
  const child = execa("ip", ["-4", "-o", "monitor", "label", "route", "rule", "link", "address"], {
    env: ENVIRONMENT,
    stdin: "ignore",
    buffer: false,
    all: true,
    reject: false,
    cancelSignal,
    forceKillAfterDelay: false,
  });
  for await (const line of child.iterable({ from: "all" })) {
    const signal = readMonitorLine(line, table);
    if (signal) onSignal(signal);
  }
}
