/** What a line of `ip monitor` means for the routes that we keep. */
export type KernelEvent = "table" | "links" | "elsewhere" | "overflow";

/**
 * Reads one line of `ip -o monitor label route rule link address`.
 *
 * - `table`: a rule, or a route of our table
 * - `links`: an interface or an address
 * - `elsewhere`: a route of another table, which matters only to gateways that had no way
 * - `overflow`: the kernel dropped events; anything may have happened
 */
export function readMonitorLine(line: string, table: number): KernelEvent | undefined {
  if (line.includes("No buffer space available")) return "overflow";
  const label = /^\[(ROUTE|RULE|LINK|ADDR)\]/.exec(line)?.[1];
  if (label === "RULE") return "table";
  if (label === "LINK" || label === "ADDR") return "links";
  if (label !== "ROUTE") return undefined;
  return `${line} `.includes(` table ${table} `) ? "table" : "elsewhere";
}
