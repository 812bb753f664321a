import type { Observed } from "../routing/types.ts";
import { isOurs } from "../routing/entry.ts";
import { failure, fine, type Finding } from "./finding.ts";
import { FLAG_WORDS } from "./setting-words.ts";
import type { TableFacts } from "./table-use.ts";

/**
 * Whether the ids of the nexthop objects of a table are free, or used by this program alone.
 *
 * @param nexthops those with these ids; undefined in IPv4, which has none
 */
export function checkNexthopUse(
  { tableRef, words = FLAG_WORDS }: Pick<TableFacts, "tableRef" | "words">,
  nexthops: Observed["nexthops"],
): Finding[] {
  if (nexthops === undefined) return [];
  const topic = "nexthop objects";
  const foreign = nexthops.filter((one) => !isOurs(one));
  if (foreign.length === 0) return [fine(topic, `no other program uses the ids of table ${tableRef.table}`)];
  return foreign.map(({ id, protocol }) =>
    failure(
      topic,
      `another program has nexthop object ${id} (protocol ${protocol}), which is one of those of table ${tableRef.table}; nothing is routed through the gateways while it is there`,
      `remove it (ip nexthop del id ${id}), or choose another ${words.table}`,
    ),
  );
}
