import {
  dnsNamesOf,
  excludedText,
  membersOf,
  packetsText,
  usabilityText,
  WITHOUT_GATEWAYS,
} from "../../status/membership.ts";
import type { Gateway, Pool } from "../../status/schema.ts";
import { escapeControls } from "../../text/escape.ts";
import { textsOf } from "../../text/gateway.ts";
import { layOut, type Paint, shorten, type Tone, wrap } from "../../text/table.ts";
import { memberColumns } from "./columns.ts";
import { ddnsLines } from "./ddns-lines.ts";
import { linesOfRoutings } from "./routing-lines.ts";

/** How good a verdict is. */
export const VERDICT_TONES: Readonly<Record<Pool["verdict"], Tone>> = {
  healthy: "good",
  degraded: "doubtful",
  down: "bad",
};

/** One of several pools: who uses it, its members, its routes and its DNS names. */
export function poolLines(pool: Pool, gateways: readonly Gateway[], width: number, paint: Paint): string[] {
  const { name, verdict, why, selectors, excluded, routing } = pool;
  const members = membersOf(pool, gateways);
  const packets = [
    `for ${safe(packetsText(selectors))}`,
    ...(excluded.networks.length > 0 ? [`not to ${safe(excludedText(excluded))}`] : []),
  ];
  const use = [usabilityText(pool), `without any: ${WITHOUT_GATEWAYS[routing.whenNoGateways]}`];
  return [
    paint(VERDICT_TONES[verdict], shorten(safe(`pool ${name}: ${verdict}: ${why}`), width)),
    ...[packets, use].flatMap((items) => wrap("", items, width, "  ")).map((line) => paint("quiet", line)),
    ...layOut(memberColumns(members), width, paint),
    ...linesOfRoutings(pool, textsOf(members), width, paint),
    ...dnsNamesOf(pool).flatMap((name) => ddnsLines(name, width, paint)),
  ];
}

const safe = escapeControls;
