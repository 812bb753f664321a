import { escapeControls } from "../../text/escape.ts";
import { type GatewayText, textsOf } from "../../text/gateway.ts";
import type { Ddns, Gateway, LogEntry, Route, Routing, Status } from "../../status/schema.ts";
import type { View } from "./view.ts";
import {
  type Cell,
  type Column,
  inColour,
  type Look,
  layOut,
  type Paint,
  plain,
  shorten,
  type Tone,
  wrap,
} from "../../text/table.ts";
import {
  age,
  ddnsState,
  exitText,
  latencyText,
  percent,
  reasonOf,
  rejectedText,
  targetText,
  worstLoss,
} from "../../status/phrases.ts";

const VERDICTS: Readonly<Record<Status["verdict"], Tone>> = { healthy: "good", degraded: "doubtful", down: "bad" };
const LEVELS: Readonly<Record<LogEntry["level"], Tone | undefined>> = {
  info: undefined,
  warn: "doubtful",
  error: "bad",
};
const STATES: Readonly<Record<Gateway["state"], Tone>> = { up: "good", down: "bad", unknown: "doubtful" };

/** The status as text. Control characters in texts from outside are escaped. */
export function renderStatus(status: Status, look: Look): string {
  return `${statusLines(status, look).join("\n")}\n`;
}

/** The lines of a live view that fit into so many rows. */
export function renderView({ status, entries, lost }: View, look: Look, rows: number): string[] {
  const paint = look.colour ? inColour : plain;
  const alarm = lost === undefined ? [] : [paint("bad", shorten(safe(`connection lost: ${lost}`), look.width)), ""];
  const logLines = entries.map(({ time, level, text }) =>
    paint(LEVELS[level], shorten(safe(`${time.slice(11, 19)} ${text}`), look.width)),
  );
  const lines = [
    ...alarm,
    ...(status ? statusLines(status, look) : []),
    "",
    paint("quiet", "log, in UTC"),
    ...logLines,
  ];
  if (lines.length <= rows) return lines;
  return [...lines.slice(0, rows - 1), paint("quiet", shorten(`${lines.length - rows + 1} more lines`, look.width))];
}

function statusLines(status: Status, { width, colour }: Look): string[] {
  const paint = colour ? inColour : plain;
  const { verdict, why, service, gateways, routing, ddns } = status;
  const head = shorten(safe(`${verdict}: ${why}`), width);
  const about = `${service.name} ${service.version}, running for ${age(service.started.ageSeconds)}`;
  return [
    paint(VERDICTS[verdict], head),
    paint("quiet", shorten(safe(about), width)),
    ...(service.alive.ok ? [] : [paint("bad", shorten(safe(`the service hangs: ${service.alive.why}`), width))]),
    ...rejectedLines(service, width, paint),
    "",
    ...layOut(columnsOf(gateways), width, paint),
    ...targetLines(status, width, paint),
    "",
    ...routingLines(routing, textsOf(gateways), width, paint),
    ...(ddns ? ["", ...ddnsLines(ddns, width, paint)] : []),
  ];
}

function rejectedLines(service: Status["service"], width: number, paint: Paint): string[] {
  const text = rejectedText(service);
  return text === "" ? [] : [paint("bad", shorten(safe(text), width))];
}

/** Longer names are cut in the table, so that the other columns have room. */
const LONGEST_NAME = 20;

function columnsOf(gateways: readonly Gateway[]): Column[] {
  const column = (title: string, cell: (gateway: Gateway) => Cell, more: Partial<Column> = {}): Column => ({
    title,
    cells: gateways.map(cell),
    ...more,
  });
  return [
    column("NAME", ({ name = "" }) => ({ text: shorten(safe(name), LONGEST_NAME) })),
    column("GATEWAY", ({ address }) => ({ text: safe(address) })),
    column("STATE", stateOf),
    ...(gateways.some(({ tier }) => tier !== undefined) ? [column("TIER", tierOf, { right: true, rank: 3 })] : []),
    column("SINCE", ({ since }) => ({ text: age(since.ageSeconds) }), { right: true, rank: 2 }),
    column("SHARE", ({ share, carriesTraffic }) => ({ text: carriesTraffic ? percent(share) : "-" }), { right: true }),
    column("P50", ({ latency }) => ({ text: latencyText(latency.p50) }), { right: true, rank: 4 }),
    column("P95", ({ latency }) => ({ text: latencyText(latency.p95) }), { right: true, rank: 6 }),
    ...(gateways.some(({ probers }) => probers) ? [column("LOSS", lossOf, { right: true, rank: 3 })] : []),
    column("FLAPS", ({ flaps }) => ({ text: flapsText(flaps), ...(flaps.lastHour > 0 && { tone: "doubtful" }) }), {
      right: true,
      rank: 5,
    }),
    column("PUBLIC ADDRESS", publicAddress, { rank: 3 }),
    column("EXIT", exit, { rank: 3 }),
    column("REASON", reason, { flexible: true, rank: 1 }),
  ];
}

function lossOf(gateway: Gateway): Cell {
  const loss = worstLoss(gateway);
  return loss === null ? { text: "-" } : { text: percent(loss), ...(loss > 0 && { tone: "doubtful" }) };
}

