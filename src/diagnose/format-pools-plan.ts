import { type Family, familyOf } from "../net/address.ts";
import { gatewayText } from "../text/gateway.ts";
import { list } from "../text/list.ts";
import { inColour, type Look, type Paint, plain } from "../text/table.ts";
import { ddnsLines, doubts, healthText, laterLines, remarkLines, section } from "./format-plan.ts";
import { type PlannedGateway, type PlannedPool, plansOfNames, type ServicePlan } from "./planned.ts";
import type { PoolCases } from "./pool-cases.ts";
import { caseLines, sharesText, withoutGatewaysText } from "./pool-text.ts";

/** Destinations that a line names at most. */
const MOST_ROUTES = 4;

/** The plan for people, of a service with several pools. */
export function poolsPlanText({ gateways, kernel, pools = [] }: ServicePlan, { colour }: Look): string {
  const paint = colour ? inColour : plain;
  const lines = [
    `${healthText(gateways)}; ${instancesText(pools)}`,
    ...gateways.filter(isOut).flatMap((one) => remarkLines({ ...one, active: false }, "  ", paint)),
    ...pools.flatMap((pool) => ["", ...poolLines(pool, paint)]),
    ...laterLines(kernel, paint),
  ];
  return `${lines.join("\n")}\n`;
}

function instancesText(pools: readonly PlannedPool[]): string {
  const tablesOf = (some: readonly PlannedPool[]): string => {
    const numbers = some.map(({ table }) => String(table));
    return `${numbers.length === 1 ? "table" : "tables"} ${list(numbers, numbers.length)}`;
  };
  const [managed, others] = [pools.filter(({ running }) => running), pools.filter(({ running }) => !running)];
  if (managed.length === 0) return `no instance manages ${tablesOf(others)}`;
  return `an instance manages ${tablesOf(managed)}${others.length === 0 ? "" : `, none ${tablesOf(others)}`}`;
}

/** Whether it is the same for each pool why a gateway is not used. */
function isOut({ healthy, drained }: PlannedGateway): boolean {
  return !healthy || drained === true;
}

function poolLines(pool: PlannedPool, paint: Paint): string[] {
  const { name, asked, table, rules, gateways, cases, cases6, commands, obstacles } = pool;
  const inFamily = (family: Family) => gateways.filter(({ address }) => familyOf(address) === family);
  return [
    `pool ${name}, asked ${asked === 1 ? "first" : "next"}: ${packetsText(pool)} (table ${table}, ${rules})`,
    ...(cases6 === undefined
      ? gatewayLines(gateways, cases, "  ", paint)
      : [
          ...["  IPv4:", ...gatewayLines(inFamily(4), cases, "    ", paint)],
          ...["  IPv6:", ...gatewayLines(inFamily(6), cases6, "    ", paint)],
        ]),
    ...section("in the kernel", commands, paint, "  "),
    ...doubts(obstacles, "    ", paint),
    ...plansOfNames(pool).flatMap((name) => ddnsLines(name, "  ", paint)),
  ];
}

type PoolGateways = PlannedPool["gateways"];

/** Which gateways carry the packets of a pool now, and in which case. */
function gatewayLines(gateways: PoolGateways, cases: PoolCases, indent: string, paint: Paint): string[] {
  const remarks = gateways.filter((one) => !isOut(one) || (one.active && !one.healthy));
  return [
    paint(gateways.some(({ share }) => share > 0) ? "good" : "bad", `${indent}now: ${nowText(gateways, cases)}`),
    ...remarks.flatMap((one) => remarkLines(one, indent, paint, "min-healthy")),
    ...caseLines(cases).map((line) => `${indent}${line}`),
  ];
}

function packetsText({ packets, routes, excluded }: PlannedPool): string {
  const except = excluded.length === 0 ? "" : ` but ${list(excluded, MOST_ROUTES)}`;
  return `${packets} to ${list(routes, MOST_ROUTES)}${except}`;
}

function nowText(gateways: PoolGateways, { withoutGateways }: PoolCases): string {
  const used = gateways.filter(({ share }) => share > 0);
  if (used.length === 0) return `no usable gateway, so packets ${withoutGatewaysText(withoutGateways)}`;
  return used.length === 1 ? gatewayText(used[0]!) : sharesText(used);
}
