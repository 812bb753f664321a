import { type Cidr, contains, formatCidr, hostOf, parseCidr } from "../../src/net/cidr.ts";
import { formatAddress, parseAddress } from "../../src/net/address.ts";
import { type Args, commandOf } from "../../src/routing/iproute2/batch.ts";
import type { Kernel, KernelEvent, Reading } from "../../src/routing/kernel.ts";
import { groupOrphans } from "../../src/routing/orphans.ts";
import { gatewaysAt, isProbeTable, type PlacedGateways, probeTableIds } from "../../src/routing/probe-tables.ts";
import { rulesAmong } from "../../src/routing/iproute2/rules.ts";
import { parsePolicyRules } from "../../src/routing/iproute2/policy-rules.ts";
import type { PolicyRule, RuleJson } from "../../src/routing/policy-rule.ts";
import type { VisitRoutes } from "../../src/routing/diversions.ts";
import {
  type NextHop,
  type ObservedRoute,
  type ObservedRule,
  type ProbeTables,
  PROTOCOL,
  type SkippedLink,
  type PoolPlaces,
} from "../../src/routing/types.ts";
import type { RuleSelector } from "../../src/routing/selectors.ts";
import type { NexthopFault, UnusableNexthop } from "../../src/pool/nexthop-fault.ts";
import { lookUpRules } from "../../src/routing/rule-lookup.ts";
const parseRules = (json: string) => rulesAmong(parsePolicyRules(json));

/** Address and prefix length of an interface, in the notation of `ip address add`. */
type InterfaceAddress = string;

/**
 * A kernel in memory that carries out the generated commands and rejects those that Linux rejects, with the same error
 * message. It has tables, rules `from all`, routes with and without nexthops, and one flat set of interface addresses.
 */
export class FakeKernel implements Kernel {
  routes: ObservedRoute[] = [];
  rules: ObservedRule[] = [];
  addresses: InterfaceAddress[] = [];
  /** Gateways that are rejected as nexthops although their route look-up finds no fault. */
  rejectedNexthops = new Set<string>();
  /** The interface of all gateways without one of their own. */
  device = "eth0";
  /** Gateways with an interface of their own. */
  devices = new Map<string, string>();
  withoutCarrier = new Set<string>();
  /** Rules of other programs of kinds that we never make. */
  foreignRules: RuleJson[] = [];
  /** Interfaces that cannot be read. */
  skipped: SkippedLink[] = [];
  /** Every command that was carried out. */
  readonly commands: string[] = [];
  /** What the next calls of `observe` and `apply` throw, as with a broken `ip`. */
  failures: Error[] = [];
  /** Called before each reading of the kernel, for a test to interfere as another program. */
  beforeObserve: () => void = () => {};

  #watchers = new Set<(event: KernelEvent) => void>();

  constructor(addresses: readonly InterfaceAddress[] = ["10.0.0.1/24"]) {
    this.addresses = [...addresses];
  }

