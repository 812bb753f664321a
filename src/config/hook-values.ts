import type { ValueType } from "./values.ts";

/**
 * A command without a shell: the absolute path of a program, and its arguments. A text that a shell would expand, redirect
 * or combine is rejected, so that an accepted text means what it would mean to a shell.
 */
export const command: ValueType<readonly string[]> = {
  placeholder: "COMMAND",
  example: "/etc/gateway-route-manager/notify",
  show: (text) => /^\s*\S*/.exec(text)![0].trim(), // an argument may be a secret
  parse(text) {
    const words = commandWords(text);
    if (words?.[0]?.startsWith("/")) return { ok: true, value: words };
    const expected = words
      ? "the absolute path of a program, and its arguments, such as /etc/gateway-route-manager/notify"
      : "a path and plain arguments: there is no shell, so close every quote, and move what needs one into a script";
    return { ok: false, expected };
  },
};

/** One part of a word: plain, escaped, or in quotes of either kind. In double quotes only \" and \\ are escapes. */
const PART =
  /[^\s\\'"|&;<>()$`*?[\x00-\x1f\x7f]+|\\[\x20-\x7e\u0080-\u{10ffff}]|'[^'\x00-\x1f\x7f]*'|"(?:[^"\\$`\x00-\x1f\x7f]|\\["\\])*"/uy;

/**
 * The words of a command as a shell would part them.
 *
 * @returns undefined where a shell would do more than that: expand, redirect, combine, or wait for a closing quote
 */
export function commandWords(text: string): string[] | undefined {
  const words: string[] = [];
  const spaces = /[ \t]*/y;
  let at = 0;
  for (;;) {
    spaces.lastIndex = at;
    at += spaces.exec(text)![0].length;
    if (at === text.length) return words;
    if (/[~#]/.test(text[at]!)) return undefined; // a home, a comment
    let word = "";
    for (PART.lastIndex = at; at < text.length && !/[ \t]/.test(text[at]!); at = PART.lastIndex) {
      const part = PART.exec(text)?.[0];
      if (part === undefined) return undefined;
      word += unquoted(part);
    }
    words.push(word);
  }
}

function unquoted(part: string): string {
  if (part.startsWith("'")) return part.slice(1, -1);
  if (part.startsWith('"')) return part.slice(1, -1).replaceAll(/\\(["\\])/g, "$1");
  return part.startsWith("\\") ? part.slice(1) : part;
}

/** Where notifications are sent. A user, a password or a token may be part of it, so all of it is a secret. */
export const webhookUrl: ValueType<string> = {
  placeholder: "URL",
  example: "https://ntfy.example.com/gateways",
  parse(text) {
    const url = /^https?:\/\/[\x21-\x7e]+$/i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
    return url && !text.includes("#")
      ? { ok: true, value: url.href }
      : { ok: false, expected: "a URL without fragment, such as https://ntfy.example.com/gateways" };
  },
};
