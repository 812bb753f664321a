import { type Cidr, parseCidr } from "../net/cidr.ts";
import { parseDuration } from "../net/duration.ts";
import { type Address, isAddress, parseAddress } from "../net/address.ts";
import { quote } from "../text/escape.ts";

/** What reading a text gave: a value, or what should have stood there. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly expected: string };

/** One kind of option value: how help names it and how its text is read. */
export interface ValueType<T> {
  readonly placeholder: string;
  parse(text: string): Parsed<T>;
  /** Texts that a shell may offer: all there are, or some that are worth it. */
  readonly words?: readonly string[];
  /** How messages name a text that is wrong; as it is unless told. */
  readonly show?: (text: string) => string;
}

const ok = <T>(value: T): Parsed<T> => ({ ok: true, value });
const expected = (what: string): Parsed<never> => ({ ok: false, expected: what });

const LONGEST_MS = 24 * 3_600_000; // timers hold 24.8 days; nothing here is sensibly longer than a day

export const ipv4Address: ValueType<Address> = {
  placeholder: "ADDRESS",
  parse(text) {
    const address = parseAddress(text);
    return address === undefined ? expected("an IPv4 address such as 192.168.1.10") : ok(address);
  },
};

export const cidr: ValueType<Cidr> = {
  placeholder: "CIDR",
  parse(text) {
    const network = parseCidr(text);
    if (network) return ok(network);
    if (isAddress(text)) return expected(`a network; for this one address use ${text}/32`);
    return expected("an IPv4 network such as 192.168.0.0/16");
  },
};

/** A destination to route: a network, or `default` for everything. */
export const destination: ValueType<Cidr> = {
  placeholder: "CIDR|default",
  words: ["default"],
  parse: (text) => cidr.parse(text === "default" ? "0.0.0.0/0" : text),
};

/** A whole number within bounds, both included. */
export function integer(placeholder: string, least: number, most: number): ValueType<number> {
  return {
    placeholder,
    parse(text) {
      const value = /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? ok(value) : expected(`a whole number from ${least} to ${most}`);
    },
  };
}

export const port = integer("PORT", 1, 65535);

/** A duration in milliseconds, above zero and up to a day. */
export const duration: ValueType<number> = {
  placeholder: "DURATION",
  parse(text) {
    const value = parseDuration(text);
    if (value !== undefined && value > 0 && value <= LONGEST_MS) return ok(value);
    if (/^\d+(\.\d+)?$/.test(text) && value !== 0) return expected(`a duration with a unit; did you mean ${text}s?`);
    return expected("a duration above 0 and up to 24h, such as 500ms, 3s or 1m30s");
  },
};

const LONGEST_HOLD_MS = 3_600_000;

/** How long something is held, in milliseconds: up to an hour, or not at all. */
export const holdTime: ValueType<number> = {
  placeholder: "DURATION",
  parse(text) {
    if (parseDuration(text) === 0) return ok(0);
    const parsed = duration.parse(text);
    return parsed.ok && parsed.value > LONGEST_HOLD_MS
      ? expected("a duration up to 1h, such as 30s, or 0 for none")
      : parsed;
  },
};

/** A duration of at least a second: the period of something that others have to answer. */
export const gentlePeriod: ValueType<number> = {
  placeholder: "DURATION",
  parse(text) {
    const parsed = duration.parse(text);
    return parsed.ok && parsed.value < 1000 ? expected("a duration of 1s or more, such as 30s") : parsed;
  },
};

/** Longest time to live that DNS has, in seconds (RFC 2181). */
const LONGEST_TTL_S = 2 ** 31 - 1;

/** A DNS time to live in whole seconds, kept in milliseconds like every duration. */
export const ttl: ValueType<number> = {
  placeholder: "DURATION",
  parse(text) {
    const value = parseDuration(text);
    if (value !== undefined && value >= 1000 && value <= LONGEST_TTL_S * 1000 && value % 1000 === 0) return ok(value);
    const parsed = duration.parse(text);
    return parsed.ok || value !== undefined ? expected("a duration of whole seconds, such as 60s or 2m") : parsed;
  },
};

const TRUE = ["true", "1", "t", "T", "TRUE", "True"];
const FALSE = ["false", "0", "f", "F", "FALSE", "False"];

export const boolean: ValueType<boolean> = {
  placeholder: "true|false",
  words: ["true", "false"],
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
    parse(text) {
      const word = words.find((candidate) => candidate === text.toLowerCase());
      return word === undefined ? expected(listed) : ok(word);
    },
  };
}

export const urlPath: ValueType<string> = {
  placeholder: "PATH",
  parse(text) {
    if (/^\w[\w./%-]*$/.test(text)) return expected(`a path that starts with "/"; did you mean ${quote(`/${text}`)}?`);
    if (!text.startsWith("/")) return expected('a path that starts with "/"'); // a flag that was taken for a value, perhaps
    return /^[\x21-\x7e]+$/.test(text) && !text.includes("#")
      ? ok(text)
      : expected('a URL path of visible ASCII characters without "#"; write others as %XX');
  },
};

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/** URLs take a name that ends so for an address, `127.1` and `0x7f000001` too (WHATWG URL, "ends in a number"). */
const NUMERIC_END = /(^|\.)(\d+|0x[0-9a-f]*)$/i;

export const hostname: ValueType<string> = {
  placeholder: "HOSTNAME",
  parse(text) {
    const name = text.replace(/\.$/, "");
    const isName = name.length <= 253 && name.split(".").every((label) => LABEL.test(label));
    return isName && (!NUMERIC_END.test(name) || isAddress(name))
      ? ok(name)
      : expected("a host name such as gateways.example.com");
  },
};

/** Where to listen: an address of this machine, or `all`. What has a colon passes for IPv6; the kernel judges it. */
export const listenAddress: ValueType<string> = {
  placeholder: "ADDRESS",
  words: ["all", "127.0.0.1"],
  parse: (text) =>
    text === "all" || isAddress(text) || /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text)
      ? ok(text)
      : expected("an address of this machine such as 127.0.0.1, or all"),
};

/** Where an API lives: `https://host[:port][/path]`, kept without a slash at the end. */
export const baseUrl: ValueType<string> = {
  placeholder: "URL",
  show: (text) => {
    const [, scheme = "", rest] = /^(https?:\/\/)?(.*)$/is.exec(text)!;
    const [at, end] = [rest!.lastIndexOf("@"), rest!.search(/[?#]/)];
    if (end >= 0 && at > end) return `${scheme}...`; // nobody can tell where what may be secret begins and ends
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

/** A secret that becomes a header of HTTP as it is. */
export const headerText: ValueType<string> = {
  placeholder: "TEXT",
  parse: (text) =>
    /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text)
      ? ok(text)
      : expected("ASCII characters without spaces around them, as services issue keys"),
};

/** A text such as a user name or a password, which ends up in a header of HTTP. */
export const text: ValueType<string> = {
  placeholder: "TEXT",
  parse: (text) =>
    /[\x00-\x1f\x7f]/.test(text) ? expected("a text without line breaks or other control characters") : ok(text),
};
