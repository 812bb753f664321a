import { type Cidr, contains, everything, formatCidr, isHost, parseCidr, parseHost } from "../../src/net/cidr.ts";
import { FAMILIES, type Family, formatAddress, isLinkLocal, parseAddress } from "../../src/net/address.ts";
import { METRICS } from "../../src/routing/desired.ts";
import { type Args, commandOf, splitByFamily } from "../../src/routing/iproute2/batch.ts";
import type { RunFamily } from "../../src/routing/iproute2/run.ts";
import type { Kernel, KernelEvent, Reading } from "../../src/routing/kernel.ts";
import { isMarkerOf } from "../../src/routing/marker.ts";
import { groupOrphans } from "../../src/routing/orphans.ts";
import { tableOfId } from "../../src/routing/nexthop-ids.ts";
import { gatewaysAt, isProbeTable, type PlacedGateways, probeTableIds } from "../../src/routing/probe-tables.ts";
import { ownType } from "../../src/routing/iproute2/routes.ts";
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
import { FakeNexthops } from "./nexthops.ts";
import { lookUpRules } from "../../src/routing/rule-lookup.ts";
const parseRules = (json: string, family: Family) => rulesAmong(parsePolicyRules(json), family);

/** Address and prefix length of an interface, in the notation of `ip address add`. */
type InterfaceAddress = string;

