import { quote } from "./escape.ts";

const LONGEST = 80;

/** A text without these secrets, should a server have echoed them, as they are or escaped by JSON. */
export function redact(text: string, secrets: readonly string[]): string {
  const forms = secrets
    .filter((secret) => secret.trim() !== "")
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  forms.sort((a, b) => b.length - a.length); // one may be the beginning of another
  return forms.reduce((rest, form) => rest.replaceAll(form, "(hidden)"), text);
}

/** A text without the users and passwords of URLs in it. */
export function withoutUsers(text: string): string {
  return text.replaceAll(/(?<=:\/\/)[^\s"']+(?=@)/g, "...");
}

/** The beginning of a text from outside, fit for a message: in quotes, without secrets and control characters. */
export function excerpt(text: string, secrets: readonly string[] = []): string {
  const clean = redact(text, secrets);
  return quote(clean.length > LONGEST ? `${clean.slice(0, LONGEST)}...` : clean);
}
