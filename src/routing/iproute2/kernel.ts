import { FAMILIES, type Family, familyOf } from "../../net/address.ts";
import type { Kernel, Reading } from "../kernel.ts";
import { groupOrphans } from "../orphans.ts";
import type { Observed } from "../types.ts";
import { applyChanges } from "./apply.ts";
import { complaintOf } from "./complaint.ts";
import { IpError } from "./error.ts";
import { judgeRoutes, lookUpWords, outsideNetworks, parsePacketRoute } from "./gateway-paths.ts";
import { readAnswers, readLists, readListsAndLookUps, type Run, runFor } from "./lists.ts";
import { watchKernel } from "./monitor.ts";
import { tryNexthops } from "./try-nexthops.ts";
import { parseInterfaces } from "./addresses.ts";
import { NEXTHOPS, parseMarkedNexthops } from "./nexthops.ts";
import { MARKED_ROUTES, parseMarked } from "./routes.ts";
import { gatewaysOf, listsOf, parseObserved, pathsTo } from "./observed.ts";
import { readRouteLine } from "./route-line.ts";
import { parsePolicyRules } from "./policy-rules.ts";
import { rulesAmong } from "./rules.ts";
import { type IpOutput, runIp, runIpLines } from "./run.ts";

export interface IpOptions {
  /** Most words of a batch line, from `IpRelease`. */
  readonly mostWords: number;
  /** Called after every run of `ip`, for the metrics. */
  readonly onRun?: (ok: boolean) => void;
  /** Those of which this machine has any routing; IPv4 alone by default. */
  readonly families?: readonly Family[];
}

/** The kernel of this network namespace, through iproute2. */
export function createKernel({ mostWords, onRun = () => {}, families }: IpOptions): Kernel {
  const counted = async (running: Promise<IpOutput>): Promise<IpOutput> => {
    try {
      const output = await running;
      onRun(!output.failed);
      return output;
    } catch (error) {
      onRun(false);
      throw error;
    }
  };
  const run: Run = (args, input, family) => counted(runIp(args, input, family));
  return {
    async observe(table, gateways, probes, family, markers) {
      const [observed] = await observeAll(run, [{ table, gateways, probes, family, markers }]);
      return observed!;
    },
    observeAll: (readings) => observeAll(run, readings),
    async readAddresses(family = 4) {
      const [addresses = ""] = await readLists(runFor(family, run), ["address show"]);
      return parseInterfaces(addresses, family).addresses;
    },
    async routeOf(address, mark) {
      const [answer] = await readAnswers(runFor(familyOf(address), run), [`route get ${address} mark ${mark}`]);
      return answer === undefined ? undefined : parsePacketRoute(answer);
    },
    tryNexthops: (gateways, table) => tryNexthops(run, gateways, table),
    apply: (changes) => applyChanges(run, changes, mostWords),
    async visitRoutes(table, visit, family) {
      const onLine = (line: string): void => {
        const route = readRouteLine(line);
        if (route) visit(route);
      };
      // In a batch, a table that was never used is empty instead of an error.
      const show = `${showTable(table)}\n`;
      const { failed, stderr } = await counted(runIpLines(["-o", "-batch", "-"], show, onLine, family));
      if (failed) throw new IpError("failed", `cannot read table ${table}: ${complaintOf(stderr).line}`);
    },
    async orphans(own) {
      // Where IPv6 is not routed, a kernel without its rules is no failure.
      const isIpv4Alone = own.length > 0 && own.every(({ family }) => family === 4);
      const all = await Promise.all(
        (families ?? [4]).map((family) => {
          const marked = readMarked(family, run);
          return family === 6 && isIpv4Alone ? marked.catch(() => NOTHING_MARKED) : marked;
        }),
      );
      const rules = all.flatMap((one) => one.rules);
      const routes = all.flatMap((one) => one.routes);
      const mayHaveObjects = !isIpv4Alone || routes.some(({ family }) => family === 6);
      const [nexthops = ""] = mayHaveObjects && families?.includes(6) ? await readObjects(run) : [];
      return groupOrphans(rules, routes, own, parseMarkedNexthops(nexthops));
    },
    watch: (onEvent, onWatching = () => {}, watched = families) => watchKernel(onEvent, onWatching, watched),
  };
}

type Marked = Awaited<ReturnType<typeof readMarked>>;

const NOTHING_MARKED: Marked = { rules: [], routes: [] };

/** All rules of a family that are of kinds that we make, and the routes with our mark. */
async function readMarked(family: Family, run: Run) {
  const [rules = "", routes = ""] = await readLists(runFor(family, run), ["rule show", MARKED_ROUTES]);
  return { rules: rulesAmong(parsePolicyRules(rules), family), routes: parseMarked(routes, family) };
}

/** The list of nexthop objects. Where none are needed, none are read where `ip` or the kernel is without them. */
async function readObjects(run: Run, areNeeded = false): Promise<readonly string[]> {
  const reading = readLists(runFor("both", run), [NEXTHOPS]);
  return areNeeded ? reading : reading.catch(() => []);
}

const showTable = (table: number): string => `route show table ${table}`;

async function observeAll(run: Run, readings: readonly Reading[]): Promise<readonly Observed[]> {
  const [first] = readings;
  if (readings.every(({ family = 4 }) => family === (first?.family ?? 4))) {
    return observeFamily(first?.family ?? 4, run, readings);
  }
  const found = new Map<Reading, Observed>();
  for (const family of FAMILIES) {
    const own = readings.filter((reading) => (reading.family ?? 4) === family);
    const all = await observeFamily(family, run, own);
    own.forEach((reading, index) => found.set(reading, all[index]!));
  }
  return readings.map((reading) => found.get(reading)!);
}

async function observeFamily(family: Family, ip: Run, readings: readonly Reading[]): Promise<readonly Observed[]> {
  const run = runFor(family, ip);
  const gateways = gatewaysOf(readings);
  const lookUps = gateways.map((gateway) => `route get ${lookUpWords(gateway)}`);
  const { lists, rejected } = await readListsAndLookUps(run, listsOf(readings), lookUps);
  const [nexthops] = family === 4 ? [] : await readObjects(ip, gateways.length > 0);
  const all = parseObserved(
    lists,
    readings,
    rejected.map((index) => gateways[index]!),
    nexthops,
  );
  const [{ links }] = all as [Observed];
  const outside = outsideNetworks(new Map(all.flatMap(({ devices }) => [...devices])), links);
  if (outside.length === 0) return all;
  const matches = outside.map((gateway) => `route get fibmatch ${lookUpWords(gateway)}`);
  const judged = judgeRoutes(outside, await readAnswers(run, matches), links);
  return all.map((observed, index) => {
    const { devices, unusable } = pathsTo(readings[index]!.gateways, judged);
    const inside = [...observed.devices].filter(([gateway]) => !outside.includes(gateway));
    return {
      ...observed,
      devices: new Map([...inside, ...devices]),
      unusable: [...observed.unusable, ...unusable],
    };
  });
}