/**
 * A kernel in memory that carries out the generated commands and rejects those that Linux rejects, with the same error
 * message. It has tables, rules `from all`, routes with and without nexthops, nexthop objects, and one flat set of interface
 * addresses.
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
  /** The objects by which routes of IPv6 name their gateways. */
  readonly nexthops = new FakeNexthops((...given) => this.#rejectionOf(...given));
  /** Rules of other programs of kinds that we never make. */
  foreignRules: RuleJson[] = [];
  /** The same of IPv6. */
  foreignRules6: RuleJson[] = [];
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

  async observe(table: number, placed: PlacedGateways, probes?: ProbeTables, family: Family = 4, markers = false) {
    const gateways = gatewaysAt(placed);
    this.beforeObserve();
    this.#throwNextFailure();
    const own = this.addresses.filter((text) => familyOf(text) === family);
    return {
      routes: this.#resolved().filter((route) => route.table === table && route.family === family),
      ...(family === 6 && { nexthops: this.nexthops.of(table) }),
      ...(markers && { markers: this.routes.filter((route) => route.family === family && isMarkerOf(route, table)) }),
      probeRoutes: this.routes.filter(({ table, protocol, family: of }) => {
        if (!probes || of !== family) return false;
        const isUsed = probeTableIds(probes, placed).includes(table);
        return isUsed || (protocol === PROTOCOL && isProbeTable(table, probes));
      }),
      rules: this.rules.filter((rule) => rule.family === family),
      policies: this.#policies(family),
      devices: new Map(gateways.map((gateway) => [gateway, this.#deviceOf(gateway)])),
      connected: own.map((text) => parseCidr(text, FAMILIES)!),
      addresses: own.map((text) => text.split("/")[0]!),
      links: [this.device, ...this.devices.values()].map((name) => {
        const addresses = name === this.device ? own.map(ownAddress) : [];
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
    return Promise.all(
      readings.map(({ table, gateways, probes, family, markers }) =>
        this.observe(table, gateways, probes, family, markers),
      ),
    );
  }

  async apply(changes: Parameters<Kernel["apply"]>[0]): ReturnType<Kernel["apply"]> {
    this.#throwNextFailure();
    for (const change of changes) {
      const { family } = splitByFamily([change])[0]!;
      const message = this.run(commandOf(change), family);
      if (message === undefined) continue;
      const code = /nexthop|gateway/i.test(message) ? "nexthop" : "rejected";
      const command = code === "nexthop" ? "" : ` (ip ${commandOf(change).join(" ").slice(0, 200)})`;
      const detail = `the kernel rejected a change: ${message}${command}`;
      return { ok: false, failed: change, error: { code, detail } } as const;
    }
    return { ok: true } as const;
  }

  async readAddresses(family: Family = 4) {
    return this.addresses.filter((text) => familyOf(text) === family).map((text) => text.split("/")[0]!);
  }

  async routeOf(address: string, mark: number) {
    const marked = this.#inOrder().filter((rule) => rule.kind === "mark" && rule.mark === mark);
    for (const rule of marked) {
      const found = this.routes
        .filter(({ table, destination }) => {
          return rule.kind === "mark" && table === rule.table && contains(destination, parseHost(address)!);
        })
        .sort((a, b) => b.destination.prefix - a.destination.prefix || a.metric - b.metric)[0];
      if (!found) continue;
      const { type, table, nexthops } = found;
      return type === "unicast" ? { table, gateway: nexthops[0]?.gateway } : undefined;
    }
    return undefined;
  }

  /** The routes with the nexthops behind their objects, as the kernel shows them; those without one are gone with it. */
  #resolved(): ObservedRoute[] {
    this.routes = this.routes.filter(({ nexthopId }) => nexthopId === undefined || this.nexthops.has(nexthopId));
    return this.routes.map((route) =>
      route.nexthopId === undefined ? route : { ...route, nexthops: this.nexthops.hopsOf(route.nexthopId) },
    );
  }

  /** Why the kernel rejects a nexthop object of IPv6. */
  #rejectionOf(gateway: string, device: string | undefined, onlink: boolean): string | undefined {
    if (this.addresses.some((text) => text.startsWith(`${gateway}/`)))
      return "Error: Gateway can not be a local address.";
    if (this.rejectedNexthops.has(gateway)) return "Error: Nexthop has invalid gateway.";
    if (device !== undefined && this.withoutCarrier.has(device)) return "Error: Carrier for nexthop device is down.";
    if (onlink && device === undefined) return "Error: Device required for onlink nexthop.";
    return onlink || this.#isOnLink(gateway) ? undefined : "RTNETLINK answers: No route to host";
  }

  /** An interface has lost its carrier, and has taken the nexthop objects with it. */
  loseCarrier(device: string): void {
    this.withoutCarrier.add(device);
    this.nexthops.lose(device);
  }

  async tryNexthops(gateways: readonly string[]) {
    return gateways
      .filter((gateway) => {
        const isRejected = this.rejectedNexthops.has(gateway) || !this.#isOnLink(gateway);
        return isRejected || (familyOf(gateway) === 6 && this.#rejectionOf(gateway, undefined, false) !== undefined);
      })
      .map((gateway) => ({
        gateway,
        fault: { code: "rejected", detail: "the kernel rejects it as a nexthop" } as const,
      }));
  }

  visitRoutes: VisitRoutes = async (table, visit, family = 4) => {
    this.routes.filter((route) => route.table === table && route.family === family).forEach(visit);
  };

  async orphans(own: readonly PoolPlaces[]) {
    const marked = this.routes.filter(({ protocol }) => protocol === PROTOCOL);
    return groupOrphans(this.rules, marked, own, this.nexthops.marked());
  }

  watch(onEvent: (event: KernelEvent) => void) {
    this.#watchers.add(onEvent);
    return { stop: () => void this.#watchers.delete(onEvent) };
  }

  report(event: KernelEvent): void {
    for (const watcher of this.#watchers) watcher(event);
  }

  /** Carries out one command of `ip`; returns the error message if the kernel rejects it. */
  run(words: Args | string, family: RunFamily = 4): string | undefined {
    const list = typeof words === "string" ? words.split(" ") : [...words];
    if (list[0] === "-6") return this.run(list.slice(1), 6);
    const error = this.#dispatch(list, family);
    if (error === undefined) {
      this.commands.push(list.join(" "));
      this.report(eventOf(list));
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
    const { outcome, rule, route } =
      lookUpRules(this.#policies(familyOf(address)), this.#resolved(), packet).at(-1) ?? {};
    if (outcome === "reject" && rule!.action.kind === "reject") return rule!.action.how;
    if (outcome !== "route") return "main";
    return route!.type === "unicast" ? ringText(route!.nexthops) : route!.type;
  }

  /** All rules of a family, in the kernel's order of evaluation. */
  #policies(family: Family): PolicyRule[] {
    const own = this.#inOrder().filter((rule) => rule.family === family);
    const all = [...own.map(jsonOf), ...(family === 4 ? this.foreignRules : this.foreignRules6)];
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

  #dispatch([object, verb, ...rest]: string[], family: RunFamily): string | undefined {
    if (object === "rule") return this.#changeRule(verb!, rest, family === 6 ? 6 : 4);
    if (object === "route") return this.#changeRoute(verb!, rest, family === 6 ? 6 : 4);
    if (object === "nexthop" && family === 6 && rest.includes("group")) return "Error: Invalid family for group.";
    if (object === "nexthop") return this.nexthops.change(verb!, rest);
    throw new Error(`the fake kernel does not know ${object} ${verb}`);
  }

  #changeRule(verb: string, words: string[], family: Family): string | undefined {
    const named = readRule(words);
    const own = (rule: ObservedRule): boolean => rule.family === family;
    if (verb === "add") {
      const text = JSON.stringify(named);
      if (this.rules.some((rule) => own(rule) && isSame(jsonOf(rule), named))) return "RTNETLINK answers: File exists";
      const [rule] = parseRules(`[${text}]`, family);
      if (rule) this.rules.push(rule);
      else if (named.protocol !== String(PROTOCOL)) (family === 4 ? this.foreignRules : this.foreignRules6).push(named);
      else throw new Error(`the fake kernel does not know the rule ${words.join(" ")}`);
      return undefined;
    }
    if (verb !== "del") throw new Error(`the fake kernel does not know rule ${verb}`);
    const found = this.#inOrder().find((rule) => own(rule) && matches(jsonOf(rule), named));
    if (!found) return "RTNETLINK answers: No such file or directory";
    this.rules.splice(this.rules.indexOf(found), 1);
    return undefined;
  }

  #changeRoute(verb: string, words: string[], family: Family): string | undefined {
    const route = readRoute(words, (gateway) => this.#deviceOf(gateway), family);
    this.#resolved();
    const same = (other: ObservedRoute): boolean =>
      other.table === route.table &&
      other.metric === route.metric &&
      formatCidr(other.destination) === formatCidr(route.destination);
    const index = this.routes.findIndex(same);
    if (verb === "del") {
      const isUnicast = ({ type }: ObservedRoute): boolean => type === "unicast" || type === "on-link";
      const found = this.routes.findIndex(
        (o) => same(o) && o.protocol === route.protocol && (o.type === route.type || [o, route].every(isUnicast)),
      );
      if (found < 0) return "RTNETLINK answers: No such process";
      this.routes.splice(found, 1);
      return undefined;
    }
    if (route.nexthopId !== undefined && !this.nexthops.has(route.nexthopId))
      return "Error: Nexthop id does not exist.";
    const isBare = route.type === "unicast" && route.nexthops.length === 0 && route.nexthopId === undefined;
    if (isBare) return "Error: Nexthop device or gateway is missing.";
    const isRejected = ({ gateway, device }: NextHop): boolean =>
      gateway !== "" &&
      (!this.#isOnLink(gateway) || this.rejectedNexthops.has(gateway) || device !== this.#deviceOf(gateway));
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
    const isNear = isLinkLocal(parseAddress(gateway, FAMILIES)!); // on whatever interface its zone names
    return isNear || this.addresses.some((text) => contains(parseCidr(text, FAMILIES)!, parseHost(gateway)!));
  }

  #faultOf(gateway: string): NexthopFault | undefined {
    if (this.addresses.some((text) => text.startsWith(`${gateway}/`))) {
      return { code: "own-address", detail: "it is an address of this machine itself" };
    }
    if (this.#isOnLink(gateway)) return undefined;
    return { code: "no-route", detail: "no interface of this machine leads to it" };
  }
}

/** The family of an address or network. */
function familyOf(text: string): Family {
  return text.includes(":") ? 6 : 4;
}

function ownAddress(text: string) {
  return { address: text.split("/")[0]!, network: parseCidr(text, FAMILIES)! };
}

/** What the kernel reports after a command. */
function eventOf(list: readonly string[]): KernelEvent {
  if (list[0] === "rule") return { kind: "rule" };
  if (list[0] === "nexthop") return { kind: "nexthop", table: tableOfId(Number(list[list.indexOf("id") + 1])) };
  return { kind: "route", table: Number(list[list.indexOf("table") + 1]), destination: undefined };
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
const sourceOf = (network: Cidr) => ({
  src: formatAddress(network.address),
  ...(!isHost(network) && { srclen: network.prefix }),
});
const destinationOf = (network: Cidr) => ({
  dst: formatAddress(network.address),
  ...(!isHost(network) && { dstlen: network.prefix }),
});
const hex = (mark: number): string => `0x${mark.toString(16)}`;

const REJECT_TYPES = ["unreachable", "prohibit", "blackhole"];

/** The rule of a command, as the same JSON. */
function readRule(words: readonly string[]): RuleJson {
  const how = words.find((word) => REJECT_TYPES.includes(word));
  const fields = pairs(words.filter((word) => word !== "nop" && word !== "not" && word !== how));
  const [fwmark, fwmask] = fields.get("fwmark")?.split("/") ?? [];
  const from = parseCidr(fields.get("from") ?? "", FAMILIES);
  const to = parseCidr(fields.get("to") ?? "", FAMILIES);
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

function readRoute(words: string[], deviceOf: (gateway: string) => string, named: Family): ObservedRoute {
  const type = ROUTE_TYPES.includes(words[0]!) ? words.shift()! : "unicast";
  const destination = words.shift()!;
  const firstHop = words.indexOf("nexthop");
  const fields = pairs(firstHop < 0 ? words : words.slice(0, firstHop));
  const family = destination === "default" ? named : familyOf(destination);
  const device = fields.get("dev");
  return ownType({
    family,
    type,
    destination: destination === "default" ? everything(family) : parseCidr(destination, FAMILIES)!,
    metric: Number(fields.get("metric") ?? METRICS[family]),
    table: Number(fields.get("table")),
    protocol: Number(fields.get("proto") ?? 3),
    nexthops:
      firstHop >= 0
        ? readNextHops(words.slice(firstHop), deviceOf)
        : device === undefined
          ? []
          : [{ gateway: "", weight: 1, device }],
    ...(fields.has("nhid") && { nexthopId: Number(fields.get("nhid")) }),
  });
}

function readNextHops(words: string[], deviceOf: (gateway: string) => string): NextHop[] {
  return words
    .join(" ")
    .split("nexthop ")
    .slice(1)
    .map((hop) => {
      const fields = pairs(hop.trim().split(" "));
      const via = fields.get("via")!;
      const device = fields.get("dev") ?? deviceOf(via);
      const gateway = isLinkLocal(parseAddress(via, FAMILIES)!) ? `${via}%${device}` : via;
      return { gateway, weight: Number(fields.get("weight") ?? 1), device };
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
