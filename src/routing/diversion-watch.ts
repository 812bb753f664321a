import type { Family } from "../net/address.ts";
import { formatCidr } from "../net/cidr.ts";
import { steadyNow } from "../time/clock.ts";
import { type Destinations, desiredState } from "./desired.ts";
import { type Diversion, precedingRules, readDiversions, type RuleDiversion, visitIn } from "./diversions.ts";
import { isOurs } from "./entry.ts";
import type { EmitRouting } from "./events.ts";
import { foreignRoutes, type RouteDiversion } from "./foreign-routes.ts";
import type { Kernel } from "./kernel.ts";
import { rejectTypeOf, type WhenNoGateways } from "./kill-switch.ts";
import type { PolicyRule } from "./policy-rule.ts";
import type { Observed, Route, TableRef } from "./types.ts";

/** Routes that are judged, and reported, at most: another program may fill the table. The kernel lists wide ones first. */
const MOST_JUDGED = 1000;
const MOST_ROUTES = 20;

export interface DiversionWatchOptions {
  readonly kernel: Pick<Kernel, "visitRoutes">;
  /** That of the destinations; IPv4 by default. */
  readonly family?: Family | undefined;
  readonly destinations: Destinations;
  readonly tableRef: TableRef;
  readonly whenNoGateways: WhenNoGateways;
  readonly emit: EmitRouting;
}

/** Least time from the end of one reading of the tables to the next, while the rules do not change. */
const LEAST_INTERVAL_MS = 10_000;

/** The shortest time between judgements of routes of other programs, which may add and delete thousands of them. */
const ROUTES_PAUSE_MS = 2000;

/** The same as a multiple of what the reading took, so that even large tables take at most a twentieth of the time. */
const PAUSE_PER_READING = 20;

/**
 * Finds which rules and routes of other programs keep packets from the gateways, and reports each change. It reads the
 * tables to which such rules lead, which may be large, beside the reconciler's work.
 */
export class DiversionWatch {
  #options: DiversionWatchOptions;
  #reported = "[]";
  #rules: readonly RuleDiversion[] = [];
  #routes: readonly RouteDiversion[] = [];
  /** When routes may be judged again. */
  #routesDue = 0;
  /** The rules that were judged last, and when their tables are due to be read again. */
  #judged = "";
  #due = 0;
  #isReading = false;
  #latest: Observed | undefined;

  constructor(options: DiversionWatchOptions) {
    this.#options = options;
  }

  /** From now on the routes are meant to be these. */
  reload(change: Pick<DiversionWatchOptions, "destinations" | "tableRef" | "whenNoGateways">): void {
    this.#options = { ...this.#options, ...change };
    this.#judged = "";
  }

  /** One that keeps all packets from the gateways, if there is one. */
  get ofAll(): Diversion | undefined {
    return [...this.#rules, ...this.#routes].find(({ extent }) => extent === "all");
  }

  /** The kernel was read. */
  examine(observed: Observed): void {
    this.#latest = observed;
    this.#report(observed);
    const rules = precedingRules(observed.policies, this.#options.tableRef);
    const text = JSON.stringify(rules.map(({ json }) => json));
    if (this.#isReading || (text === this.#judged && (rules.length === 0 || steadyNow() < this.#due))) return;
    this.#judged = text;
    this.#isReading = true;
    const start = steadyNow();
    void this.#judge(rules, observed)
      .catch(() => {}) // the reconciler reports an `ip` that fails
      .finally(() => {
        this.#isReading = false;
        this.#due = steadyNow() + Math.max(LEAST_INTERVAL_MS, PAUSE_PER_READING * (steadyNow() - start));
        this.examine(this.#latest!); // the rules may have changed meanwhile
      });
  }

  async #judge(rules: readonly PolicyRule[], observed: Observed): Promise<void> {
    const { kernel, tableRef, family = 4 } = this.#options;
    const wanted = rules.length === 0 ? [] : this.#wanted(observed);
    const all = await readDiversions(rules, wanted, tableRef, visitIn(family, kernel));
    this.#rules = all.filter(({ extent }) => extent !== "bypass");
    this.#report(this.#latest!);
  }

  #report(observed: Observed): void {
    if (steadyNow() >= this.#routesDue) this.#readRoutes(observed);
    const diversions = [...this.#rules, ...this.#routes];
    const text = JSON.stringify(diversions.map(identityOf));
    if (text === this.#reported) return;
    this.#reported = text;
    this.#options.emit({ type: "preceded", diversions });
  }

  #readRoutes(observed: Observed): void {
    const foreign = observed.routes.filter((route) => !isOurs(route)).slice(0, MOST_JUDGED);
    this.#routes = [];
    if (foreign.length === 0) return;
    const judged = [...observed.routes.filter(isOurs), ...foreign];
    this.#routes = foreignRoutes(judged, this.#wanted(observed)).slice(0, MOST_ROUTES);
    this.#routesDue = steadyNow() + ROUTES_PAUSE_MS;
  }

  /** The routes of the service if a gateway was healthy. */
  #wanted({ connected }: Observed): readonly Route[] {
    const { destinations, tableRef, whenNoGateways, family } = this.#options;
    const nexthops = [{ gateway: "any", weight: 1 }];
    return desiredState(destinations, connected, nexthops, tableRef, rejectTypeOf(whenNoGateways), family).routes;
  }
}

function identityOf(diversion: Diversion): unknown[] {
  const { extent, networks, more } = diversion;
  return ["rule" in diversion ? diversion.rule.json : diversion.route, extent, networks.map(formatCidr), more];
}
