/** Control characters of C0 and C1, and the separators that some programs treat as line breaks. */
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

/** Text from outside, with everything escaped that could break a line or control a terminal. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const MAX_QUOTE = 200;

/** A text in quotes as in JSON, without control characters; the end of a very long one is cut off. */
export function quote(text: string): string {
  const cut = text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE)}...` : text;
  return escapeControls(JSON.stringify(cut));
}
