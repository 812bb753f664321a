import { routedFamilies } from "../config/destinations.ts";
import type { Config } from "../config/model.ts";
import { fateText, fateWithoutGateways } from "../routing/packet-fate.ts";
import { rejectTypeOf } from "../routing/kill-switch.ts";
import { failureText } from "../text/failure.ts";
import { familyName } from "../text/family.ts";
import type { Family } from "../net/address.ts";
import type { Finding } from "./finding.ts";
import { hashText } from "./hash-text.ts";
import { checkCommand, type CommandFacts } from "./hooks.ts";
import { checkMemory } from "./memory.ts";
import { checkForwarding, type Settings } from "./settings.ts";

/** What is read of this machine at the start. */
export interface StartFacts {
  readonly forwarding: Pick<Settings, "forward" | "forwarding">;
  readonly hash: Readonly<Record<Family, Pick<Settings, "hashPolicy" | "hashFields">>>;
  /** The program of -on-change; undefined without one. */
  readonly command: CommandFacts | undefined;
  /** Addresses of this machine, the first of each interface. */
  readonly addresses: readonly string[];
  /** What this process may use, in bytes, and what the machine has; no limit where nothing limits it. */
  readonly memory: { readonly limit: number | undefined; readonly total: number };
}

/** A line of the log. */
export interface StartNote {
  readonly level: "info" | "warn";
  readonly text: string;
}

/**
 * What a reader of the log wants to know once, at the start: where packets go without a gateway, what distributes flows,
 * where the status page is, and which settings of this machine defeat the purpose.
 */
export function startNotes(config: Config, facts: StartFacts): StartNote[] {
  return [...packetNotes(config), ...hashNotes(config, facts), pageNote(config, facts), ...faultNotes(config, facts)];
}

const info = (text: string): StartNote => ({ level: "info", text });

/** Pools that do the same without a gateway have one line. */
function packetNotes({ pools }: Config): StartNote[] {
  const alike = Map.groupBy(pools, ({ whenNoGateways }) => whenNoGateways);
  return [...alike].map(([when, some]) => {
    const names = some.map(({ name }) => name);
    const which = alike.size === 1 ? "" : ` of ${names.length === 1 ? "pool" : "pools"} ${names.join(", ")}`;
    const isOn = rejectTypeOf(when) !== undefined;
    return info(
      `kill switch${which} ${isOn ? "on" : "off"}: without a usable gateway, traffic ${fateText(fateWithoutGateways(when), pools.length > 1 ? "pool" : "tables")}`,
    );
  });
}

function hashNotes({ pools, gateways }: Config, { hash }: StartFacts): StartNote[] {
  if (gateways.length < 2) return [];
  const families = routedFamilies({ route: pools.flatMap(({ route }) => route) });
  return families.map((family) => {
    const { hashPolicy, hashFields } = hash[family];
    const which = families.length === 1 ? "" : `${familyName(family)} `;
    const setting = `net.ipv${family}.fib_multipath_hash_policy ${hashPolicy ?? "unknown"}`;
    return info(`${which}flows are distributed by ${hashText(hashPolicy, hashFields, family)} (${setting})`);
  });
}

/** Addresses that one line names at most. */
const MOST_ADDRESSES = 3;

function pageNote({ service }: Config, { addresses }: StartFacts): StartNote {
  const { metricsAddress: address, metricsPort: port, statusPage, httpPassword } = service;
  const own = address === "all" ? addresses.slice(0, MOST_ADDRESSES) : [address];
  const urls = own.map((one) => `http://${one.includes(":") ? `[${one}]` : one}:${port}/`);
  const where = urls.length === 0 ? `port ${port} of this machine` : urls.join(" ");
  const what = statusPage ? "status page and metrics" : "metrics";
  return info(`${what}: ${where}${httpPassword === undefined ? "" : " (with a password)"}`);
}

/** What defeats the purpose, with its remedy. */
function faultNotes({ service }: Config, { forwarding, command, memory }: StartFacts): StartNote[] {
  const [program = ""] = service.onChange ?? [];
  const findings: readonly Finding[] = [
    checkForwarding(forwarding),
    checkMemory(memory.limit, memory.total),
    ...(command === undefined ? [] : [checkCommand(program, command)]),
  ];
  return findings
    .filter(({ level }) => level !== "ok")
    .map(({ topic, message, remedy }) => {
      return { level: "warn", text: `${topic}: ${failureText({ detail: message, remedy })}` };
    });
}
