import type { Gateway } from "../../status/schema.ts";
import { age, exitText, latencyText, percent, reasonOf, worstLoss } from "../../status/phrases.ts";
import { escapeControls } from "../../text/escape.ts";
import { type Cell, type Column, shorten, type Tone } from "../../text/table.ts";

const STATES: Readonly<Record<Gateway["state"], Tone>> = { up: "good", down: "bad", unknown: "doubtful" };

/** Longer names are cut in the table, so that the other columns have room. */
const LONGEST_NAME = 20;

/** The table of the gateways. */
export function columnsOf(gateways: readonly Gateway[]): Column[] {
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

const safe = escapeControls;