  async observe(table: number, placed: PlacedGateways, probes?: ProbeTables) {
    const gateways = gatewaysAt(placed);
    this.beforeObserve();
    this.#throwNextFailure();
    return {
      routes: this.routes.filter((route) => route.table === table),
      probeRoutes: this.routes.filter(({ table, protocol }) => {
        if (!probes) return false;
        const isUsed = probeTableIds(probes, placed).includes(table);
        return isUsed || (protocol === PROTOCOL && isProbeTable(table, probes));
      }),
      rules: [...this.rules],
      policies: this.#policies(),
      devices: new Map(gateways.map((gateway) => [gateway, this.#deviceOf(gateway)])),
      connected: this.addresses.map((text) => parseCidr(text)!),
      addresses: await this.readAddresses(),
      links: [this.device, ...this.devices.values()].map((name) => {
        const addresses = name === this.device ? this.#ownAddresses() : [];
        return { name, up: true, carrier: !this.withoutCarrier.has(name), addresses };
      }),
      skipped: this.skipped,
      unusable: gateways.flatMap((gateway): UnusableNexthop[] => {
        const fault = this.#faultOf(gateway);
        return fault === undefined ? [] : [{ gateway, fault }];
      }),
    };
  }

  async observeAll(readings: readonly Reading[]) {
    return Promise.all(readings.map(({ table, gateways, probes }) => this.observe(table, gateways, probes)));
  }

  async apply(changes: Parameters<Kernel["apply"]>[0]): ReturnType<Kernel["apply"]> {
    this.#throwNextFailure();
    for (const change of changes) {
      const message = this.run(commandOf(change));
      if (message === undefined) continue;
      const code = /nexthop|gateway/i.test(message) ? "nexthop" : "rejected";
      const command = code === "nexthop" ? "" : ` (ip ${commandOf(change).join(" ").slice(0, 200)})`;
      const detail = `the kernel rejected a change: ${message}${command}`;
      return { ok: false, failed: change, error: { code, detail } } as const;
    }
    return { ok: true } as const;
  }

  async readAddresses() {
    return this.addresses.map((text) => text.split("/")[0]!);
  }

  async routeOf(address: string, mark: number) {
    const marked = this.#inOrder().filter((rule) => rule.kind === "mark" && rule.mark === mark);
    for (const rule of marked) {
      const found = this.routes
        .filter(({ table, destination }) => {
          return rule.kind === "mark" && table === rule.table && contains(destination, hostOf(parseAddress(address)!));
        })
        .sort((a, b) => b.destination.prefix - a.destination.prefix || a.metric - b.metric)[0];
      if (!found) continue;
      const { type, table, nexthops } = found;
      return type === "unicast" ? { table, gateway: nexthops[0]?.gateway } : undefined;
    }
    return undefined;
  }

  #ownAddresses() {
    return this.addresses.map((text) => ({ address: text.split("/")[0]!, network: parseCidr(text)! }));
  }

  async tryNexthops(gateways: readonly string[]) {
    return gateways
      .filter((gateway) => this.rejectedNexthops.has(gateway) || !this.#isOnLink(gateway))
      .map((gateway) => ({
        gateway,
        fault: { code: "rejected", detail: "the kernel rejects it as a nexthop" } as const,
      }));
  }

  visitRoutes: VisitRoutes = async (table, visit) => {
    this.routes.filter((route) => route.table === table).forEach(visit);
  };

  async orphans(own: readonly PoolPlaces[]) {
    const marked = this.routes.filter(({ protocol }) => protocol === PROTOCOL);
    return groupOrphans(this.rules, marked, own);
  }

  watch(onEvent: (event: KernelEvent) => void) {
    this.#watchers.add(onEvent);
    return { stop: () => void this.#watchers.delete(onEvent) };
  }

  report(event: KernelEvent): void {
    for (const watcher of this.#watchers) watcher(event);
  }

  /** Carries out one command of `ip`; returns the error message if the kernel rejects it. */
  run(words: Args | string): string | undefined {
    const list = typeof words === "string" ? words.split(" ") : [...words];
    const error = this.#dispatch(list);
    if (error === undefined) {
      this.commands.push(list.join(" "));
      this.report(
        list[0] === "rule"
          ? { kind: "rule" }
          : { kind: "route", table: Number(list[list.indexOf("table") + 1]), destination: undefined },
      );
    }
    return error;
  }

  /**
   * What happens to a packet to this address, with this mark, source and interface: the nexthops of its route, how a route or rule rejects it, or
   * "main".
   */
  lookup(address: string, mark = 0, from?: string, iif = "lo"): string {
    const ports = { sport: undefined, dport: undefined };
    const packet = { to: address, from, iif, protocol: 6, ...ports, uid: 0, mark };
    const { outcome, rule, route } = lookUpRules(this.#policies(), this.routes, packet).at(-1) ?? {};
    if (outcome === "reject" && rule!.action.kind === "reject") return rule!.action.how;
    if (outcome !== "route") return "main";
    return route!.type === "unicast" ? ringText(route!.nexthops) : route!.type;
  }

  /** All rules, in the kernel's order of evaluation. */
  #policies(): PolicyRule[] {
    const all = [...this.#inOrder().map(jsonOf), ...this.foreignRules];
    return parsePolicyRules(JSON.stringify(all.sort((a, b) => a.priority - b.priority)));
  }

  /** Rules in the kernel's order of evaluation: a new one comes after those with the same preference. */
  #inOrder(): ObservedRule[] {
    return [...this.rules].sort((a, b) => a.preference - b.preference);
  }

  #throwNextFailure(): void {
    const failure = this.failures.shift();
    if (failure) throw failure;
  }

  #dispatch([object, verb, ...rest]: string[]): string | undefined {
    if (object === "rule") return this.#changeRule(verb!, rest);
    if (object === "route") return this.#changeRoute(verb!, rest);
    throw new Error(`the fake kernel does not know ${object} ${verb}`);
  }

  #changeRule(verb: string, words: string[]): string | undefined {
    const named = readRule(words);
    if (verb === "add") {
      const text = JSON.stringify(named);
      if (this.rules.some((rule) => isSame(jsonOf(rule), named))) return "RTNETLINK answers: File exists";
      const [rule] = parseRules(`[${text}]`);
      if (rule) this.rules.push(rule);
      else if (named.protocol !== String(PROTOCOL)) this.foreignRules.push(named);
      else throw new Error(`the fake kernel does not know the rule ${words.join(" ")}`);
      return undefined;
    }
    if (verb !== "del") throw new Error(`the fake kernel does not know rule ${verb}`);
    const found = this.#inOrder().find((rule) => matches(jsonOf(rule), named));
    if (!found) return "RTNETLINK answers: No such file or directory";
    this.rules.splice(this.rules.indexOf(found), 1);
    return undefined;
  }

  #changeRoute(verb: string, words: string[]): string | undefined {
    const route = readRoute(words, (gateway) => this.#deviceOf(gateway));
    const same = (other: ObservedRoute): boolean =>
      other.table === route.table &&
      other.metric === route.metric &&
      formatCidr(other.destination) === formatCidr(route.destination);
    const index = this.routes.findIndex(same);
    if (verb === "del") {
      const found = this.routes.findIndex((o) => same(o) && o.protocol === route.protocol && o.type === route.type);
      if (found < 0) return "RTNETLINK answers: No such process";
      this.routes.splice(found, 1);
      return undefined;
    }
    if (route.type === "unicast" && route.nexthops.length === 0) return "Error: Nexthop device or gateway is missing.";
    const isRejected = ({ gateway, device }: NextHop): boolean =>
      !this.#isOnLink(gateway) || this.rejectedNexthops.has(gateway) || device !== this.#deviceOf(gateway);
    if (route.nexthops.some(isRejected)) {
      return "Error: Nexthop has invalid gateway.";
    }
    if (verb === "add" && index >= 0) return "RTNETLINK answers: File exists";
    if (index < 0) this.routes.push(route);
    else this.routes[index] = route;
    return undefined;
  }

  #deviceOf(gateway: string): string {
    return this.devices.get(gateway) ?? this.device;
  }

  #isOnLink(gateway: string): boolean {
    return this.addresses.some((text) => contains(parseCidr(text)!, hostOf(parseAddress(gateway)!)));
  }

