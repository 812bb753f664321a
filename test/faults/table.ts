import { TOPICS } from "./all.ts";
import type { Fault } from "./fault.ts";

/** What a row has shown. */
export interface Seen {
  readonly seen: string;
  /** The most memory above that at rest, in MiB. */
  readonly memory: number;
}

/** The rows that were run, as a table of Markdown for each topic. */
export function tableOf(faults: readonly Fault[], seen: ReadonlyMap<Fault, Seen>): string {
  const topics = Object.entries(TOPICS).map(
    ([topic, rows]) => [topic, rows.filter((it) => faults.includes(it))] as const,
  );
  const shown = topics.filter(([, rows]) => rows.length > 0);
  return `${shown.map(([topic, rows]) => topicTable(topic, rows, seen)).join("\n")}`;
}

function topicTable(topic: string, rows: readonly Fault[], seen: ReadonlyMap<Fault, Seen>): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const body = rows.map((fault) => line([fault.name, fault.promise, seen.get(fault)?.seen ?? "FAILED"]));
  return `${[line([topic, "Promised", "Seen"]), line(["---", "---", "---"]), ...body].join("\n")}\n`;
}
