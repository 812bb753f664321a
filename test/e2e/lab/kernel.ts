/** The state of the kernel in a namespace, read with `ip`: routes, rules, route look-ups and the stream of events. */
import { readFileSync } from "node:fs";
import { IP, type Namespace } from "./namespace.ts";
import { Transcript } from "./transcript.ts";
import { until } from "./wait.ts";

export interface Nexthop {
  readonly gateway?: string;
  readonly dev: string;
  readonly weight?: number;
  readonly flags?: string[];
}

export interface Route {
  readonly type: string;
  readonly dst: string;
  readonly protocol: string;
  readonly metric?: number;
  readonly nexthops: Nexthop[];
}

export interface Rule {
  readonly priority: number;
  readonly src: string;
  readonly table: string;
  readonly protocol: string;
}

export interface Lookup {
  readonly dst: string;
  readonly table: string;
  readonly gateway?: string;
  readonly dev: string;
}

/** The routes of a table; none where the table was never used. A single nexthop is returned as a list of one. */
export async function readRoutes(space: Namespace, table: number): Promise<Route[]> {
  const text = await space.ip("-j", "-d", "route", "show", "table", String(table)).catch((error: Error) => {
    if (error.message.includes("FIB table does not exist")) return "[]";
    throw error;
  });
  return (JSON.parse(text) as (Route & Nexthop)[]).map((route) => ({
    ...route,
    nexthops: route.nexthops ?? (route.dev ? [pick(route)] : []),
  }));
}

export async function readRules(space: Namespace, family: "-4" | "-6" = "-4"): Promise<Rule[]> {
  return JSON.parse(await space.ip(family, "-j", "-d", "-N", "rule")) as Rule[];
}

/** The route that the kernel selects for a packet of this host or, with `from` and `iif`, for a forwarded one. */
export async function lookUp(space: Namespace, destination: string, ...selectors: string[]): Promise<Lookup> {
  const text = await space.ip("-j", "-d", "route", "get", destination, ...selectors);
  const [route] = JSON.parse(text) as (Omit<Lookup, "table"> & { table?: string })[];
  if (!route) throw new Error(`no route to ${destination}`);
  return { ...route, table: route.table ?? "main" };
}

/** All rules and all routing tables as text: the same text before and after means that nothing was changed. */
export async function snapshot(space: Namespace): Promise<string> {
  const [rules, routes] = await Promise.all([
    space.ip("-4", "-d", "rule"),
    space.ip("-4", "-d", "route", "show", "table", "all"),
  ]);
  return `${rules}${routes}`.replaceAll(/[ \t]+/g, " ");
}

/** The gateways of a route, each once and in the order of their addresses. */
export function gatewaysOf(route: Route | undefined): string[] {
  const gateways = new Set(route?.nexthops.flatMap(({ gateway }) => gateway ?? []));
  return [...gateways].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** A change of a route, as the kernel reported it. */
export interface RouteEvent {
  readonly at: number;
  readonly deleted: boolean;
  readonly gateways: readonly string[];
}

/** The kernel's events in a namespace: one line each, as `ip monitor` prints them. */
export class Monitor {
  readonly events: Transcript;
  readonly #space: Namespace;
  readonly #child: Bun.Subprocess<"ignore", "pipe", "inherit">;

  /** Starts `ip monitor`, and returns when the kernel has registered it: no later event is missed. */
  static async start(space: Namespace): Promise<Monitor> {
    const monitor = new Monitor(space);
    await until("ip monitor to listen", () => isListening(monitor.#child.pid), Boolean);
    return monitor;
  }

  private constructor(space: Namespace) {
    const words = ["-4", "-o", "monitor", "label", "route", "rule", "link", "address"];
    this.#space = space;
    this.#child = Bun.spawn([IP, "-n", space.name, ...words], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    this.events = new Transcript(this.#child.stdout);
  }

  /**
   * Waits until every event so far has been read, since `ip monitor` may print a change later than `ip` shows it. A route
   * in a table that is otherwise unused marks the place in the stream.
   */
  async caughtUp(): Promise<void> {
    const mark = this.events.mark();
    const route = ["unreachable", "0.0.0.3", "table", "9999"];
    await this.#space.ip("route", "add", ...route);
    await this.#space.ip("route", "del", ...route);
    await this.events.next(/Deleted unreachable 0\.0\.0\.3 /, mark);
  }

  /** All changes of the unicast route to a destination until now, from a mark of `events` on. */
  async changesOf(destination: string, table: number, since = 0): Promise<RouteEvent[]> {
    await this.caughtUp();
    return this.changesSoFar(destination, table, since);
  }

  /** Those that have been read, for a wait: the last ones may be missing. */
  changesSoFar(destination: string, table: number, since = 0): RouteEvent[] {
    const shape = new RegExp(`^\\[ROUTE\\](Deleted )?${destination.replaceAll(".", "\\.")} .*table ${table} `);
    return this.events.matching(shape, since).map(({ at, text }) => ({
      at,
      deleted: text.includes("]Deleted "),
      gateways: [...text.matchAll(/ via (\S+)/g)].map(([, gateway]) => gateway!),
    }));
  }
}

function pick({ gateway, dev, flags }: Nexthop): Nexthop {
  return { ...(gateway && { gateway }), dev, weight: 1, ...(flags && { flags }) };
}

/** Whether the process has a netlink socket (third column: its port id) that has joined a multicast group (fourth). */
function isListening(pid: number): boolean {
  return readFileSync(`/proc/${pid}/net/netlink`, "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .some(([, , port, groups]) => Number(port) === pid && Number.parseInt(groups ?? "0", 16) !== 0);
}