/** Targets beyond the gateways that are at fault themselves. */
function targetLines({ targetsAtFault = [] }: Status, width: number, paint: Paint): string[] {
  const lines = targetsAtFault.map((fault) =>
    paint("doubtful", shorten(safe(`${targetText(fault)}, for ${age(fault.since.ageSeconds)}`), width)),
  );
  return lines.length === 0 ? [] : ["", ...lines];
}

function publicAddress({ publicAddress: known }: Gateway): Cell {
  if (known === null) return { text: "" };
  const { address, state } = known;
  return address === null
    ? { text: state === "unknown" ? "unknown" : "-", ...(state === "unknown" && { tone: "doubtful" }) }
    : { text: safe(address), ...(state === "kept" && { tone: "doubtful" }) };
}

function exit(gateway: Gateway): Cell {
  return { text: safe(exitText(gateway.exit)), ...(gateway.exit?.leaking && { tone: "bad" }) };
}

function tierOf({ tier }: Gateway): Cell {
  return { text: tier === undefined ? "-" : String(tier) };
}

function stateOf({ state, held, standby, drained }: Gateway): Cell {
  if (drained) return { text: "drained", tone: "quiet" };
  if (standby) return { text: "standby", tone: "quiet" };
  return state === "up" && held !== null
    ? { text: "flap hold", tone: "doubtful" }
    : { text: state, tone: STATES[state] };
}

/** Why the gateway is not in use; of one in use, its last failure. */
function reason(gateway: Gateway): Cell {
  const { text, ageSeconds } = reasonOf(gateway);
  if (ageSeconds !== null) return { text: safe(`${text}, ${age(ageSeconds)} ago`), tone: "quiet" };
  if (gateway.drained) return { text: safe(text), tone: "quiet" };
  const inFlapHold = gateway.state === "up" && gateway.held !== null && gateway.leftOut === null;
  return { text: safe(text), tone: inFlapHold ? "doubtful" : "bad" };
}

function flapsText({ lastHour, sinceStart }: Gateway["flaps"]): string {
  return lastHour === 0 ? String(sinceStart) : `${sinceStart} (${lastHour} in 1h)`;
}

function routingLines(
  { standing, table, preference, rule, precedingRules, routes, seen }: Routing,
  textOf: GatewayText,
  width: number,
  paint: Paint,
): string[] {
  const when = seen === null ? "not read yet" : `read ${age(seen.ageSeconds)} ago`;
  const title = `routes in table ${table}, rule ${preference}${rule ? "" : " missing"}, ${when}`;
  const state = paint(standing.ok ? "good" : "doubtful", shorten(safe(standing.why), width));
  const inUse = new Set(routes.filter(({ type }) => type === "unicast").map(({ destination }) => destination));
  const nexthopsOf = (route: Route): string[] =>
    route.type !== "unicast" && inUse.has(route.destination)
      ? [`${safe(route.type)}, used if all gateways fail`]
      : nexthopTexts(route, textOf);
  const groups = Map.groupBy(routes, (route) => nexthopsOf(route).join());
  const lines = [...groups.values()].flatMap((alike) => {
    const destinations = wrap(
      " ",
      alike.map(({ destination }) => safe(destination)),
      width,
      "  ",
    );
    return [...destinations, ...wrap("   ", nexthopsOf(alike[0]!), width, "    ")];
  });
  const preceding = precedingRules.map(({ extent, why }) => {
    return paint(extent === "all" ? "bad" : "doubtful", shorten(safe(`before ours, ${why}`), width));
  });
  return [paint("quiet", shorten(title, width)), state, ...preceding, ...(routes.length === 0 ? ["  none"] : lines)];
}

function nexthopTexts({ type, nexthops }: Route, textOf: GatewayText): string[] {
  if (type !== "unicast") return [safe(type)];
  return nexthops.map(({ gateway, device, weight }) =>
    safe(`${textOf(gateway)}${device === null ? "" : ` dev ${device}`} weight ${weight}`),
  );
}

function ddnsLines(ddns: Ddns, width: number, paint: Paint): string[] {
  const { hostname, provider, addresses, pending, lastSuccess, lastError, nextTrySeconds } = ddns;
  const title = paint("quiet", shorten(safe(`DNS name ${hostname} at ${provider}`), width));
  const next = nextTrySeconds === null ? "" : `; next try in ${age(nextTrySeconds)}`;
  const [tone, text] = ddnsState(ddns);
  const listed = (all: readonly string[]): string[] => (all.length === 0 ? ["no address"] : all.map(safe));
  return [
    title,
    paint(tone, shorten(safe(text), width)),
    ...(ddns.ok === false && lastError
      ? [paint("bad", shorten(safe(`  ${lastError.why}, ${age(lastError.at.ageSeconds)} ago${next}`), width))]
      : []),
    ...(lastSuccess
      ? wrap(`  last correct ${age(lastSuccess.ageSeconds)} ago:`, listed(addresses), width, "    ")
      : []),
    ...(pending ? wrap("  should resolve to:", listed(pending), width, "    ") : []),
  ];
}

const safe = escapeControls;
