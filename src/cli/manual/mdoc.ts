/** Pieces of a manual in mdoc(7). */

/** Text as mdoc shows it: no character of it is a command. */
export function plain(text: string): string {
  const escaped = text.replaceAll("\\", "\\e").replaceAll("`", "");
  return escaped.replaceAll(/^(?=[.'])/gm, "\\&");
}

/** A word as an argument of a macro: never taken for another macro's name, nor for punctuation. */
export function word(text: string): string {
  return /^[A-Z][a-z]$|^[|.,:;()[\]?!]+$/.test(text) ? `\\&${plain(text)}` : plain(text).replaceAll("-", "\\-");
}

/** Sentences, each on a line of its own as mdoc wants it. */
export function sentences(text: string): string {
  return plain(text.replaceAll(/(?<=[.:;!?]) +(?=[A-Z])/g, "\n"));
}

export const section = (title: string, ...lines: readonly string[]): string[] => [`.Sh ${title}`, ...lines];

/** A list of heads, each a macro line without its `.It`, with what is said of them. */
export function list(
  items: readonly (readonly [head: string, ...body: string[]])[],
  kind = "-tag -width Ds",
): string[] {
  return [`.Bl ${kind}`, ...items.flatMap(([head, ...body]) => [`.It ${head}`.trimEnd(), ...body]), ".El"];
}

/** Lines to type, as they are. */
export function literal(lines: readonly string[]): string[] {
  return [".Bd -literal -offset indent", ...lines.map(plain), ".Ed"];
}
