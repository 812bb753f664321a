import { healthOf, type PoolUse, reasonInPool } from "../../status/membership.ts";
import {
  age,
  exitText,
  latencyText,
  percent,
  type Reason,
  reasonOf,
  stateAge,
  worstLoss,
} from "../../status/phrases.ts";
import type { Gateway } from "../../status/schema.ts";
import { familyOf } from "../../net/address.ts";
import { escapeControls } from "../../text/escape.ts";
import { familyName } from "../../text/family.ts";
import { gatewayLabel } from "../../text/gateway.ts";
import { list } from "../../text/list.ts";
import { type Cell, type Column, shorten, type Tone } from "../../text/table.ts";

const STATES: Readonly<Record<Gateway["state"], Tone>> = { up: "good", down: "bad", unknown: "doubtful" };

/** Longer names are cut in the table, so that the other columns have room. */
const LONGEST_NAME = 20;

/** Pools of a gateway that are named at most. */
const MOST_POOLS = 3;

type MakeColumn = (title: string, cell: (gateway: Gateway) => Cell, more?: Partial<Column>) => Column;

function columnMaker(gateways: readonly Gateway[]): MakeColumn {
  return (title, cell, more = {}) => ({ title, cells: gateways.map(cell), ...more });
}

/** The table of the gateways, as the one pool without a name uses them. */
export function columnsOf(gateways: readonly Gateway[]): Column[] {
  const column = columnMaker(gateways);
  return [
    ...identity(column),
    ...placeInPool(gateways, column),
    since(column),
    column("SHARE", shareOf, { right: true }),
    ...measurements(gateways, column),
    column("PUBLIC ADDRESS", publicAddress, { rank: 3 }),
    column("EXIT", exit, { rank: 3 }),
    column("REASON", (gateway) => reason(gateway, reasonOf(gateway)), { flexible: true, rank: 1 }),
  ];
}

/** The table of gateways that pools share: what is known of them, whatever the pools make of it. */
export function sharedColumns(gateways: readonly Gateway[], uses: ReadonlyMap<string, readonly PoolUse[]>): Column[] {
  const healths = gateways.map(healthOf);
  const column = columnMaker(healths);
  const poolsOf = ({ address }: Gateway): Cell => {
    const names = (uses.get(address) ?? []).map(({ pool }) => shorten(safe(pool), LONGEST_NAME));
    return { text: list(names, MOST_POOLS) || "-" };
  };
  return [
    ...identity(column),
    since(column),
    ...measurements(healths, column),
    column("EXIT", exit, { rank: 3 }),
    column("POOLS", poolsOf, { rank: 4 }),
    column("REASON", (gateway) => reason(gateway, reasonOf(gateway)), { flexible: true, rank: 1 }),
  ];
}

/** The table of the members of one of several pools: what it makes of them. */
export function memberColumns(members: readonly Gateway[]): Column[] {
  const column = columnMaker(members);
  return [
    column("MEMBER", (gateway) => ({ text: shorten(safe(gatewayLabel(gateway)), LONGEST_NAME) })),
    ...familyOfEach(members, column),
    column("STATE", stateOf),
    ...placeInPool(members, column),
    column("SHARE", shareOf, { right: true }),
    column("PUBLIC ADDRESS", publicAddress, { rank: 3 }),
    column("REASON", (gateway) => reason(gateway, reasonInPool(gateway)), { flexible: true, rank: 1 }),
  ];
}

function identity(column: MakeColumn): Column[] {
  return [
    column("NAME", ({ name = "" }) => ({ text: shorten(safe(name), LONGEST_NAME) })),
    column("GATEWAY", ({ address }) => ({ text: safe(address) })),
    column("STATE", stateOf),
  ];
}

/** The families of the addresses, where they differ. */
function familyOfEach(gateways: readonly Gateway[], column: MakeColumn): Column[] {
  const nameOf = ({ address }: Gateway): string => familyName(familyOf(address));
  const differ = new Set(gateways.map(nameOf)).size > 1;
  return differ ? [column("FAMILY", (gateway) => ({ text: nameOf(gateway) }))] : [];
}

/** Tiers and weights, each where they differ. */
function placeInPool(gateways: readonly Gateway[], column: MakeColumn): Column[] {
  const right = { right: true, rank: 3 } as const;
  const differ = (values: readonly (number | undefined)[]): boolean => new Set(values).size > 1;
  return [
    ...(differ(gateways.map(({ tier }) => tier)) ? [column("TIER", ({ tier }) => numberCell(tier), right)] : []),
    ...(differ(gateways.map(({ weight }) => weight))
      ? [column("WEIGHT", ({ weight }) => numberCell(weight), right)]
      : []),
  ];
}

function since(column: MakeColumn): Column {
  return column("SINCE", (gateway) => ({ text: age(stateAge(gateway)) }), { right: true, rank: 2 });
}

/** What was measured by probes. */
function measurements(gateways: readonly Gateway[], column: MakeColumn): Column[] {
  const flaps = ({ flaps }: Gateway): Cell => {
    return { text: flapsText(flaps), ...(flaps.lastHour > 0 && { tone: "doubtful" }) };
  };
  return [
    column("P50", ({ latency }) => ({ text: latencyText(latency.p50) }), { right: true, rank: 4 }),
    column("P95", ({ latency }) => ({ text: latencyText(latency.p95) }), { right: true, rank: 6 }),
    ...(gateways.some(({ probers }) => probers) ? [column("LOSS", lossOf, { right: true, rank: 3 })] : []),
    column("FLAPS", flaps, { right: true, rank: 5 }),
  ];
}

function shareOf({ share, carriesTraffic }: Gateway): Cell {
  return { text: carriesTraffic ? percent(share) : "-" };
}

function numberCell(value: number | undefined): Cell {
  return { text: value === undefined ? "-" : String(value) };
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

function stateOf({ state, held, standby, drained }: Gateway): Cell {
  if (drained) return { text: "drained", tone: "quiet" };
  if (standby) return { text: "standby", tone: "quiet" };
  return state === "up" && held !== null
    ? { text: "flap hold", tone: "doubtful" }
    : { text: state, tone: STATES[state] };
}

/** Why the gateway is not in use; of one in use, its last failure. */
function reason(gateway: Gateway, { text, ageSeconds }: Reason): Cell {
  if (ageSeconds !== null) return { text: safe(`${text}, ${age(ageSeconds)} ago`), tone: "quiet" };
  if (gateway.drained) return { text: safe(text), tone: "quiet" };
  const inFlapHold = gateway.state === "up" && gateway.held !== null && gateway.leftOut === null;
  return { text: safe(text), tone: inFlapHold ? "doubtful" : "bad" };
}

function flapsText({ lastHour, sinceStart }: Gateway["flaps"]): string {
  return lastHour === 0 ? String(sinceStart) : `${sinceStart} (${lastHour} in 1h)`;
}

const safe = escapeControls;
