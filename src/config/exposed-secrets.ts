import { optionList, variableOf } from "./options.ts";
import type { Warning } from "./warning-rules.ts";

/** Warns of secrets among the flags: the kernel shows the command line of a process to every user (proc(5) cmdline). */
export function exposedSecrets(flags: Readonly<Record<string, string>>): Warning[] {
  const exposed = optionList.filter(({ secret, flag }) => secret === true && (flags[flag] ?? "") !== "");
  return exposed.map((option) => ({
    detail: `-${option.flag} is on the command line, where every user of this machine can read it`,
    remedy: `set ${variableOf(option)}_FILE to a file that holds it, or ${variableOf(option)} in the environment`,
  }));
}
