import { INFORMATION_HELP, synopsis, variablesOf } from "../../config/help.ts";
import { INFORMATION_FLAGS, type Option, optionList } from "../../config/options.ts";
import { boolean } from "../../config/values.ts";
import type { Page } from "../../guide/guide.ts";
import type { Command } from "../commands/command.ts";
import { NAME } from "../program.ts";
import { sentence } from "./pieces.ts";

/** A flag, and where it may be given. */
export interface Flag {
  readonly option: Option<unknown>;
  /** Names of the commands that have it as their own; without it, the flag belongs to the service and every command. */
  readonly commands?: readonly string[];
  /** Whether it prints something and nothing else happens. */
  readonly information?: true;
}

/** Every flag: those of the service, those of single commands, and `-help` and `-version`. */
export function allFlags(commands: readonly Command[]): readonly Flag[] {
  const own = new Map<string, { option: Option<unknown>; commands: string[] }>();
  for (const { name, options = [] } of commands) {
    for (const option of options) {
      const entry = own.get(option.flag) ?? { option, commands: [] };
      own.set(option.flag, { ...entry, commands: [...entry.commands, name] });
    }
  }
  const information = INFORMATION_FLAGS.map((flag): Flag => {
    return { option: { flag, group: "Service", type: boolean, help: INFORMATION_HELP[flag] }, information: true };
  });
  return [...optionList.map((option) => ({ option })), ...own.values(), ...information];
}

/** A flag as a Markdown page: its meaning, values, default, variables, an example, and the topics that explain it. */
export function flagPage(flag: Flag, pages: readonly Page[]): string {
  const { option } = flag;
  return `# ${synopsis(option)}

${sentence(option.help)}

${facts(flag, pages)
  .map(([name, text]) => `- ${name}: ${text}`)
  .join("\n")}
`;
}

const code = (text: string): string => `\`${text}\``;

function facts({ option, commands, information }: Flag, pages: readonly Page[]): [name: string, text: string][] {
  if (information) return [["Example", code(`${NAME} -${option.flag}`)]];
  const { fallback, repeatable } = option;
  const topics = pages.filter(({ topic, markdown }) => topic !== "flags" && mentions(markdown, option.flag));
  return [
    ...(commands ? [["Flag of", commands.map(code).join(", ")] as [string, string]] : []),
    ["Value", valueOf(option)],
    ["Default", fallback ? code(fallback) : "none"],
    ...(commands ? [] : [["Environment", variablesOf(option).map(code).join(", ")] as [string, string]]),
    ["Repeatable", repeatable ? `yes; one value may also be a list separated by ${repeatable}` : "no"],
    ["Example", code(exampleOf(option))],
    ...(topics.length > 0
      ? [["See also", topics.map(({ topic }) => code(`help ${topic}`)).join(", ")] as [string, string]]
      : []),
  ];
}

/** Whether the text of a page names a flag; its examples do not count, nor does a longer flag. */
function mentions(markdown: string, flag: string): boolean {
  return new RegExp(`\`-${flag}(?![\\w-])`).test(markdown);
}

/** What is expected, as the error for a wrong value says it. */
function valueOf({ type }: Option<unknown>): string {
  if (type === boolean) return "`true` or `false`; without a value, `true`";
  const parsed = type.parse("");
  return parsed.ok ? "a text" : parsed.expected;
}

/** The flag with a value; a secret by the variable that names its file. */
export function exampleOf(option: Option<unknown>): string {
  const { flag, type, secret, fallback } = option;
  if (secret) return `${variablesOf(option)[1]}=/etc/gateway-route-manager/${flag}`;
  if (type === boolean) return fallback === "true" ? `-${flag}=false` : `-${flag}`;
  return `-${flag} ${type.example ?? type.words!.find((word) => word !== fallback)}`;
}
