/** A key by which a name server knows who sends a message (RFC 8945). */
export interface TsigKey {
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Buffer;
}

export type TsigAlgorithm = "hmac-sha256" | "hmac-sha512";

const ALGORITHMS: readonly TsigAlgorithm[] = ["hmac-sha256", "hmac-sha512"];

/** A comment, or a text in quotes: in that, `//` is a part of Base64. */
const COMMENT_OR_TEXT = /\/\*[\s\S]*?\*\/|(?:\/\/|#).*|("[^"\n]*")/g;

const KEY = /^key\s+("[^"\s]+"|[^"\s{};]+)\s*\{([^{}]*)\}\s*;?$/;

const NAME = /^(?=.{1,253}$)[\w-]{1,63}(\.[\w-]{1,63})*$/;

/** What is expected in place of a text that is no key. */
export type NoKey = { readonly expected: string };

/** Whether a text is meant as a key, right or wrong. */
export function isLikeTsigKey(text: string): boolean {
  return /^key\b/.test(withoutComments(text));
}

/** Reads a key in the form that tsig-keygen writes, and the configuration of BIND has. */
export function parseTsigKey(text: string): TsigKey | NoKey {
  const [, quoted, body] = KEY.exec(withoutComments(text)) ?? [];
  if (quoted === undefined) return { expected: 'the text that tsig-keygen writes: key "NAME" { ... };' };
  const name = quoted.replaceAll('"', "").replace(/\.$/, "");
  if (!NAME.test(name)) return { expected: "a key whose name is one of DNS, as tsig-keygen writes it" };
  const statements = new Map(body!.split(";").map((statement) => split(statement)));
  const algorithm = ALGORITHMS.find((one) => one === statements.get("algorithm")?.toLowerCase());
  if (!algorithm) return { expected: `a key with the algorithm ${ALGORITHMS.join(" or ")}` };
  const secret = statements.get("secret") ?? "";
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(secret)) return { expected: "a key whose secret is in Base64" };
  return { name, algorithm, secret: Buffer.from(secret, "base64") };
}

function withoutComments(text: string): string {
  return text.replaceAll(COMMENT_OR_TEXT, "$1").trim();
}

/** The word of a statement, and what it says. */
function split(statement: string): readonly [string, string] {
  const [word = "", value = ""] = statement.trim().split(/\s+/, 2);
  return [word, value.replaceAll('"', "")];
}
