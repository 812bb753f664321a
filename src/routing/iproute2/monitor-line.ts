import type { KernelEvent } from "../kernel.ts";
import { parseDestination } from "./routes.ts";

/** What stands before the destination: a route that went, and any type but unicast, as a number with `-N`. */
const ROUTE = /^\[ROUTE\](?:Deleted )?(?:(?:[a-z]+|\d+) )?(default|\d[\d./]*)( |$)/;

/** Reads one line of `ip -N -o monitor label route rule link address`; undefined when it has no meaning here. */
export function readMonitorLine(line: string): KernelEvent | undefined {
  if (line.includes("No buffer space available")) return { kind: "overflow" };
  switch (/^\[(ROUTE|RULE|LINK|ADDR)\]/.exec(line)?.[1]) {
    case "RULE":
      return { kind: "rule" };
    case "LINK":
    case "ADDR":
      return { kind: "link" };
    case "ROUTE": {
      const table = / table (\d+)( |$)/.exec(line)?.[1];
      const destination = parseDestination(ROUTE.exec(line)?.[1] ?? "");
      return { kind: "route", table: table === undefined ? undefined : Number(table), destination };
    }
    default:
      return undefined;
  }
}
