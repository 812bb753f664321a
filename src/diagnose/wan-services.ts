import type { Family } from "../net/address.ts";
import type { RuleDiversion } from "../routing/diversions.ts";
import type { PolicyRule } from "../routing/policy-rule.ts";
import type { TableRef } from "../routing/types.ts";
import { ipCommand } from "../text/family.ts";
import { shellWord } from "../text/shell-word.ts";
import { sysctl } from "../text/sysctl.ts";
import { fine, type Finding, warning } from "./finding.ts";

/** The interface of this machine's ordinary internet connection: that of the main table's default route. */
export interface Wan {
  readonly device: string;
  /** TCP ports on which services can be reached there. */
  readonly ports: readonly number[];
  /** IPv4 by default. */
  readonly family?: Family;
  /** Whether its reverse path filter is strict (1); there is none of IPv6. */
  readonly strict: boolean;
}

/** The mark of connections that came in there, in the commands of the remedy. */
const MARK = "0xad";

/**
 * Answers of services, and of port forwards, to managed addresses use the gateways as well, whatever the interface on which
 * the question came in; with another source address they are lost. The remedy marks such connections and has a rule before
 * ours for them.
 */
export function checkWanServices(
  wan: Wan | undefined,
  diversions: readonly RuleDiversion[],
  tableRef: TableRef,
): Finding[] {
  const topic = "services";
  if (wan === undefined) return [];
  const { device, ports, strict, family = 4 } = wan;
  if (ports.length === 0) {
    const text = `no TCP service listens on ${device}, the ordinary internet connection`;
    return [fine(topic, `${text}; UDP services and port forwards are not checked`)];
  }
  const services = `TCP ports ${ports.join(", ")} on ${device}`;
  const bypass = diversions.find(({ extent, rule }) => extent === "bypass" && isForMark(rule));
  if (bypass && !strict) {
    return [fine(topic, `${services} can answer by rule ${bypass.rule.preference} (fwmark ${MARK})`)];
  }
  const text = bypass
    ? `${services}: the strict rp_filter on ${device} drops incoming connections from managed addresses`
    : `${services}, the ordinary internet connection: answers to managed addresses, and those of port forwards, use the gateways, so such connections fail`;
  const commands = [
    ...(strict ? [sysctl("rp_filter", 2, [device])] : []),
    ...(bypass ? [] : [`nft ${shellWord(markingOf(device, family))}`]),
    ...(bypass ? [] : [`${ipCommand(family)} rule add pref ${tableRef.preference - 1} fwmark ${MARK} lookup main`]),
  ];
  return [warning(topic, text, `if they should work: ${commands.join("; ")}`)];
}

/** Whether a rule is for the mark of the remedy; those of other programs (tailscale) are for packets of their own. */
function isForMark({ json }: PolicyRule): boolean {
  return Number(json.fwmark) === Number(MARK) && !("not" in json);
}

/** A ruleset of nft(8) that marks connections from an interface, and all packets that answer there. */
function markingOf(device: string, family: Family): string {
  const incoming = [
    "type filter hook prerouting priority mangle",
    `iifname "${device}" ct state new ct mark set ${MARK}`,
    `iifname != "${device}" ct mark ${MARK} meta mark set ${MARK}`,
  ];
  const own = ["type route hook output priority mangle", `ct mark ${MARK} meta mark set ${MARK}`];
  const chain = (name: string, lines: readonly string[]): string => `chain ${name} { ${lines.join("; ")}; };`;
  return `table ${family === 4 ? "ip" : "ip6"} wan_answers { ${chain("incoming", incoming)} ${chain("own", own)} }`;
}
