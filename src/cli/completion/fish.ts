import { type CommandWords, type Flag, listing, PLACING, type Vocabulary } from "./vocabulary.ts";

/** The function that asks the program for words. */
const ASK = "__gateway_route_manager_ask";

/** Runs the program with the flags on the line that say which service is meant. */
const ASK_FUNCTION = `\
# Runs the program with the flags on the line that say which service is meant.
function ${ASK}
    set -l words (commandline -op)
    set -l given
    for i in (seq (count $words))
        switch $words[$i]
            case ${PLACING.flatMap((name) => [`-${name}`, `--${name}`]).join(" ")}
                set -a given $words[$i] (string replace -r '^~/' "$HOME/" -- $words[(math $i + 1)])
            case ${PLACING.flatMap((name) => [`'-${name}=*'`, `'--${name}=*'`]).join(" ")}
                set -a given $words[$i]
        end
    end
    command gateway-route-manager $argv $given 2>/dev/null
end
`;

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** Conditions in fish: the command is `name`; so many words precede the completed one, including the program. */
const isCommand = (name: string): string => `contains -- ${name} (commandline -opc)[2]`;
const isAt = (words: number): string => `test (count (commandline -opc)) = ${words}`;

function line(...words: readonly string[]): string {
  return ["complete -c gateway-route-manager", ...words].join(" ");
}

/** A flag with one dash (-o) or two (-l); its value (-x) is completed to a file name only where it is one (-r -F). */
function flagLine({ name, help, takesWord, words, files, pools }: Flag, ...condition: readonly string[]): string {
  const values = pools ? `(${ASK} print pools)` : words.join(" ");
  const offered = values === "" ? [] : ["-a", quoted(values)];
  const value = files ? ["-r", "-F"] : takesWord ? ["-x"] : [];
  return line(...condition, "-o", name, "-l", name, ...value, ...offered, "-d", quoted(help));
}

function commandLines(command: CommandWords): string[] {
  const { name, help, subjects, listsSubjects, flags } = command;
  const when = quoted(`${isAt(2)}; and ${isCommand(name)}`);
  return [
    line("-n", quoted(isAt(1)), "-a", name, "-d", quoted(help)),
    ...(subjects.length > 0 ? [line("-n", when, "-a", quoted(subjects.join(" ")))] : []),
    ...(listsSubjects ? [line("-n", when, "-a", quoted(`(${listing(command, ASK).replace("||", "; or")})`))] : []),
    ...flags.map((flag) => flagLine(flag, "-n", quoted(isCommand(name)))),
  ];
}

/** The completion script for fish 3.0 or newer. */
export function fishCompletion({ commands, flags }: Vocabulary): string {
  const lines = [
    "# Completions of gateway-route-manager for fish.",
    "",
    ASK_FUNCTION,
    line("-f"),
    ...commands.flatMap(commandLines),
    ...flags.map((flag) => flagLine(flag)),
  ];
  return `${lines.join("\n")}\n`;
}
