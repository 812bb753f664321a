import { FAMILIES, formatAddress, parseAddress } from "../net/address.ts";
import { type Cidr, hostOf } from "../net/cidr.ts";
import type { Trigger } from "../pool/quality-triggers.ts";
import { parseDuration } from "../net/duration.ts";
import type { ThroughSettings } from "../probe/probers.ts";
import { quote } from "../text/escape.ts";
import { beforePort, hostOfUrl, inBrackets, splitPort, targetName, unreachableReason } from "./target-text.ts";
import { type Parsed, port, text, type ValueType } from "./values.ts";

/** One target of a prober beyond the gateways, without the time that it has. */
export type ThroughTarget =
  | { readonly kind: "icmp"; readonly address: string }
  | { readonly kind: "tcp"; readonly address: string; readonly port: number }
  | { readonly kind: "dns"; readonly address: string; readonly port: number }
  | { readonly kind: "url"; readonly url: string };

/** A prober beyond the gateways: targets of one kind. */
export interface ThroughProber {
  /** What people read, such as `icmp`. */
  readonly label: string;
  /** By the text of each, in the order given. */
  readonly targets: ReadonlyMap<string, ThroughTarget>;
}

/** What a prober is called: its kind and its targets. */
export function throughName({ label, targets }: ThroughProber): string {
  return `${label} ${[...targets.keys()].join(", ")}`;
}

/** What each target of a prober is asked with, and its name. */
export function throughSettings({
  targets,
  timeout,
  text,
}: Pick<ThroughProber, "targets"> & { readonly timeout: number; readonly text?: string | undefined }): [
  target: string,
  ThroughSettings,
][] {
  return [...targets].map(([name, target]) => {
    return [name, { ...target, timeout, ...(target.kind === "url" && text !== undefined && { text }) }];
  });
}

/** A prober as a flag gives it, such as `icmp:1.1.1.1,9.9.9.9`. */
export function throughArgument({ label, targets }: ThroughProber): string {
  return `${label === URL_LABEL ? "" : `${label}:`}${[...targets.keys()].join(",")}`;
}

const URL_LABEL = "url";

/** Whether the targets of a prober are URLs. */
export function asksUrls({ label }: ThroughProber): boolean {
  return label === URL_LABEL;
}

/** The addresses of all targets that are given as such, each once. */
export function targetAddresses(probers: readonly ThroughProber[]): Cidr[] {
  return literalAddresses(probers.flatMap(({ targets }) => [...targets.values()].map(hostOfTarget)));
}

/** The host that is asked: an address or a name. */
export function hostOfTarget(target: ThroughTarget): string {
  return target.kind === "url" ? hostOfUrl(target.url) : target.address;
}

/** Those of some hosts that are addresses, each once. */
export function literalAddresses(hosts: readonly string[]): Cidr[] {
  return [...new Set(hosts)].flatMap((host) => {
    const address = parseAddress(host, FAMILIES);
    return address === undefined ? [] : hostOf(address);
  });
}

const DNS_PORT = 53;

const FORMS =
  "icmp:ADDRESS, tcp:ADDRESS:PORT, dns:ADDRESS or dns:ADDRESS:PORT, or a URL, such as icmp:1.1.1.1,9.9.9.9 or tcp:[2606:4700:4700::1111]:443; more targets of a kind follow after commas";

/** A text without what may be a password in a URL. */
function withoutUser(text: string): string {
  return text.replace(/^(https?:\/\/)?.*@/is, "$1...@");
}

/** What probes beyond the gateways ask: `icmp:1.1.1.1,9.9.9.9`, `tcp:1.1.1.1:443`, `dns:9.9.9.9`, `https://example.com/`. */
export const throughProber: ValueType<ThroughProber> = {
  placeholder: "TARGETS",
  example: "icmp:1.1.1.1,9.9.9.9",
  show: withoutUser,
  parse(text) {
    const kind = /^(icmp|tcp|dns):|^https?:\/\//.exec(text);
    if (!kind) return { ok: false, expected: FORMS };
    const [prefix, word] = kind;
    const targetOf = word === undefined ? urlTarget : addressTarget(word as "icmp" | "tcp" | "dns");
    const targets = new Map<string, ThroughTarget>();
    const seen = new Set<string>();
    for (const one of (word === undefined ? text : text.slice(prefix.length)).split(",")) {
      const target = one === "" ? "a target before and after each comma, without spaces" : targetOf(one);
      if (typeof target === "string") return { ok: false, expected: target };
      if (seen.has(JSON.stringify(target))) return { ok: false, expected: `each target once (got ${one} twice)` };
      seen.add(JSON.stringify(target));
      targets.set(targetName(one), target);
    }
    return { ok: true, value: { label: word ?? URL_LABEL, targets } };
  },
};

/** In characters: enough for any sentence, and far below the 64 KiB that a probe reads of a body. */
const LONGEST_TEXT = 1000;

