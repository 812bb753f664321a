import { parseDuration } from "../net/duration.ts";
import { isAddress } from "../net/address.ts";
import { quote } from "../text/escape.ts";

/** The value of a text, or what was expected in its place. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly expected: string };

/** One kind of option value: how help names it and how its text is read. */
export interface ValueType<T> {
  readonly placeholder: string;
  parse(text: string): Parsed<T>;
  /** Texts that a shell offers: all there are, or the usual ones. */
  readonly words?: readonly string[];
  /** A text for the documentation; where `words` are all there are, one of them serves. */
  readonly example?: string;
  /** How messages show a wrong text; unchanged by default. */
  readonly show?: (text: string) => string;
  /** How a configuration file writes such a value; as any text where this is left out. */
  readonly schema?: ValueSchema;
}

/** The form of a value in a configuration file, in the words of JSON Schema. Its text must be as for a flag all the same. */
export type ValueSchema =
  | { readonly type: "integer"; readonly minimum: number; readonly maximum: number }
  | { readonly type: "boolean" }
  | { readonly type: "string"; readonly enum: readonly string[] }
  | { readonly type: "string"; readonly pattern: string }
  /** A text, or a number that is written as hexadecimal digits there. */
  | { readonly type: readonly ["string", "integer"] };

/** A text of this form. */
export const textLike = (pattern: string): ValueSchema => ({ type: "string", pattern });

export const ok = <T>(value: T): Parsed<T> => ({ ok: true, value });
export const expected = (what: string): Parsed<never> => ({ ok: false, expected: what });

const LONGEST_MS = 24 * 3_600_000; // timers hold 24.8 days; nothing here is sensibly longer than a day

/** A whole number within bounds, both included. */
export function integer(placeholder: string, least: number, most: number, example = String(least)): ValueType<number> {
  return {
    placeholder,
    example,
    schema: { type: "integer", minimum: least, maximum: most },
    parse(text) {
      const value = /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? ok(value) : expected(`a whole number from ${least} to ${most}`);
    },
  };
}

export const port = integer("PORT", 1, 65535, "8080");

/** A duration in milliseconds; a number without a unit is answered with the most likely one. */
function durationOf(what: string, example: string, fits: (milliseconds: number) => boolean): ValueType<number> {
  return {
    placeholder: "DURATION",
    example,
    schema: textLike(String.raw`^(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$`),
    parse(text) {
      const value = parseDuration(text);
      if (value !== undefined && fits(value)) return ok(value);
      const lacksUnit = value === undefined && /^\d+(\.\d+)?$/.test(text);
      return expected(lacksUnit ? `a duration with a unit; did you mean ${text}s?` : what);
    },
  };
}

/** A duration above zero and up to a day. */
export const duration = durationOf(
  "a duration above 0 and up to 24h, such as 500ms, 3s or 1m30s",
  "2s",
  (value) => value > 0 && value <= LONGEST_MS,
);

/** The first hold of a gateway that flaps: up to an hour, or 0 for none. */
export const holdTime = durationOf(
  "a duration up to 1h, such as 30s, or 0 for none",
  "30s",
  (value) => value >= 0 && value <= 3_600_000,
);

/** A wait: up to a day, or 0 for none. */
export const wait = durationOf(
  "a duration up to 24h, such as 5m, or 0 for none",
  "5m",
  (value) => value >= 0 && value <= LONGEST_MS,
);

/** A duration of at least a second: the period of requests to a service of others. */
export const gentlePeriod = durationOf(
  "a duration from 1s to 24h, such as 30s",
  "1m",
  (value) => value >= 1000 && value <= LONGEST_MS,
);

/** Longest time to live that DNS has, in seconds (RFC 2181). */
const LONGEST_TTL_S = 2 ** 31 - 1;

/** A DNS time to live: whole seconds. */
export const ttl = durationOf(
  "a duration of whole seconds, such as 60s or 2m",
  "2m",
  (value) => value >= 1000 && value <= LONGEST_TTL_S * 1000 && value % 1000 === 0,
);

const TRUE = ["true", "1", "t", "T", "TRUE", "True"];
const FALSE = ["false", "0", "f", "F", "FALSE", "False"];

