import { type Cidr, parseCidr } from "../../net/cidr.ts";
import { batchText, commandOf, groupRuns } from "./batch.ts";
import { type IpOutput, runIp } from "./run.ts";
import type { KernelEvent } from "./monitor-line.ts";
import { parseAddresses, parseObserved, parseRoutes, parseRules } from "./observed.ts";
import { groupOrphans, type Orphan } from "../orphans.ts";
import { type Change, type Observed, type TableRef, PROTOCOL, type UnusableNexthop, type Route } from "../types.ts";
import { type OnWatching, watchKernel } from "./monitor.ts";

/** How an attempt to change the kernel ended. What stood before the failed change is in force. */
export type Applied =
  { readonly ok: true } | { readonly ok: false; readonly failed: Change | undefined; readonly message: string };

/** The only way to the kernel's routing: a few verbs that a fake can have as well. They reject only when `ip` itself fails. */
export interface Kernel {
  /** Reads everything that matters for these gateways in one look. */
  observe(gateways: readonly string[]): Promise<Observed>;
  /** Addresses that interfaces of this machine hold at this moment. */
  readAddresses(): Promise<readonly string[]>;
  /** Makes the changes in order and stops at the first that is refused. */
  apply(changes: readonly Change[], table: number): Promise<Applied>;
  /** Tries each gateway as a nexthop by itself, at a destination that no packet has; returns the refused ones. */
  tryNextHops(gateways: readonly string[]): Promise<UnusableNexthop[]>;
  /** Entries with our mark that are not this instance's; those in the system's tables are left out. */
  orphans(): Promise<Orphan[]>;
  /**
   * Reports changes as they happen until stopped. Reports `overflow` whenever some may have been missed, and when
   * watching itself stops to work.
   */
  watch(onKernelEvent: (signal: KernelEvent) => void, onWatching?: OnWatching): { stop(): void };
}

export interface IpOptions {
  readonly place: TableRef;
  /** Words in a batch line, from `readIpRelease`. */
  readonly mostWords: number;
  /** Told of every run of `ip`, for the metrics. */
  readonly onRun?: (ok: boolean) => void;
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
      return readable(() => parseObserved(lists, gateways, place.table));
    },
    async readAddresses() {
      const [addresses = ""] = await readLists(run, ["address show"]);
      return readable(() => parseAddresses(addresses));
    },
    tryNextHops: (gateways) => tryNextHops(run, gateways, place.table),
    apply: (changes, table) => applyChanges(run, changes, table, mostWords),
    async orphans() {
      const [rules = "", routes = ""] = await readLists(run, ["rule show", `route show table all proto ${PROTOCOL}`]);
      // `ip` leaves a field out that it was asked to filter by, so the protocol has to be filled in.
      return readable(() => {
        const marked = parseRoutes(routes).map((route) => ({ ...route, protocol: PROTOCOL }));
        return groupOrphans(parseRules(rules), marked, place);
      });
    },
    watch: (onKernelEvent, onWatching = () => {}) => watchKernel(place.table, onKernelEvent, onWatching),
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
  if (failedLines.some((line) => line <= shows.length) || (lists.length < shows.length && stderr !== "")) {
    throw new Error(`ip could not list the kernel's state: ${complaintIn(stderr)}`);
  }
  if (lists.length < shows.length) throw new Error(UNREADABLE);
  return lists;
}

const UNREADABLE = "ip printed something else than the kernel's state; install iproute2 again";

/** What a parser made of the output of `ip`, which it only understands where that is iproute2's, and whole. */
function readable<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(UNREADABLE, { cause: error });
  }
}

/**
 * What `ip` complains of, as far as a line can tell.
 *
 * @throws when it is not iproute2's any more, so that its words do not count
 */
function complaintIn(stderr: string): string {
  if (/busybox/i.test(stderr)) throw new Error("ip is BusyBox's now, which cannot do this; install iproute2");
  return stderr.split("\n").find((line) => line.trim() !== "") ?? "no message";
}

/** Line numbers of a batch that failed, from 1 on. */
function failedLinesOf(stderr: string): number[] {
  return [...stderr.matchAll(/^Command failed -:(\d+)$/gm)].map((match) => Number(match[1]));
}

/** 0.0.0.0/32 stands for no host: a route to it is judged like any other and never used. */
const TRIAL: Cidr = parseCidr("0.0.0.0/32")!;

async function tryNextHops(run: Run, gateways: readonly string[], table: number): Promise<UnusableNexthop[]> {
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
      return { ok: false, failed: changes[done + line - 1], message: complaintIn(stderr) };
    }
    done += single ? 1 : group.commands.length;
  }
  return { ok: true };
}
