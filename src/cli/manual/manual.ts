import { type CommandHelp, PURPOSE, rowsOf, variablesOf } from "../../config/help.ts";
import { GROUPS, type Option } from "../../config/options.ts";
import { boolean } from "../../config/values.ts";
import { pages } from "../../guide/guide.ts";
import { type Element, parseMarkdown, textOf } from "../../guide/markdown.ts";
import { type ExitStatus, STATUSES } from "../program.ts";
import { list, plain, section, sentences, word } from "./mdoc.ts";
import { head, mdocOf } from "./page.ts";

/** When the manual was last changed, as mdoc wants it. */
const CHANGED = "November 27, 2026";

/** Topics of the guide that become sections under their own titles; all others are only listed. */
const SECTIONS = [
  "configuration-file",
  "pools",
  "tiers",
  "thresholds",
  "kill-switch",
  "exclusions",
  "ddns",
  "maintenance",
  "hooks",
  "service",
  "kernel",
];

/** Variables that belong to no flag. */
const VARIABLES: readonly (readonly [name: string, meaning: string])[] = [
  ["NODE_EXTRA_CA_CERTS", "File with certificates of authorities to trust besides the usual ones."],
  ["NO_COLOR", "Turns off all colours on a terminal when it is set."],
  ["PAGER", "Program by which help shows what is longer than the screen; by default less or more."],
  ["NOTIFY_SOCKET", "Set by systemd: the socket for readiness and, with WATCHDOG_USEC, for signs of life."],
];

/** Files of the service, with TABLE for its -first-routing-table-id. */
const FILES: readonly (readonly [path: string, meaning: string])[] = [
  ["/etc/gateway\\-route\\-manager", "Folder of the configuration file and of secrets, as the examples have it."],
  [
    "/run/gateway\\-route\\-manager/TABLE/control.sock",
    "Socket by which drain, undrain and reload reach the service (-control-socket).",
  ],
  [
    "/var/lib/gateway\\-route\\-manager/TABLE/drained.json",
    "What remembers drained gateways over restarts (-drain-file).",
  ],
];

/** What the manual needs about a command. */
interface CommandManual extends CommandHelp {
  /** Exit statuses besides those of every command, or with another meaning. */
  readonly statuses?: readonly ExitStatus[];
}

/** The manual page gateway-route-manager(8) as mdoc(7): the guide, the table of options and the list of commands. */
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
      ".Fl gateway Ar GATEWAY ...",
      ".Op Ar flags",
      ".Nm",
      ".Fl config Ar FILE",
      ".Op Ar flags",
      ".Nm",
      ".Ar command",
      ".Op Ar subject",
      ".Op Ar flags",
    ),
    ...section("DESCRIPTION", PURPOSE, ".Pp", ...mdocOf(blocksOf("how-it-works"))),
    ...section(
      "COMMANDS",
      "Without a command, the service runs until it gets a signal.",
      ...list(commands.map(command)),
    ),
    ...section(
      "FLAGS",
      ...flagNotes(),
      ...GROUPS.flatMap((group) => [`.Ss ${group}`, ...list(rowsOf(group).map(flag))]),
    ),
    ...SECTIONS.flatMap(topicSection),
    ...section(
      "ENVIRONMENT",
      "The variable of each flag stands beside it under",
      ".Sx FLAGS .",
      "Besides:",
      ...list(VARIABLES.map(([name, text]) => [`Ev ${name}`, sentences(text)])),
    ),
    ...section("FILES", ...list(FILES.map(([path, text]) => [`Pa ${path}`, sentences(text)]))),
    ...section("EXIT STATUS", ...statusList(STATUSES), ...commands.flatMap(ownStatuses)),
    ...section("EXAMPLES", ...mdocOf(partOf("getting-started", "Examples"))),
    ...section("DIAGNOSTICS", ...mdocOf(blocksOf("troubleshooting"))),
    ...section("DOCUMENTATION", ...documentation()),
    ...section("SEE ALSO", ".Xr ip 8 ,", ".Xr ip-route 8 ,", ".Xr ip-rule 8"),
  ];
  return `${lines.join("\n")}\n`;
}

function pageOf(topic: string) {
  const page = pages.find((one) => one.topic === topic);
  if (!page) throw new Error(`cannot make the manual: the guide has no topic ${topic}`);
  return page;
}

const blocksOf = (topic: string): readonly Element[] => parseMarkdown(pageOf(topic).markdown);

/** The blocks of a page below one of its headings. */
function partOf(topic: string, title: string): readonly Element[] {
  const blocks = blocksOf(topic);
  const start = blocks.findIndex((block) => block.tag === "h2" && textOf(block) === title);
  if (start < 0) throw new Error(`cannot make the manual: the topic ${topic} has no heading ${title}`);
  const rest = blocks.slice(start + 1);
  const end = rest.findIndex(({ tag }) => tag === "h2");
  return end < 0 ? rest : rest.slice(0, end);
}

function topicSection(topic: string): string[] {
  return section(head(pageOf(topic).title.toUpperCase()), ...mdocOf(blocksOf(topic)));
}

/** What the guide says about flags before its tables of them. */
function flagNotes(): string[] {
  const blocks = blocksOf("flags");
  return mdocOf(blocks.slice(0, blocks.findIndex(({ tag }) => tag === "ul") + 1));
}

function documentation(): string[] {
  const others = pages.filter(({ topic }) => !SECTIONS.includes(topic));
  return [
    "The program shows the following topics, and those above, with",
    ".Nm",
    ".Ic help",
    ".Ar TOPIC .",
    ...list(others.map(({ topic, summary }) => [`Ic ${word(topic)}`, sentences(summary)])),
  ];
}

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
  const { help, fallback, repeatable } = option;
  const notes = [...(repeatable ? ["May be repeated."] : []), ...(fallback ? [`The default is ${fallback}.`] : [])];
  const variables = variablesOf(option).map((name, index, all) => `.Ev ${name}${index < all.length - 1 ? " ," : ""}`);
  return [`Fl ${usage(option)}`, `${sentences(help)}.`, ...notes.map(plain), ".br", ...variables];
}

const statusList = (statuses: readonly ExitStatus[]): string[] =>
  list(statuses.map(([status, meaning]) => [String(status), sentences(meaning)]));

function ownStatuses({ name, statuses }: CommandManual): string[] {
  return statuses === undefined ? [] : [".Pp", `Of ${name}:`, ...statusList(statuses)];
}