/** What has to stand in the body of an answer. */
export const bodyText: ValueType<string> = {
  placeholder: "TEXT",
  example: "Welcome",
  parse(given) {
    if ([...given].length <= LONGEST_TEXT) return text.parse(given);
    return { ok: false, expected: `a text of at most ${LONGEST_TEXT} characters` };
  },
  show: (given) => (given.length > LONGEST_TEXT ? `${given.slice(0, 20)}...` : given),
};

/** One target of a kind, where the kind is given apart from it. */
export function targetOfKind(kind: ThroughTarget["kind"]): ValueType<ThroughTarget> {
  const targetOf = kind === "url" ? urlTarget : addressTarget(kind);
  return {
    ...{ placeholder: "TARGET", show: throughProber.show! },
    parse(text) {
      const target = targetOf(text);
      return typeof target === "string" ? { ok: false, expected: target } : { ok: true, value: target };
    },
  };
}

/** The URL of a service that answers with the address of its client. */
export const exitService: ValueType<string> = {
  placeholder: "URL",
  example: "https://ip.example.com/",
  show: withoutUser,
  parse(text) {
    if (text.includes(",")) return { ok: false, expected: "one URL: set -exit-check again for another one" };
    const target = urlTarget(text);
    if (typeof target === "string" || target.kind !== "url") return { ok: false, expected: String(target) };
    return { ok: true, value: target.url };
  },
};

/** The target in a text, or what is expected in its place. */
type TargetOf = (text: string) => ThroughTarget | string;

const urlTarget: TargetOf = (text) => {
  const url = /^https?:\/\/[\x21-\x7e]+$/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || text.includes("#") || url.username !== "" || url.password !== "") {
    return "URLs such as https://example.com/, without user, password and fragment, and with %2C for a comma";
  }
  const host = hostOfUrl(url.href);
  return unreachableReason(host === "localhost" ? "127.0.0.1" : host) ?? { kind: "url", url: url.href };
};

function addressTarget(kind: "icmp" | "tcp" | "dns"): TargetOf {
  return (text) => {
    const { address: given, port: behind } = splitPort(text);
    const found = parseAddress(given, FAMILIES);
    const bracketed = kind === "icmp" ? undefined : inBrackets(text);
    const brackets = bracketed && `brackets before the port, as in ${kind}:${bracketed}`;
    if (found === undefined) {
      if (brackets) return brackets;
      return `addresses, not names: the look-up of a name may fail for other reasons (got ${quote(given)})`;
    }
    const address = formatAddress(found);
    const unreachable = unreachableReason(address);
    if (unreachable !== undefined) return unreachable;
    if (kind === "icmp")
      return behind === undefined ? { kind, address } : `no port after an address (got ${quote(text)})`;
    if (behind === undefined && kind === "dns") return { kind, address, port: DNS_PORT };
    const parsed = port.parse(behind ?? "");
    if (parsed.ok) return { kind, address, port: parsed.value };
    const host = beforePort(address);
    const forms = `${parsed.expected} after the colon behind ${host}, as in ${kind}:${host}:${kind === "tcp" ? 443 : 53}`;
    return brackets ? `${forms}, or ${brackets}` : forms;
  };
}

/** A trigger as two values, `LIMIT:END`, of which the first is above the second. */
function triggerOf(what: string, example: string, parseOne: (text: string) => number | undefined): ValueType<Trigger> {
  return {
    placeholder: "LIMIT:END",
    example,
    parse(text): Parsed<Trigger> {
      const [limit, end, ...rest] = text.split(":").map(parseOne);
      const isPair = limit !== undefined && end !== undefined && rest.length === 0;
      return isPair && limit > end
        ? { ok: true, value: { limit, end } }
        : { ok: false, expected: `two ${what}, the limit and a lower one at which it ends, such as ${example}` };
    },
  };
}

/** Shares of probes that are lost, as percentages. */
export const lossTrigger = triggerOf("percentages up to 100%", "20%:10%", (text) => {
  const percent = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text)?.[1];
  return percent === undefined || Number(percent) > 100 ? undefined : Number(percent) / 100;
});

/** Times of answers; the values are seconds. */
export const latencyTrigger = triggerOf("durations", "500ms:300ms", (text) => {
  const milliseconds = parseDuration(text);
  return milliseconds !== undefined && milliseconds > 0 ? milliseconds / 1000 : undefined;
});

/** A packet mark whose last 24 bits are free for the gateways. */
export const probeMark: ValueType<number> = {
  placeholder: "MARK",
  example: "0xad000000",
  schema: { type: ["string", "integer"] },
  parse(text) {
    const mark = /^0x[\da-f]{1,8}$/i.test(text) ? Number(text) : 0;
    return mark > 0 && mark % 0x1000000 === 0
      ? { ok: true, value: mark }
      : { ok: false, expected: "a mark from 0x01000000 to 0xff000000 that ends with six zeros, such as 0xad000000" };
  },
};
