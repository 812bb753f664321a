import { type Cidr, parseCidr } from "../../net/cidr.ts";
import type { NexthopFault, UnusableNexthop } from "../../pool/nexthop-fault.ts";
import type { Applied, Kernel } from "../kernel.ts";
import { groupOrphans } from "../orphans.ts";
import { type Change, type KernelError, PROTOCOL, type Route } from "../types.ts";
import { batchText, commandOf, groupRuns } from "./batch.ts";
import { watchKernel } from "./monitor.ts";
import { parseAddresses, parseObserved, parseRoutes, parseRules } from "./observed.ts";
import { type IpOutput, runIp } from "./run.ts";

export interface IpOptions {
  /** Words in a batch line, from `readIpRelease`. */
  readonly mostWords: number;
  /** Told of every run of `ip`, for the metrics. */
  readonly onRun?: (ok: boolean) => void;
}

/** The kernel of this network namespace, through iproute2. */
export function createKernel({ mostWords, onRun = () => {} }: IpOptions): Kernel {
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
    async observe(table, gateways) {
      const shows = [`route show table ${table}`, "rule show", "address show"];
      const lists = await readLists(
        run,
        shows,
        gateways.map((gateway) => `route get ${gateway}`),
      );
      return readable(() => parseObserved(lists, gateways, table));
    },
    async readAddresses() {
      const [addresses = ""] = await readLists(run, ["address show"]);
      return readable(() => parseAddresses(addresses));
    },
    tryNextHops: (gateways, table) => tryNextHops(run, gateways, table),
    apply: (changes, table) => applyChanges(run, changes, table, mostWords),
    async orphans(own) {
      const [rules = "", routes = ""] = await readLists(run, ["rule show", `route show table all proto ${PROTOCOL}`]);
      // `ip` leaves a field out that it was asked to filter by, so the protocol has to be filled in.
      return readable(() => {
        const marked = parseRoutes(routes).map((route) => ({ ...route, protocol: PROTOCOL }));
        return groupOrphans(parseRules(rules), marked, own);
      });
    },
    watch: (onEvent, onWatching = () => {}) => watchKernel(onEvent, onWatching),
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

/** Why the kernel rejected a change. Its words come from net/ipv4/fib_semantics.c, by way of `ip`. */
function rejectionIn(stderr: string): KernelError {
  const complaint = complaintIn(stderr);
  const isNexthop = /nexthop|gateway/i.test(complaint);
  return { code: isNexthop ? "nexthop" : "rejected", detail: `the kernel rejected a change: ${complaint}` };
}

/** Line numbers of a batch that failed, from 1 on. */
function failedLinesOf(stderr: string): number[] {
  return [...stderr.matchAll(/^Command failed -:(\d+)$/gm)].map((match) => Number(match[1]));
}

/** 0.0.0.0/32 stands for no host: a route to it is judged like any other and never used. */
const TRIAL: Cidr = parseCidr("0.0.0.0/32")!;

const REJECTED: NexthopFault = { code: "rejected", detail: "the kernel rejects it as a nexthop" };

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
  return gateways.flatMap((gateway) => (refused.has(gateway) ? { gateway, fault: REJECTED } : []));
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
      return { ok: false, failed: changes[done + line - 1], error: rejectionIn(stderr) };
    }
    done += single ? 1 : group.commands.length;
  }
  return { ok: true };
}
