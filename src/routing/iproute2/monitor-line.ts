import type { KernelEvent } from "../kernel.ts";
import { readRouteLine } from "./route-line.ts";

/** Reads one line of `ip -N -o monitor label route rule link address`; undefined when it has no meaning here. */
export function readMonitorLine(line: string): KernelEvent | undefined {
  if (line.includes("No buffer space available")) return { kind: "overflow" };
  const [head = "", label] = /^\[(ROUTE|RULE|LINK|ADDR)\](?:Deleted )?/.exec(line) ?? [];
  const text = line.slice(head.length);
  switch (label) {
    case "RULE":
      return { kind: "rule" };
    case "LINK":
    case "ADDR":
      return { kind: "link" };
    case "ROUTE": {
      const table = / table (\d+)( |$)/.exec(text)?.[1];
      const destination = readRouteLine(text)?.destination;
      return { kind: "route", table: table === undefined ? undefined : Number(table), destination };
    }
    default:
      return undefined;
  }
}
