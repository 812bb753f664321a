import { type Group, type Option, optionList, variableOf } from "./options.ts";
import { boolean, type ValueType } from "./values.ts";

/** All headings, in their order. */
export const GROUPS: readonly Group[] = [
  "Gateways",
  "Health checks",
  "Routing",
  "DDNS",
  "Public addresses",
  "Hooks",
  "Service",
];

/** The options under a heading. */
export function rowsOf(group: Group): Option<unknown>[] {
  return optionList.filter((option) => option.group === group);
}

function notes(option: Option<unknown>): string {
  const parts = [];
  if (option.required) parts.push("required");
  if (option.fallback) parts.push(`default ${option.fallback}`);
  if (option.repeatable) parts.push("may be repeated");
  return parts.length > 0 ? ` (${parts.join("; ")})` : "";
}

function synopsis(option: Option<unknown>): string {
  return option.type === boolean ? `-${option.flag}` : `-${option.flag} ${option.type.placeholder}`;
}

const HELP_COLUMN = Math.max(...optionList.map((option) => synopsis(option).length)) + 2;

function entry(flag: string, meaning: string): string {
  return `  ${flag.padEnd(HELP_COLUMN)}${meaning}`;
}

/** Every variable that an option is read from, those that win first. */
export function variablesOf(option: Option<unknown>): readonly string[] {
  const { secret, legacyVariable } = option;
  const names = [variableOf(option), ...(legacyVariable === undefined ? [] : [legacyVariable])];
  return names.flatMap((name) => (secret ? [name, `${name}_FILE`] : [name]));
}

/** What `-help` tells of a command. */
export interface CommandHelp {
  readonly name: string;
  readonly subject?: ValueType<unknown>;
  readonly help: string;
  readonly options?: readonly Option<unknown>[];
}

/** The lines about the commands, and about their own flags. */
function commandLines(commands: readonly CommandHelp[]): string[] {
  const heads = commands.map(({ name, subject }) =>
    [name, ...(subject === undefined ? [] : [subject.placeholder])].join(" "),
  );
  const column = Math.max(...heads.map(({ length }) => length)) + 2;
  return commands.flatMap(({ help, options = [] }, index) => [
    `  ${heads[index]!.padEnd(column)}${help}`,
    ...options.map((option) => `    ${synopsis(option)}: ${option.help}`),
  ]);
}

/** What `-help` prints. */
export function helpText(commands: readonly CommandHelp[]): string {
  const lines = [
    "Usage: gateway-route-manager -start-ip ADDRESS -end-ip ADDRESS [flags]",
    "       gateway-route-manager COMMAND [flags]",
    "",
    "Probes a range of gateways over HTTP and keeps an ECMP route over exactly the healthy ones.",
    "",
    "Commands:",
    ...commandLines(commands),
  ];
  for (const group of GROUPS) {
    lines.push("", `${group}:`);
    for (const option of rowsOf(group)) {
      lines.push(entry(synopsis(option), `${option.help.replaceAll("`", "")}${notes(option)}`));
    }
  }
  lines.push(
    "",
    entry("-help", "print this and exit"),
    entry("-version", "print the version and exit"),
    "",
    "A flag takes one dash or two, and its value after a space or `=`. Durations are written 500ms, 3s, 1m30s.",
    "Each flag can also be set in the environment: -check-period as GRM_CHECK_PERIOD, lists separated by commas.",
    "Passwords are also read from a file: GRM_DDNS_PASSWORD_FILE names it. A flag wins over the environment.",
  );
  return `${lines.join("\n")}\n`;
}

/** The README's tables of flags, one for each group. */
export function optionsMarkdown(): string {
  const sections = GROUPS.map((group) => {
    const rows = rowsOf(group).map((option) => {
      const fallback = option.required ? "*required*" : option.fallback ? `\`${option.fallback}\`` : "*none*";
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
