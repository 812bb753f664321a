import { isAddress } from "../net/address.ts";
import type { Trigger } from "../pool/quality-triggers.ts";
import { parseDuration } from "../net/duration.ts";
import type { ThroughSettings } from "../probe/probers.ts";
import type { Parsed, ValueType } from "./values.ts";

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
export function throughSettings({ targets }: ThroughProber, timeout: number): [target: string, ThroughSettings][] {
  return [...targets].map(([name, target]) => [name, { ...target, timeout }]);
}

const DNS_PORT = 53;

const FORMS =
  "icmp:ADDRESS, tcp:ADDRESS:PORT, dns:ADDRESS or dns:ADDRESS:PORT with IPv4 addresses, or a URL, such as icmp:1.1.1.1,9.9.9.9; more targets of a kind follow after commas";

/** What probes beyond the gateways ask: `icmp:1.1.1.1,9.9.9.9`, `tcp:1.1.1.1:443`, `dns:9.9.9.9`, `https://example.com/`. */
export const throughProber: ValueType<ThroughProber> = {
  placeholder: "TARGETS",
  example: "icmp:1.1.1.1,9.9.9.9",
  parse(text) {
    const kind = /^(icmp|tcp|dns):|^(https?):\/\//.exec(text);
    if (!kind) return { ok: false, expected: FORMS };
    const [prefix, word] = kind;
    const label = word ?? "url";
    const targets = new Map<string, ThroughTarget>();
    for (const one of (word === undefined ? text : text.slice(prefix.length)).split(",")) {
      const target = targetOf(label, one);
      if (!target) return { ok: false, expected: FORMS };
      if (targets.has(one)) return { ok: false, expected: `each target once (got ${one} twice)` };
      targets.set(one, target);
    }
    return { ok: true, value: { label, targets } };
  },
};

function targetOf(label: string, text: string): ThroughTarget | undefined {
  if (label === "url") {
    const url = /^https?:\/\/[\x21-\x7e]+$/i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
    const isPlain = url && !text.includes("#") && url.username === "" && url.password === "";
    return isPlain ? { kind: "url", url: url.href } : undefined;
  }
  const [address = "", port, ...rest] = text.split(":");
  const number = port === undefined ? undefined : /^[1-9]\d{0,4}$/.test(port) ? Number(port) : Number.NaN;
  if (!isAddress(address) || rest.length > 0) return undefined;
  if (label === "icmp") return port === undefined ? { kind: "icmp", address } : undefined;
  const isPort = number === undefined ? label === "dns" : number <= 65_535;
  return isPort ? { kind: label === "tcp" ? "tcp" : "dns", address, port: number ?? DNS_PORT } : undefined;
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
  return milliseconds === undefined ? undefined : milliseconds / 1000;
});

/** A packet mark whose last 24 bits are free for the gateways. */
export const probeMark: ValueType<number> = {
  placeholder: "MARK",
  example: "0xad000000",
  parse(text) {
    const mark = /^0x[\da-f]{1,8}$/i.test(text) ? Number(text) : 0;
    return mark > 0 && mark % 0x1000000 === 0
      ? { ok: true, value: mark }
      : { ok: false, expected: "a mark from 0x01000000 to 0xff000000 that ends with six zeros, such as 0xad000000" };
  },
};
