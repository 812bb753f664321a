/** A word as a POSIX shell takes it for one word and nothing else. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * A word of a command line in a systemd unit (systemd.syntax(7), systemd.service(5)): quoted, with specifiers and
 * variables escaped. The first word, the program, has no variables.
 */
export function systemdWord(word: string, index: number): string {
  const specified = word.replaceAll("%", "%%");
  const escaped = index === 0 ? specified : specified.replaceAll("$", "$$$$");
  if (/^[\w@%+=:,./$-]+$/.test(escaped)) return escaped;
  return `"${escaped.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
