/**
 * A word of a command line in a systemd unit (systemd.syntax(7), systemd.service(5)): quoted, with specifiers and
 * variables escaped. systemd does not expand variables in the first word, the program.
 */
export function systemdWord(word: string, index: number): string {
  const specified = word.replaceAll("%", "%%");
  const escaped = index === 0 ? specified : specified.replaceAll("$", "$$$$");
  if (/^[\w@%+=:,./$-]+$/.test(escaped)) return escaped;
  return `"${escaped.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