  #faultOf(gateway: string): NexthopFault | undefined {
    if (this.addresses.some((text) => text.startsWith(`${gateway}/`))) {
      return { code: "own-address", detail: "it is an address of this machine itself" };
    }
    if (this.#isOnLink(gateway)) return undefined;
    return { code: "no-route", detail: "no interface of this machine leads to it" };
  }
}

/** A rule as `ip -j -N rule show` has it, in one order of fields. */
function jsonOf(rule: ObservedRule): RuleJson {
  const head = { priority: rule.preference, src: "all" };
  const to = "to" in rule ? destinationOf(rule.to) : {};
  const protocol = { protocol: String(rule.protocol) };
  switch (rule.kind) {
    case "lookup":
      return { ...head, ...selectorOf(rule.selector), table: String(rule.table), ...protocol };
    case "goto":
      return { ...head, ...to, goto: rule.target, ...protocol };
    case "reject":
      return { ...head, ...selectorOf(rule.selector), ...to, action: rule.how, ...protocol };
    case "nop":
      return { ...head, nop: null, ...protocol };
    case "mark": {
      const mark = selectorOf({ mark: { value: rule.mark, mask: rule.mask } });
      return { ...head, ...mark, table: String(rule.table), ...protocol };
    }
    case "unmarked":
      return { ...head, not: null, fwmark: hex(rule.mark), fwmask: hex(rule.mask), goto: rule.target, ...protocol };
    case "stray":
      return { ...head, fwmark: hex(rule.mark), fwmask: hex(rule.mask), action: "unreachable", ...protocol };
    case "answer": {
      return { ...head, ...sourceOf(rule.from), ...to, iif: "lo", table: String(rule.table), ...protocol };
    }
  }
}

/** The fields of a selector. A mark without a mask is compared as a whole. */
function selectorOf({ from, in: iif, mark }: RuleSelector = {}) {
  return {
    ...(from && sourceOf(from)),
    ...(mark && { fwmark: hex(mark.value), ...(mark.mask !== 0xffffffff && { fwmask: hex(mark.mask) }) }),
    ...(iif !== undefined && { iif }),
  };
}

/** The length of a single address is left out. */
const sourceOf = ({ address, prefix }: Cidr) => ({
  src: formatAddress(address),
  ...(prefix < 32 && { srclen: prefix }),
});
const destinationOf = ({ address, prefix }: Cidr) => ({
  dst: formatAddress(address),
  ...(prefix < 32 && { dstlen: prefix }),
});
const hex = (mark: number): string => `0x${mark.toString(16)}`;

