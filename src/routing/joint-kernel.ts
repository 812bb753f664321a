import type { Family } from "../net/address.ts";
import type { VisitRoutes } from "./diversions.ts";
import type { Applied, Kernel, Reading } from "./kernel.ts";
import type { Change, Observed } from "./types.ts";

/**
 * One kernel for several pools. What they ask for in the same turn of the event loop, or while an earlier request is under
 * way, is done by one run of `ip`: a gateway that several pools share changes the routes of all of them at once, and one
 * reading serves all of them.
 */
export function jointKernel(kernel: Kernel): Kernel {
  const gatherReadings = () => gather<Reading, Observed>((readings) => kernel.observeAll(readings));
  const observe = { 4: gatherReadings(), 6: gatherReadings() }; // a family that cannot be read is not in the way of the other
  const apply = gather<readonly Change[], Applied>((parts) => applyParts(kernel, parts));
  return {
    observe: (table, gateways, probes, family, markers) =>
      observe[family ?? 4]({ table, gateways, probes, family, markers }),
    observeAll: (readings) => kernel.observeAll(readings),
    apply,
    readAddresses: (family) => kernel.readAddresses(family),
    routeOf: (address, mark) => kernel.routeOf(address, mark),
    tryNexthops: (gateways, table) => kernel.tryNexthops(gateways, table),
    visitRoutes: shareVisits(kernel),
    orphans: (own) => kernel.orphans(own),
    watch: (onEvent, onWatching, families) => kernel.watch(onEvent, onWatching, families),
  };
}

/** Reads a table once for all that ask for it in one turn. */
function shareVisits(kernel: Kernel): VisitRoutes {
  type Visit = Parameters<VisitRoutes>[1];
  const waiting = new Map<string, { readonly visits: Visit[]; readonly done: Promise<void> }>();
  return (table, visit, family) => {
    const key = `${family} ${table}`;
    const open = waiting.get(key);
    if (open) {
      open.visits.push(visit);
      return open.done;
    }
    const visits = [visit];
    const begun = new Promise<void>((resolve) => void setImmediate(resolve));
    const done = begun.then(() => {
      waiting.delete(key);
      return kernel.visitRoutes(table, (route) => visits.forEach((one) => one(route)), family);
    });
    waiting.set(key, { visits, done });
    return done;
  };
}

/** Turns a function for many requests into one for a single request, of which many are carried out together. */
function gather<Q, R>(doAll: (requests: readonly Q[]) => Promise<readonly R[]>): (request: Q) => Promise<R> {
  interface Waiting {
    readonly request: Q;
    readonly resolve: (result: R) => void;
    readonly reject: (error: unknown) => void;
  }
  let waiting: Waiting[] = [];
  let isBusy = false;
  const run = async (): Promise<void> => {
    const all = waiting;
    waiting = [];
    try {
      const results = await doAll(all.map(({ request }) => request));
      all.forEach(({ resolve }, index) => resolve(results[index]!));
    } catch (error) {
      for (const { reject } of all) reject(error);
    }
    isBusy = false;
    schedule();
  };
  const schedule = (): void => {
    if (isBusy || waiting.length === 0) return;
    isBusy = true;
    setImmediate(() => void run());
  };
  return (request) =>
    new Promise((resolve, reject) => {
      waiting.push({ request, resolve, reject });
      schedule();
    });
}

type Part = readonly Change[];

/**
 * Makes the changes of each part in order. One that is rejected ends its own part alone. Where it is unknown which one it
 * was, each family is tried for itself, so that trouble of one does not stop the other: what was made already is found by
 * the next reading.
 */
async function applyParts(kernel: Kernel, parts: readonly Part[]): Promise<readonly Applied[]> {
  const families = new Set(parts.flat().map(familyOf));
  if (families.size < 2) return applyTogether(kernel, parts);
  const results = await applyTogether(kernel, parts).catch(() => undefined);
  if (results?.every((one) => one.ok || one.failed)) return results;
  const ofFamily = await Promise.all(
    [...families].map(async (family) => {
      const own = parts.filter((part) => part.some((change) => familyOf(change) === family));
      const applied = await applyTogether(kernel, own).catch((error: Error) => own.map(() => failedBy(error)));
      return own.map((part, index) => [part, applied[index]!] as const);
    }),
  );
  const found = new Map(ofFamily.flat());
  return parts.map((part) => found.get(part) ?? { ok: true });
}

function familyOf(change: Change): Family {
  if ("nexthop" in change) return 6;
  return "rule" in change ? change.rule.family : change.route.family;
}

function failedBy({ message: detail }: Error): Applied {
  return { ok: false, failed: undefined, error: { code: "ip", detail } };
}

async function applyTogether(kernel: Kernel, parts: readonly Part[]): Promise<readonly Applied[]> {
  const results: Applied[] = [];
  while (results.length < parts.length) {
    const rest = parts.slice(results.length);
    const applied = await kernel.apply(rest.flat());
    if (applied.ok) return [...results, ...rest.map(() => applied)];
    const failed = rest.findIndex((part) => applied.failed !== undefined && part.includes(applied.failed));
    if (failed < 0) return [...results, ...rest.map(() => applied)]; // which one it was is unknown
    results.push(...rest.slice(0, failed).map(() => ({ ok: true }) as const), applied);
  }
  return results;
}