export const boolean: ValueType<boolean> = {
  placeholder: "true|false",
  words: ["true", "false"],
  schema: { type: "boolean" },
  parse(text) {
    if (TRUE.includes(text)) return ok(true);
    return FALSE.includes(text) ? ok(false) : expected("true or false");
  },
};

/** One of a few words, in any letter case. */
export function choice<const T extends string>(...words: readonly T[]): ValueType<T> {
  const listed = words.length === 1 ? words[0]! : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  return {
    placeholder: words.join("|"),
    words,
    schema: { type: "string", enum: words },
    parse(text) {
      const word = words.find((candidate) => candidate === text.toLowerCase());
      return word === undefined ? expected(listed) : ok(word);
    },
  };
}

/** A path, perhaps with a query; the empty text, or a query alone, is about the root, as in the URLs of Go. */
export const urlPath: ValueType<string> = {
  placeholder: "PATH",
  example: "/health",
  parse(text) {
    if (/^\w[\w./%-]*$/.test(text)) return expected(`a path that starts with "/"; did you mean ${quote(`/${text}`)}?`);
    if (text === "" || text.startsWith("?")) return readPath(`/${text}`);
    if (!text.startsWith("/")) return expected('a path that starts with "/"'); // a flag in place of a value, perhaps
    return readPath(text);
  },
};

/** The path of a look-up, to which the earlier program added the first slash where that was missing. */
export const lookUpPath: ValueType<string> = {
  ...urlPath,
  example: "/v1/publicip/ip",
  parse: (text) => urlPath.parse(/^\w(?!.*:\/\/)/.test(text) ? `/${text}` : text),
};

function readPath(text: string): Parsed<string> {
  return /^[\x21-\x7e]+$/.test(text) && !text.includes("#")
    ? ok(text)
    : expected('a URL path of visible ASCII characters without "#"; write others as %XX');
}

/** URLs take a name that ends so for an address, `127.1` and `0x7f000001` too (WHATWG URL, "ends in a number"). */
const NUMERIC_END = /(^|\.)(\d+|0x[0-9a-f]*)$/i;

export const hostname: ValueType<string> = {
  placeholder: "HOSTNAME",
  example: "gateways.example.com",
  parse(text) {
    const name = text.replace(/\.$/, "");
    if (isAddress(name)) return ok(name);
    const reason = HOSTNAME_FAULTS.find(([isFaulty]) => isFaulty(name))?.[1];
    return reason === undefined ? ok(name) : expected(`a host name such as gateways.example.com, ${reason(name)}`);
  },
};

/** A name under which clients reach this machine, in small letters; addresses need no permission. */
export const ownHostname: ValueType<string> = {
  placeholder: "NAME",
  example: "router.example.com",
  parse(text) {
    if (isAddress(text) || text.includes("[") || /^[\da-f]*:[\da-f:]*:/i.test(text))
      return expected("a host name such as router.example.com; addresses are always allowed");
    const parsed = hostname.parse(text);
    return parsed.ok ? ok(parsed.value.toLowerCase()) : expected(parsed.expected.replace("gateways.", "router."));
  },
};

const labelsOf = (name: string): string[] => name.split(".");

