import { METRICS } from "../../../../src/metrics/table.ts";

const PROCESS = ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"];

/** Prometheus makes this one itself. */
const UP = "up";

/** The metrics that a query names and that the service does not have. */
export function strangersIn(expr: string): string[] {
  const bare = expr
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, "")
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, "");
  const names = [...bare.matchAll(/(?<![\w$.])[a-z_]\w*(?![\w]|\s*\()/g)].map(([name]) => name);
  return names.filter((name) => !/^(and|or|unless|bool|by|on)$/.test(name) && !isKnown(name));
}

function isKnown(name: string): boolean {
  const isOurs = METRICS.some((row) => (row.type === "histogram" ? name === `${row.name}_bucket` : name === row.name));
  return isOurs || PROCESS.includes(name) || name === UP;
}
