import { escapeControls } from "../text/escape.ts";
import { gatewayText, type NamedGateway } from "../text/gateway.ts";
import { inColour, plain, type Tone, type Look } from "../text/table.ts";
import type { GatewayPlan } from "./routing-plan.ts";

/** What a service would change now; the form of `-json`. */
export interface ServicePlan {
  /** Whether an instance runs that manages the table. */
  readonly running: boolean;
  readonly gateways: readonly {
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
  }[];
  readonly kernel: {
    /** `ip` commands, in the order in which they would be run. */
    readonly commands: readonly string[];
    /** Commands that remove what killed runs left in other tables. */
    readonly cleaning: readonly string[];
    /** What keeps the service from other changes. */
    readonly obstacles: readonly string[];
  };
  /** Null without a provider. */
  readonly ddns: {
    readonly hostname: string;
    readonly provider: string;
    readonly changes: readonly string[];
    /** Why nothing would be changed, or not everything is known. */
    readonly remarks: readonly string[];
  } | null;
}

/** A gateway in the form of `-json`. */
export function gatewayEntry(
  { gateway: address, leftOut, ...rest }: GatewayPlan,
  { name }: Pick<NamedGateway, "name"> = {},
): ServicePlan["gateways"][number] {
  return { address, ...(name !== undefined && { name }), ...rest, leftOut: leftOut ?? null };
}

/** The plan for people. */
export function planText({ running, gateways, kernel, ddns }: ServicePlan, table: number, { colour }: Look): string {
  const paint = colour ? inColour : plain;
  const section = (title: string, lines: readonly string[], nothing: string): string[] => [
    "",
    `${title}:`,
    ...(lines.length === 0 ? [paint("quiet", `  ${nothing}`)] : lines.map((line) => `  ${escapeControls(line)}`)),
  ];
  const remarks = (lines: readonly string[]): string[] =>
    lines.map((line) => paint("doubtful", `  ${escapeControls(line)}`));
  const healthy = gateways.filter((one) => one.healthy).length;
  const lines = [
    `${healthy} of ${gateways.length} gateways are healthy; ${running ? "an instance manages" : "no instance manages"} table ${table}`,
    ...gateways.flatMap((one) => remarkOf(one).map((remark) => paint(toneOf(one), `  ${remark}`))),
    ...section("in the kernel", kernel.commands, "nothing to change"),
    ...remarks(kernel.obstacles),
    ...(kernel.cleaning.length > 0
      ? section("a few seconds later, to remove what killed runs left", kernel.cleaning, "")
      : []),
    ...(ddns ? section(`at ${ddns.provider}, ${ddns.hostname}`, ddns.changes, "nothing to change") : []),
    ...remarks(ddns?.remarks ?? []),
  ];
  return `${lines.join("\n")}\n`;
}

type Condition = Pick<ServicePlan["gateways"][number], "healthy" | "standby" | "drained">;

function toneOf({ healthy, standby, drained }: Condition): Tone {
  if (drained || standby) return "quiet";
  return healthy ? "doubtful" : "bad";
}

/** Why a gateway is not healthy, or not used although it is; nothing about one that is both. */
function remarkOf({
  healthy,
  detail,
  leftOut,
  active,
  standby,
  drained,
  ...gateway
}: ServicePlan["gateways"][number]): string[] {
  const subject = gatewayText(gateway);
  if (drained) return [`${subject} is drained, and so not used${healthy ? "" : `; it is not healthy: ${detail}`}`];
  if (!healthy) return [`${subject} is not healthy${active ? ", but used (-min-healthy)" : ""}: ${detail}`];
  if (active) return [];
  if (standby) return [`${subject} stands by: its tier is not in use`];
  return [
    leftOut === null
      ? `${subject} is not used: too few are healthy (-min-healthy)`
      : `${subject} is left out: ${leftOut}`,
  ];
}
