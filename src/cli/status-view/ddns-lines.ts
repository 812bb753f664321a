import type { Ddns } from "../../status/schema.ts";
import { age, ddnsState } from "../../status/phrases.ts";
import { escapeControls } from "../../text/escape.ts";
import { type Paint, shorten, wrap } from "../../text/table.ts";

/** The state of a DNS name. */
export function ddnsLines(ddns: Ddns, width: number, paint: Paint): string[] {
  const { hostname, provider, gateway, onDuty, records } = ddns;
  const whose = gateway === undefined ? "" : `, of gateway ${gateway}`;
  const title = paint("quiet", shorten(safe(`DNS name ${hostname} at ${provider}${whose}`), width));
  const all = records?.flatMap((own) => recordLines({ ...own, onDuty }, width, paint, `${own.type}: `));
  return [title, ...(all ?? recordLines(ddns, width, paint))];
}

/** @param prefix of the first line */
function recordLines(records: Omit<Ddns, "provider" | "hostname">, width: number, paint: Paint, prefix = ""): string[] {
  const { ok, addresses, pending, lastSuccess, lastError, nextTrySeconds } = records;
  const next = nextTrySeconds === null ? "" : `; next try in ${age(nextTrySeconds)}`;
  const [tone, text] = ddnsState(records);
  const listed = (all: readonly string[]): string[] => (all.length === 0 ? ["no address"] : all.map(safe));
  return [
    paint(tone, shorten(safe(prefix + text), width)),
    ...(ok === false && lastError
      ? [paint("bad", shorten(safe(`  ${lastError.why}, ${age(lastError.at.ageSeconds)} ago${next}`), width))]
      : []),
    ...(lastSuccess
      ? wrap(`  last correct ${age(lastSuccess.ageSeconds)} ago:`, listed(addresses), width, "    ")
      : []),
    ...(pending ? wrap("  should resolve to:", listed(pending), width, "    ") : []),
  ];
}

const safe = escapeControls;
