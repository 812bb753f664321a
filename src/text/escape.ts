/**
 * Invisible characters, which change what is read: controls of C0 and C1, line and paragraph separators, those
 * that turn the direction of text (bidi), and those without a width, such as zero-width spaces, soft hyphens, fillers and
 * tags (Unicode's Cc, Cf, Zl, Zp and Default_Ignorable_Code_Point; Cs are halves of a surrogate pair).
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** The same but for the controls of C0, which a text for a terminal has of its own: colours and line breaks. */
const UNSEEN_ON_TERMINAL = /[\x7f-\x9f\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Text from outside, with everything escaped that could break a line, control a terminal or hide what is written. */
export function escapeControls(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/** The same for a text of several lines, whose line breaks are our own. */
export function escapeLines(text: string): string {
  return text.replace(UNSEEN, (character) => (character === "\n" ? character : escaped(character)));
}

/** The same for a text that is laid out for a terminal already, with colours. In JSON it changes how it is written only. */
export function escapeLaidOut(text: string): string {
  return text.replace(UNSEEN_ON_TERMINAL, escaped);
}

/** The same for metrics, whose label values have backslashes doubled (Prometheus' text format). */
export function escapeMetrics(text: string): string {
  return text.replace(UNSEEN_ON_TERMINAL, (character) => escaped(character).replaceAll("\\", "\\\\"));
}

/** Each half of a surrogate pair for itself, as JSON has it. */
function escaped(character: string): string {
  return character.split("").map(escapedUnit).join("");
}

function escapedUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

const MAX_QUOTE = 200;

/** A text in quotes as in JSON, without control characters; the end of a very long one is cut off. */
export function quote(text: string): string {
  const cut = text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE)}...` : text;
  return escapeControls(JSON.stringify(cut));
}
