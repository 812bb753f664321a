import { escapeControls } from "../text/escape.ts";
import { gatewayText, type NamedGateway } from "../text/gateway.ts";
import { inColour, type Look, type Paint, plain, type Tone } from "../text/table.ts";
import type { PoolCases } from "./pool-cases.ts";
import type { GatewayPlan } from "./routing-plan.ts";

/** A gateway after one probe, and what a pool would do with it. */
export interface PlannedGateway {
  readonly address: string;
  /** Absent where it has none. */
  readonly name?: string;
  readonly healthy: boolean;
  readonly detail: string;
  readonly leftOut: string | null;
  readonly active: boolean;
  /** Whether it is not used since its tier is not in use; absent where all gateways are of one tier. */
  readonly standby?: boolean;
  /** Absent where it is not taken out for maintenance. */
  readonly drained?: true;
}

/** Changes of the records of a DNS name. */
export interface DdnsPlan {
  readonly hostname: string;
  readonly provider: string;
  readonly changes: readonly string[];
  /** Why nothing would be changed, or not everything is known. */
  readonly remarks: readonly string[];
}

/** What a service would change now; the form of `-json`. */
export interface ServicePlan {
  /** Whether an instance runs that manages the table, or those of all pools. */
  readonly running: boolean;
  /** Of all pools. One is active where any of them would use it. */
  readonly gateways: readonly PlannedGateway[];
  readonly kernel: {
    /** `ip` commands, in the order in which they would be run. */
    readonly commands: readonly string[];
    /** Commands that then remove pools which the file no longer has; absent where no such pool runs. */
    readonly removal?: readonly string[];
    /** Commands that remove what killed runs left in other tables. */
    readonly cleaning: readonly string[];
    /** What keeps the service from other changes. */
    readonly obstacles: readonly string[];
  };
  /** Null without a provider; absent where there are several pools, which have names of their own. */
  readonly ddns?: DdnsPlan | null;
  /** In the order in which they are asked; absent where there is one. */
  readonly pools?: readonly PlannedPool[];
}

/** What a service would change for one of several pools; part of the form of `-json`. */
export interface PlannedPool {
  readonly name: string;
  /** 1 for the pool that is asked first. */
  readonly asked: number;
  readonly table: number;
  /** That of the rules into the table. */
  readonly preference: number;
  /** Whether an instance runs that manages the table. */
  readonly running: boolean;
  /** Its rules, such as `rules 10888 to 10891`. */
  readonly rules: string;
  /** Whose packets it is for, such as `packets from 10.78.0.0/24`. */
  readonly packets: string;
  /** Where these have to go to, and where not (`exclude`). */
  readonly routes: readonly string[];
  readonly excluded: readonly string[];
  /** Those that are its members. */
  readonly gateways: readonly (PlannedGateway & {
    readonly weight: number;
    readonly tier: number;
    /** Its part of the flows, from 0 to 1. */
    readonly share: number;
  })[];
  /** What happens to its packets, by what its gateways do. */
  readonly cases: PoolCases;
  readonly commands: readonly string[];
  readonly obstacles: readonly string[];
  /** Null without a provider. */
  readonly ddns: DdnsPlan | null;
}

/** A gateway in the form of `-json`. */
export function gatewayEntry(
  { gateway: address, leftOut, ...rest }: GatewayPlan,
  { name }: Pick<NamedGateway, "name"> = {},
): PlannedGateway {
  return { address, ...(name !== undefined && { name }), ...rest, leftOut: leftOut ?? null };
}

/** The plan for people, of a service with one pool. */
export function planText({ running, gateways, kernel, ddns }: ServicePlan, table: number, { colour }: Look): string {
  const paint = colour ? inColour : plain;
  const lines = [
    `${healthText(gateways)}; ${running ? "an instance manages" : "no instance manages"} table ${table}`,
    ...gateways.flatMap((one) => remarkLines(one, "  ", paint)),
    "",
    ...section("in the kernel", kernel.commands, paint),
    ...doubts(kernel.obstacles, "  ", paint),
    ...laterLines(kernel, paint),
    ...(ddns ? ["", ...ddnsLines(ddns, "", paint)] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** How many gateways are healthy. */
export function healthText(gateways: readonly PlannedGateway[]): string {
  return `${gateways.filter((one) => one.healthy).length} of ${gateways.length} gateways are healthy`;
}

/** A title and what it is about. */
export function section(title: string, lines: readonly string[], paint: Paint, indent = ""): string[] {
  const all = lines.length === 0 ? [paint("quiet", `${indent}  nothing to change`)] : [];
  return [`${indent}${title}:`, ...all, ...lines.map((line) => `${indent}  ${escapeControls(line)}`)];
}

/** What keeps the service from something. */
export function doubts(lines: readonly string[], indent: string, paint: Paint): string[] {
  return lines.map((line) => paint("doubtful", `${indent}${escapeControls(line)}`));
}

/** The commands that follow the others: they remove what is not of this configuration. */
export function laterLines({ removal = [], cleaning }: ServicePlan["kernel"], paint: Paint): string[] {
  const later = (title: string, commands: readonly string[]): string[] =>
    commands.length === 0 ? [] : ["", ...section(title, commands, paint)];
  return [
    ...later("then, to remove pools that the file no longer has", removal),
    ...later("a few seconds later, to remove what killed runs left", cleaning),
  ];
}

export function ddnsLines({ provider, hostname, changes, remarks }: DdnsPlan, indent: string, paint: Paint): string[] {
  return [...section(`at ${provider}, ${hostname}`, changes, paint, indent), ...doubts(remarks, `${indent}  `, paint)];
}

/** Why a gateway is not used, or used although it is not healthy. */
export function remarkLines(gateway: PlannedGateway, indent: string, paint: Paint, quorum = "-min-healthy"): string[] {
  return remarkOf(gateway, quorum).map((remark) => paint(toneOf(gateway), `${indent}${remark}`));
}

function toneOf({ healthy, standby, drained }: PlannedGateway): Tone {
  if (drained || standby) return "quiet";
  return healthy ? "doubtful" : "bad";
}

/** Why a gateway is not healthy, or not used although it is; nothing about one that is both. */
function remarkOf(gateway: PlannedGateway, quorum: string): string[] {
  const { healthy, detail, leftOut, active, standby, drained } = gateway;
  const subject = gatewayText(gateway);
  if (drained) return [`${subject} is drained, and so not used${healthy ? "" : `; it is not healthy: ${detail}`}`];
  if (!healthy) return [`${subject} is not healthy${active ? `, but used (${quorum})` : ""}: ${detail}`];
  if (active) return [];
  if (standby) return [`${subject} stands by: its tier is not in use`];
  return [
    leftOut === null ? `${subject} is not used: too few are healthy (${quorum})` : `${subject} is left out: ${leftOut}`,
  ];
}