const REJECT_TYPES = ["unreachable", "prohibit", "blackhole"];

/** The rule of a command, as the same JSON. */
function readRule(words: readonly string[]): RuleJson {
  const how = words.find((word) => REJECT_TYPES.includes(word));
  const fields = pairs(words.filter((word) => word !== "nop" && word !== "not" && word !== how));
  const [fwmark, fwmask] = fields.get("fwmark")?.split("/") ?? [];
  const from = parseCidr(fields.get("from") ?? "");
  const to = parseCidr(fields.get("to") ?? "");
  const [table, target] = [fields.get("lookup"), fields.get("goto")];
  return {
    priority: Number(fields.get("pref")),
    ...(words.includes("not") && { not: null }),
    ...(from ? sourceOf(from) : { src: "all" }),
    ...(fwmark !== undefined && { fwmark }),
    ...(fwmask !== undefined && Number(fwmask) !== 0xffffffff && { fwmask }),
    ...(to && destinationOf(to)),
    ...(fields.has("iif") && { iif: fields.get("iif")! }),
    ...(table !== undefined && { table }),
    ...(target !== undefined && { goto: Number(target) }),
    ...(how !== undefined && { action: how }),
    ...(words.includes("nop") && { nop: null }),
    protocol: fields.get("protocol") ?? "0",
  };
}

const kindOf = ({ action, goto, nop, table }: RuleJson) =>
  action ?? (nop === null ? "nop" : ((goto && "goto") ?? (table && "lookup")));

/**
 * Whether the kernel takes an added rule for one that stands: it compares neither `not` nor the target of `goto`
 * (rule_exists), and the source only where the added one names it (fib4_rule_compare).
 */
function isSame(rule: RuleJson, added: RuleJson): boolean {
  const compared = ({ not: _, goto: __, src, srclen, ...one }: RuleJson): string =>
    JSON.stringify({ ...one, ...(added.src !== "all" && { src, srclen }) });
  return kindOf(rule) === kindOf(added) && compared(rule) === compared(added);
}

/** Whether `ip rule del` deletes this rule: fields that are not named or zero, `not` and the target of `goto` are not compared. */
function matches(rule: RuleJson, named: RuleJson): boolean {
  return (
    rule.priority === named.priority &&
    rule.protocol === named.protocol &&
    kindOf(rule) === kindOf(named) &&
    (named.table === undefined || rule.table === named.table) &&
    (named.fwmark === undefined || (rule.fwmark === named.fwmark && rule.fwmask === named.fwmask)) &&
    (named.iif === undefined || rule.iif === named.iif) &&
    (named.src === "all" || (rule.src === named.src && rule.srclen === named.srclen)) &&
    (named.dst === undefined || named.dstlen === 0 || (rule.dst === named.dst && rule.dstlen === named.dstlen))
  );
}

const ROUTE_TYPES = ["unicast", "throw", ...REJECT_TYPES];

function readRoute(words: string[], deviceOf: (gateway: string) => string): ObservedRoute {
  const type = ROUTE_TYPES.includes(words[0]!) ? words.shift()! : "unicast";
  const destination = words.shift()!;
  const firstHop = words.indexOf("nexthop");
  const fields = pairs(firstHop < 0 ? words : words.slice(0, firstHop));
  return {
    family: 4,
    type,
    destination: parseCidr(destination === "default" ? "0.0.0.0/0" : destination)!,
    metric: Number(fields.get("metric") ?? 0),
    table: Number(fields.get("table")),
    protocol: Number(fields.get("proto") ?? 3),
    nexthops: firstHop < 0 ? [] : readNextHops(words.slice(firstHop), deviceOf),
  };
}

function readNextHops(words: string[], deviceOf: (gateway: string) => string): NextHop[] {
  return words
    .join(" ")
    .split("nexthop ")
    .slice(1)
    .map((hop) => {
      const fields = pairs(hop.trim().split(" "));
      const gateway = fields.get("via")!;
      return { gateway, weight: Number(fields.get("weight") ?? 1), device: fields.get("dev") ?? deviceOf(gateway) };
    });
}

function pairs(words: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (let index = 0; index < words.length; index += 2) fields.set(words[index]!, words[index + 1]!);
  return fields;
}

function ringText(nexthops: readonly NextHop[]): string {
  return nexthops.map(({ gateway, weight }) => `${gateway}*${weight}`).join(" ");
}
