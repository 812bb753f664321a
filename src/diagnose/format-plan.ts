import { FAMILIES, familyOf } from "../net/address.ts";
import { escapeControls } from "../text/escape.ts";
import { gatewayText } from "../text/gateway.ts";
import { inColour, type Look, type Paint, plain, type Tone } from "../text/table.ts";
import { type DdnsPlan, type PlannedGateway, plansOfNames, type ServicePlan } from "./planned.ts";

/** The plan for people, of a service with one pool. */
export function planText(
  { running, gateways, kernel, ...names }: ServicePlan,
  table: number,
  { colour }: Look,
): string {
  const paint = colour ? inColour : plain;
  const lines = [
    `${healthText(gateways)}; ${running ? "an instance manages" : "no instance manages"} table ${table}`,
    ...gateways.flatMap((one) => remarkLines(one, "  ", paint)),
    "",
    ...section("in the kernel", kernel.commands, paint),
    ...doubts(kernel.obstacles, "  ", paint),
    ...laterLines(kernel, paint),
    ...plansOfNames(names).flatMap((name) => ["", ...ddnsLines(name, "", paint)]),
  ];
  return `${lines.join("\n")}\n`;
}

/** How many gateways are healthy, in each family. */
export function healthText(gateways: readonly PlannedGateway[]): string {
  const families = FAMILIES.map((family) => gateways.filter(({ address }) => familyOf(address) === family));
  const [ipv4, ipv6] = families.map((own) => `${own.filter(({ healthy }) => healthy).length} of ${own.length}`);
  if (families.every(({ length }) => length > 0)) return `${ipv4} gateways are healthy in IPv4, ${ipv6} in IPv6`;
  return `${families[0]!.length > 0 ? ipv4 : ipv6} gateways are healthy`;
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
