import { escapeControls } from "../../text/escape.ts";
import { textsOf } from "../../text/gateway.ts";
import { dnsNamesOf, usesOf } from "../../status/membership.ts";
import type { LogEntry, Pool, Status } from "../../status/schema.ts";
import { killSwitches, sentencesOf, trafficNow } from "../../status/packets.ts";
import { age, rejectedText, targetText } from "../../status/phrases.ts";
import { inColour, type Look, layOut, type Paint, plain, shorten, type Tone, wrap } from "../../text/table.ts";
import { columnsOf, sharedColumns } from "./columns.ts";
import { ddnsLines } from "./ddns-lines.ts";
import { poolLines, VERDICT_TONES } from "./pool-lines.ts";
import { linesOfRoutings } from "./routing-lines.ts";
import type { View } from "./view.ts";

const LEVELS: Readonly<Record<LogEntry["level"], Tone | undefined>> = {
  info: undefined,
  warn: "doubtful",
  error: "bad",
};

/** The status as text. Control characters in texts from outside are escaped. */
export function renderStatus(status: Status, look: Look): string {
  return `${statusLines(status, look).join("\n")}\n`;
}

/** The lines of a live view that fit into so many rows. */
export function renderView({ status, entries, stopped, lost }: View, look: Look, rows: number): string[] {
  const paint = look.colour ? inColour : plain;
  const why = stopped ?? (lost && `connection lost: ${lost}`);
  const alarm = why === undefined ? [] : [paint("bad", shorten(safe(why), look.width)), ""];
  const logLines = entries.map(({ time, level, text }) =>
    paint(LEVELS[level], shorten(safe(`${time.slice(11, 19)} ${text}`), look.width)),
  );
  const head = [...alarm, ...(status ? statusLines(status, look) : []), "", paint("quiet", "log, in UTC")];
  // The newest entries stay: what happens is worth more than what happened.
  const room = Math.max(1, rows - head.length);
  const lines = [...head, ...(logLines.length > room ? logLines.slice(-room) : logLines)];
  if (lines.length <= rows) return lines;
  return [...lines.slice(0, rows - 1), paint("quiet", shorten(`${lines.length - rows + 1} more lines`, look.width))];
}

function statusLines(status: Status, { width, colour }: Look): string[] {
  const paint = colour ? inColour : plain;
  const { verdict, why, service } = status;
  const head = shorten(safe(`${verdict}: ${why}`), width);
  const where = service.host === undefined ? "" : ` on ${service.host}`;
  const about = `${service.name} ${service.version}${where}, running for ${age(service.started.ageSeconds)}`;
  return [
    paint(VERDICT_TONES[verdict], head),
    ...trafficLines(status, width),
    paint("quiet", shorten(safe(about), width)),
    ...(service.alive.ok ? [] : [paint("bad", shorten(safe(`the service hangs: ${service.alive.why}`), width))]),
    ...rejectedLines(service, width, paint),
    "",
    ...(status.pools ? linesOfPools(status, status.pools, width, paint) : linesOfOnePool(status, width, paint)),
  ];
}

/** What happens to packets now, and whether a kill switch is on. */
function trafficLines(status: Status, width: number): string[] {
  const parts = [...sentencesOf("traffic", trafficNow(status)), ...sentencesOf("kill switch", killSwitches(status))];
  return wrap("", parts.map(safe), width, "  ");
}

/** The gateways, the routes and the DNS names of the one pool without a name. */
function linesOfOnePool(status: Status, width: number, paint: Paint): string[] {
  const { gateways } = status;
  return [
    ...layOut(columnsOf(gateways), width, paint),
    ...targetLines(status, width, paint),
    "",
    ...linesOfRoutings(status, textsOf(gateways), width, paint),
    ...dnsNamesOf(status).flatMap((name) => ["", ...ddnsLines(name, width, paint)]),
  ];
}

function rejectedLines(service: Status["service"], width: number, paint: Paint): string[] {
  const text = rejectedText(service);
  return text === "" ? [] : [paint("bad", shorten(safe(text), width))];
}

/** The gateways, which pools share, and each pool. */
function linesOfPools(status: Status, pools: readonly Pool[], width: number, paint: Paint): string[] {
  const { gateways } = status;
  return [
    ...layOut(sharedColumns(gateways, usesOf(status)), width, paint),
    ...targetLines(status, width, paint),
    ...pools.flatMap((pool) => ["", ...poolLines(pool, gateways, width, paint)]),
  ];
}

/** Targets beyond the gateways that are at fault themselves. */
function targetLines({ targetsAtFault = [] }: Status, width: number, paint: Paint): string[] {
  const lines = targetsAtFault.map((fault) =>
    paint("doubtful", shorten(safe(`${targetText(fault)}, for ${age(fault.since.ageSeconds)}`), width)),
  );
  return lines.length === 0 ? [] : ["", ...lines];
}

const safe = escapeControls;
