import { type CommandHelp, GROUPS, rowsOf, variablesOf } from "../../config/help.ts";
import type { Option } from "../../config/options.ts";
import { boolean } from "../../config/values.ts";
import { EXAMPLES, FILES, STATUSES, VARIABLES } from "./matter.ts";
import { list, literal, plain, section, sentences, word } from "./mdoc.ts";

/** When the text of the manual itself was last changed, as mdoc wants it. */
const CHANGED = "November 25, 2026";

/** What the manual tells of a command. */
export interface CommandManual extends CommandHelp {
  /** What its exit statuses mean, where they mean more than those of every command. */
  readonly statuses?: readonly (readonly [status: number, meaning: string])[];
}

/** The manual page gateway-route-manager(8) as mdoc(7). */
export function manual(commands: readonly CommandManual[], version: string): string {
  const lines = [
    `.Dd ${CHANGED}`,
    ".Dt GATEWAY-ROUTE-MANAGER 8",
    `.Os "gateway-route-manager ${version}"`,
    ...section("NAME", ".Nm gateway-route-manager", ".Nd keep an ECMP route over the healthy ones of many gateways"),
    ...section(
      "SYNOPSIS",
      ".Nm",
      ".Fl start\\-ip Ar ADDRESS",
      ".Fl end\\-ip Ar ADDRESS",
      ".Op Ar flags",
      ".Nm",
      ".Ar command",
      ".Op Ar subject",
      ".Op Ar flags",
    ),
    ...section("DESCRIPTION", ...DESCRIPTION),
    ...section(
      "COMMANDS",
      "Without a command, the service runs until it gets a signal.",
      ...list(commands.map(command)),
    ),
    ...section("FLAGS", ...FLAGS, ...GROUPS.flatMap((group) => [`.Ss ${group}`, ...list(rowsOf(group).map(flag))])),
    ...section(
      "ENVIRONMENT",
      ...ENVIRONMENT,
      ...list(VARIABLES.map(([name, text]) => [`Ev ${name}`, sentences(text)])),
    ),
    ...section("FILES", ...FILES_NOTE, ...list(FILES.map(([path, text]) => [`Pa ${path}`, sentences(text)]))),
    ...section("EXIT STATUS", ...statusList(STATUSES), ...commands.flatMap(statusesOf)),
    ...section(
      "EXAMPLES",
      ...EXAMPLES.flatMap(([text, ...typed]) => [".Pp", sentences(text), ...literal(typed)]).slice(1),
    ),
    ...section("SEE ALSO", ".Xr ip 8 ,", ".Xr ip-route 8 ,", ".Xr ip-rule 8"),
  ];
  return `${lines.join("\n")}\n`;
}

const DESCRIPTION = [
  ".Nm",
  "asks each gateway of a range over HTTP whether it is healthy, and keeps a route over exactly the healthy ones through",
  ".Xr ip 8 .",
  "While one gateway is healthy the route is always there, and it is replaced in one step.",
  "When a gateway leaves, only its own connections move; when it returns, only its own share moves back to it.",
  "Without any, the route goes, and traffic takes the normal routing tables, unless",
  ".Fl min\\-healthy\\-policy",
  "says otherwise.",
  ".Pp",
  "Only entries with its own mark, protocol 173, are touched.",
  "On SIGTERM and SIGINT it removes all of them; what a killed run has left is taken over by the next start.",
  ".Pp",
  "With",
  ".Fl ddns\\-provider",
  "a DNS name is kept on the public addresses of the active gateways.",
  "On",
  ".Fl metrics\\-port",
  "it answers",
  ".Pa /metrics",
  "for Prometheus,",
  ".Pa /healthz ,",
  ".Pa /readyz",
  "and",
  ".Pa /api/v1 .",
  ".Pp",
  "It needs root or",
  ".Dv CAP_NET_ADMIN .",
];

const FLAGS = [
  "A flag takes one dash or two, and its value after a space or an equals sign.",
  "A boolean stands alone or takes its value after an equals sign.",
  "Durations are written 500ms, 3s or 1m30s.",
  "Every command takes the flags of the service.",
];

const ENVIRONMENT = [
  "Each flag can be set by the variable that stands beside it, lists separated by commas.",
  "A flag wins over a variable.",
  "A secret is also read from the file that the variable with",
  ".Ev _FILE",
  "at its end names.",
  "Besides:",
];

const FILES_NOTE = ["A service has, as far as its manager wants it:"];

function command({ name, subject, help, options = [] }: CommandManual): [string, ...string[]] {
  const taken = subject === undefined ? "" : ` Ar ${word(subject.placeholder)}`;
  const own =
    options.length === 0 ? [] : list(options.map((option) => [`Fl ${usage(option)}`, sentences(option.help)]));
  return [`Ic ${word(name)}${taken} Op Ar flags`, sentences(help), ...own];
}

function usage({ flag: name, type }: Option<unknown>): string {
  return type === boolean ? word(name) : `${word(name)} Ar ${word(type.placeholder)}`;
}

function flag(option: Option<unknown>): [string, ...string[]] {
  const { help, required, fallback, repeatable } = option;
  const notes = [
    ...(required ? ["Required."] : []),
    ...(repeatable ? ["May be repeated."] : []),
    ...(fallback ? [`The default is ${fallback}.`] : []),
  ];
  const variables = variablesOf(option).map((name, index, all) => `.Ev ${name}${index < all.length - 1 ? " ," : ""}`);
  return [`Fl ${usage(option)}`, `${sentences(help)}.`, ...notes.map(plain), ".br", ...variables];
}

const statusList = (statuses: readonly (readonly [number, string])[]): string[] =>
  list(statuses.map(([status, meaning]) => [String(status), sentences(meaning)]));

function statusesOf({ name, statuses }: CommandManual): string[] {
  return statuses === undefined ? [] : [".Pp", `Of ${name}:`, ...statusList(statuses)];
}
