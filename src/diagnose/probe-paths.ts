import { type FamilyConfig, inEachFamily } from "../config/families.ts";
import { type Config, probeTablesOf } from "../config/model.ts";
import type { Family } from "../net/address.ts";
import { holding } from "../routing/decide.ts";
import { isOurs } from "../routing/entry.ts";
import type { Kernel } from "../routing/kernel.ts";
import { planProbes } from "../routing/plan-probes.ts";
import { isProbeRule } from "../routing/probe-tables.ts";
import type { Change, Observed, ProbeEntries, ProbeTables, Route } from "../routing/types.ts";
import { type DiagnosisLock, lockForDiagnosis } from "../service/diagnosis-locks.ts";
import { isTableLocked } from "../service/instance-lock.ts";
import { probesLocked } from "../service/lock-pools.ts";
import { steadyNow } from "../time/clock.ts";
import { probesOwner, readingsOf, settingsOfPool, usesBesides } from "./routing-settings.ts";

/** Signals that end a command (signal(7)), and that it can act upon. */
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** So long another command that probes is waited for, or a running instance that is just changing its entries. */
const PATIENCE_MS = 5000;
const PAUSE_MS = 100;

/** How often the removal is tried. */
const TRIES = 3;

/** Entries of other programs are never overwritten. */
const NONE: ReadonlySet<string> = new Set();

/** The kernel as far as probes need it. The rules and tables of both families have the same numbers. */
interface Place {
  readonly kernel: Kernel;
  readonly tables: ProbeTables;
  readonly families: readonly FamilyConfig[];
}

/** What is seen of one family. */
interface Seen extends FamilyConfig {
  readonly observed: readonly Observed[];
  /** Of the pool that has the routes for probes. */
  readonly own: Observed;
}

/** Entries of each family. */
type Entries = ReadonlyMap<Family, ProbeEntries>;

/**
 * Probes beyond the gateways, by rules and routes that lead there: those of a running instance with these options, or else
 * ones that are made for the time of the probes. These are removed in every outcome, also when a signal ends this process;
 * what stood there before stands there again. A service that starts meanwhile gets their place at once, and
 * the probes are repeated through its entries. One that is killed leaves them with our protocol number and without a lock,
 * so the next start of a service removes them as those of any killed run.
 *
 * @throws {StartError} when a running instance has these preferences or tables with other options
 * @throws {IpError} when `ip` fails, or an Error when the kernel rejects the changes
 */
export async function withProbePaths<T>(kernel: Kernel, config: Config, probe: () => Promise<T>): Promise<T> {
  const tables = probeTablesOf(config);
  if (tables === undefined) return probe();
  const [{ table }] = config.pools;
  const place = { kernel, tables, families: inEachFamily(config).filter((one) => probesOwner(one.config) >= 0) };
  for (;;) {
    const lock = await lockUnlessServed(place, table);
    if (lock === "served") return probe();
    const probing = () => Promise.race([probe().then((value) => ({ value })), lock.wanted]);
    const done = await withOwnPaths(place, probing).finally(() => lock.release());
    if (done) return done.value;
    await Bun.sleep(HANDOVER_MS);
  }
}

function observe({ kernel, families }: Place): Promise<Seen[]> {
  return Promise.all(
    families.map(async (one) => {
      const observed = await kernel.observeAll(readingsOf(one.config, one.family));
      return { ...one, observed, own: observed[probesOwner(one.config)]! };
    }),
  );
}

/** What a service would have there before it has a gateway. */
function wantedIn(seen: readonly Seen[]): Entries {
  return new Map(seen.map((one) => [one.family, wantedOf(one)]));
}

function wantedOf({ family, config, observed, own }: Seen): ProbeEntries {
  const usedElsewhere = usesBesides(config, (index) => {
    return holding(settingsOfPool(config, index, family), observed[index]!).routes;
  });
  return holding({ ...settingsOfPool(config, probesOwner(config), family), usedElsewhere }, own).probes!;
}

/** So long a service that has asked for the rules and tables has to lock them. */
const HANDOVER_MS = 500;

/** The lock of the rules and tables, or that a running instance has made them all. */
async function lockUnlessServed(place: Place, table: number): Promise<DiagnosisLock | "served"> {
  const end = steadyNow() + PATIENCE_MS;
  for (;;) {
    const lock = lockForDiagnosis(place.tables);
    if (!("overlap" in lock)) return lock;
    if ((await isTableLocked(table)) && (await isWhole(place))) return "served";
    if (steadyNow() > end) throw probesLocked(lock.overlap, place.tables);
    await Bun.sleep(PAUSE_MS);
  }
}

async function isWhole(place: Place): Promise<boolean> {
  const seen = await observe(place);
  return changesTo(wantedIn(seen), seen).length === 0;
}

async function withOwnPaths<T>(place: Place, probe: () => Promise<T>): Promise<T> {
  const before = await observe(place);
  const made = changeTo(place, wantedIn(before));
  let restoring: Promise<void> | undefined;
  const restore = (): Promise<void> =>
    (restoring ??= made.catch(() => {}).then(() => changeTo(place, standingIn(before, place.tables))));
  const onSignal = (signal: (typeof ENDING)[number]): void => {
    void restore().finally(() => {
      listen("off");
      process.kill(process.pid, signal);
    });
  };
  const listen = (how: "on" | "off"): void => ENDING.forEach((signal) => process[how](signal, onSignal));
  listen("on");
  try {
    await made;
    return await probe();
  } finally {
    await restore().finally(() => listen("off"));
  }
}

/** What stands at the places for probes. */
function standingIn(seen: readonly Seen[], tables: ProbeTables): Entries {
  return new Map(seen.map(({ family, own }) => [family, standing(own, tables)]));
}

function standing({ rules, probeRoutes }: Observed, tables: ProbeTables): ProbeEntries {
  const own = rules.filter(isOurs);
  return {
    tables,
    rules: own.flatMap((rule) => (isProbeRule(rule, tables.preference) ? rule : [])),
    routes: probeRoutes.filter(isOurs) as readonly Route[], // of the types that this program makes
  };
}

/** Brings about these entries, and no others at their places. */
async function changeTo(place: Place, wanted: Entries): Promise<void> {
  let reason = "another program keeps changing them";
  for (let count = 0; count < TRIES; count++) {
    const changes = changesTo(wanted, await observe(place));
    if (changes.length === 0) return;
    const applied = await place.kernel.apply(changes);
    if (!applied.ok) reason = applied.error.detail;
  }
  if (changesTo(wanted, await observe(place)).length === 0) return;
  const verb = [...wanted.values()].every(({ rules }) => rules.length === 0) ? "remove" : "make";
  throw new Error(`cannot ${verb} the rules and routes for probes: ${reason}`);
}

function changesTo(wanted: Entries, seen: readonly Seen[]): Change[] {
  return seen.flatMap(({ family, own }) => planProbes(own, wanted.get(family)!, NONE));
}