/** What a host name must not be, and how it should be. */
const HOSTNAME_FAULTS: readonly (readonly [isFaulty: (name: string) => boolean, reason: (name: string) => string])[] = [
  [(name) => name.includes("*"), () => "without a wildcard (*)"],
  [(name) => /[:/?#@]/.test(name), () => "without scheme, user, port and path"],
  [(name) => /\s/.test(name), () => "without spaces"],
  [(name) => /[^\x00-\x7f]/.test(name), (name) => `in ASCII${didYouMean(name)}`],
  [
    (name) => labelsOf(name).includes(""),
    (name) => (name === "" ? "of at least one letter" : "without an empty part between dots"),
  ],
  [(name) => NUMERIC_END.test(name), () => "that does not end in a number, which makes it an address"],
  [(name) => labelsOf(name).some((label) => label.length > 63), () => "of parts with at most 63 characters"],
  [(name) => name.length > 253, () => "of at most 253 characters"],
  [(name) => !/^[\w.-]*$/.test(name), () => "of letters, digits, hyphens and underscores"],
  [
    (name) => labelsOf(name).some((label) => /^-|-$/.test(label)),
    () => "whose parts begin and end with a letter or a digit",
  ],
];

/** The ASCII form of an international name (IDNA), as URLs have it. */
function didYouMean(name: string): string {
  const url = `http://${name}`;
  return URL.canParse(url) ? `; did you mean ${new URL(url).hostname}?` : "";
}

/** Where to listen: an address of this machine, or `all`. A text with a colon is not checked: the kernel knows IPv6. */
export const listenAddress: ValueType<string> = {
  placeholder: "ADDRESS",
  words: ["all", "127.0.0.1"],
  example: "127.0.0.1",
  parse: (text) =>
    text === "all" || isAddress(text) || /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text)
      ? ok(text)
      : expected("an address of this machine such as 127.0.0.1, or all"),
};

/** Where an API lives: `https://host[:port][/path]`, kept without a slash at the end. */
export const baseUrl: ValueType<string> = {
  placeholder: "URL",
  example: "https://api.example.com/v2",
  show: (text) => {
    const [, scheme = "", rest] = /^(https?:\/\/)?(.*)$/is.exec(text)!;
    const [at, end] = [rest!.lastIndexOf("@"), rest!.search(/[?#]/)];
    if (end >= 0 && at > end) return `${scheme}...`; // where a secret may begin and end is unclear
    return scheme + rest!.replace(/^.*@/s, "...@").replace(/([?#]).*$/s, "$1...");
  },
  parse(text) {
    const url = URL.canParse(text) && /^https?:\/\/[\x21-\x7e]+$/i.test(text) ? new URL(text) : undefined;
    if (!url) return expected("a URL such as https://api.example.com/v2");
    return url.username || url.password || url.search || url.hash || /[?#@]/.test(text)
      ? expected("a URL without user, password, query or fragment, such as https://api.example.com/v2")
      : ok(url.href.replace(/\/+$/, ""));
  },
};

/** Bytes of the longest path (path_resolution(7)). */
export const MAX_PATH = 4095;
/** The same of a Unix socket (unix(7)). */
export const MAX_SOCKET_PATH = 107;

/** The path of a file that the service writes. */
export function absolutePath(mostBytes: number, example: string): ValueType<string> {
  return {
    placeholder: "PATH",
    example,
    parse: (text) => parsePath(text, mostBytes, `an absolute path such as ${example}`),
  };
}

/** The path of a file of the service's own; null for none. */
export function ownPath(mostBytes: number, example: string): ValueType<string | null> {
  return {
    placeholder: "PATH|none",
    words: ["none"],
    example,
    parse(text) {
      return text === "none" ? ok(null) : parsePath(text, mostBytes, `an absolute path such as ${example}, or none`);
    },
  };
}

function parsePath(text: string, mostBytes: number, form: string): Parsed<string> {
  if (!/^\/.*[^/]$/.test(text)) return expected(form);
  if (/[\x00-\x1f\x7f]/.test(text)) return expected("a path without control characters");
  const bytes = Buffer.byteLength(text);
  return bytes <= mostBytes ? ok(text) : expected(`a path of at most ${mostBytes} bytes (got ${bytes})`);
}

/** A secret that becomes a header of HTTP as it is. */
export const headerText: ValueType<string> = {
  placeholder: "TEXT",
  example: "0123456789abcdef",
  parse: (text) =>
    /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text)
      ? ok(text)
      : expected("ASCII characters without spaces around them, as API keys have"),
};

/** A text such as a user name or a password, which ends up in a header of HTTP. */
export const text: ValueType<string> = {
  placeholder: "TEXT",
  example: "router",
  parse: (text) =>
    /[\x00-\x1f\x7f]/.test(text) ? expected("a text without line breaks or other control characters") : ok(text),
};

/** The path of a file. */
export const filePath: ValueType<string> = {
  placeholder: "FILE",
  example: "/etc/gateway-route-manager/config.toml",
  parse: (text) => (text !== "" && !/[\x00-\x1f\x7f]/.test(text) ? ok(text) : expected("the path of a file")),
};
