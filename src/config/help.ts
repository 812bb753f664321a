import { breakLines, hanging, READABLE_WIDTH } from "../text/lines.ts";
import { type Group, GROUPS, INFORMATION_FLAGS, type Option, optionList, variableOf } from "./options.ts";
import { boolean, type ValueType } from "./values.ts";

/** The options under a heading. */
export function rowsOf(group: Group): Option<unknown>[] {
  return optionList.filter((option) => option.group === group);
}

/** What the program is for. */
export const PURPOSE = "Probes gateways over HTTP and keeps an ECMP route over the healthy ones.";

/** What the flags do that print something instead of starting the service. */
export const INFORMATION_HELP: Readonly<Record<(typeof INFORMATION_FLAGS)[number], string>> = {
  help: "print a summary of all commands and flags, with a command that of the command, and exit",
  version: "print the version, and exit",
};

/** A flag with the placeholder of its value: `-port PORT`. */
export function synopsis({ flag, type }: Pick<Option<unknown>, "flag" | "type">): string {
  return type === boolean ? `-${flag}` : `-${flag} ${type.placeholder}`;
}

/** Every variable that an option is read from, those that win first. */
export function variablesOf(option: Option<unknown>): readonly string[] {
  const { secret, legacyVariable } = option;
  const names = [variableOf(option), ...(legacyVariable === undefined ? [] : [legacyVariable])];
  return names.flatMap((name) => (secret ? [name, `${name}_FILE`] : [name]));
}

/** What the documentation says about a command. */
export interface CommandHelp {
  readonly name: string;
  readonly subject?: ValueType<unknown>;
  readonly help: string;
  readonly options?: readonly Option<unknown>[];
}

/** Columns that are left for the meaning of a flag where that stands beside it; otherwise it stands below. */
const LEAST_MEANING = 24;

/**
 * What `-help` prints.
 *
 * @param width columns of the terminal, or Infinity
 */
export function helpText(commands: readonly CommandHelp[], width = Infinity): string {
  const columns = Math.min(width, READABLE_WIDTH);
  const lines = [
    "Usage: gateway-route-manager -start-ip ADDRESS -end-ip ADDRESS [flags]",
    "       gateway-route-manager -gateway GATEWAY ... [flags]",
    "       gateway-route-manager -config FILE [flags of its table [service]]",
    "       gateway-route-manager COMMAND [flags]",
    "",
    ...breakLines(PURPOSE, columns),
    "",
    "Documentation:",
    ...table(DOCUMENTATION, columns),
    "",
    "Commands (without one, the service runs):",
    ...table(commands.flatMap(commandRows), columns, COMMAND_COLUMN),
    ...GROUPS.flatMap((group) => ["", `${group}:`, ...table(rowsOf(group).map(flagRow), columns, FLAG_COLUMN)]),
    "",
    "Other flags:",
    ...table(
      INFORMATION_FLAGS.map((flag) => [`-${flag}`, INFORMATION_HELP[flag]]),
      columns,
      FLAG_COLUMN,
    ),
    "",
    ...NOTES.flatMap((note) => breakLines(note, columns)),
  ];
  return `${lines.join("\n")}\n`;
}

type Row = readonly [head: string, meaning: string];

const DOCUMENTATION: readonly Row[] = [
  ["gateway-route-manager help", "list of the topics"],
  ["gateway-route-manager help TOPIC", "one topic, such as getting-started"],
  ["gateway-route-manager help -FLAG", "one flag, such as -check-period, with an example"],
  ["gateway-route-manager help COMMAND", "one command, such as status, with its exit statuses"],
];

const NOTES = [
  "A flag has one dash or two, and its value follows after a space or `=`; a boolean takes its value only after `=`.",
  "Durations are written 500ms, 3s or 1m30s.",
  "Each flag can also be set by an environment variable: -check-period by GRM_CHECK_PERIOD, lists separated by commas, or by spaces where the values have commas.",
  "Secrets can also be read from a file: GRM_DDNS_PASSWORD_FILE names it. A flag wins over the environment.",
];

/** Longer heads have a line of their own. */
const COMMAND_COLUMN = 34;

const FLAG_COLUMN = Math.max(...optionList.map((option) => synopsis(option).length)) + 4;

/** Heads with their meanings beside them, or below them where there is too little room. */
function table(rows: readonly Row[], width: number, column = Math.max(...rows.map(([head]) => head.length)) + 4) {
  const start = width - column < LEAST_MEANING ? 6 : column;
  return rows.flatMap(([head, meaning]) => hanging(`  ${head}`, meaning, start, width));
}

function commandRows({ name, subject, help, options = [] }: CommandHelp): Row[] {
  return [
    [subject === undefined ? name : `${name} ${subject.placeholder}`, help],
    ...options.map((option): Row => [`  ${synopsis(option)}`, option.help]),
  ];
}

function flagRow(option: Option<unknown>): Row {
  const notes = [
    ...(option.fallback ? [`default ${option.fallback}`] : []),
    ...(option.repeatable ? ["may be repeated"] : []),
  ];
  return [synopsis(option), option.help.replaceAll("`", "") + (notes.length > 0 ? ` (${notes.join("; ")})` : "")];
}

/** The guide's tables of flags, one for each group. */
export function optionsMarkdown(): string {
  const sections = GROUPS.map((group) => {
    const rows = rowsOf(group).map((option) => {
      const fallback = option.fallback ? `\`${option.fallback}\`` : "*none*";
      const variables = variablesOf(option).map((name) => `\`${name}\``);
      const help = `${option.help}${option.repeatable ? " (may be repeated)" : ""}`.replaceAll("|", "\\|");
      return `| \`-${option.flag}\` | ${fallback} | ${help} | ${variables.join(" ")} |`;
    });
    return [
      `**${group}**`,
      "",
      "| Flag | Default | Meaning | Environment |",
      "| --- | --- | --- | --- |",
      ...rows,
    ].join("\n");
  });
  return `${sections.join("\n\n")}\n`;
}
