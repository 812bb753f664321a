import { formatCidr, networkOf, parseCidr } from "../../src/net/cidr.ts";
import { parseIpv4 } from "../../src/net/ipv4.ts";
import { commandOf, type Words } from "../../src/routing/batch.ts";
import type { Kernel } from "../../src/routing/kernel.ts";
import type { Signal } from "../../src/routing/monitor.ts";
import {
  type NextHop,
  type ObservedRoute,
  type ObservedRule,
  PROTOCOL,
  type Refusal,
} from "../../src/routing/types.ts";

interface TableRoute extends ObservedRoute {
  readonly table: number;
}

/** Address and prefix length of an interface, as `ip address add` takes it. */
type InterfaceAddress = string;

/**
 * A kernel in memory that takes the generated commands as words and refuses what Linux refuses, with the same text. It
 * knows tables, rules `from all`, throw routes and one flat set of interface addresses.
 */
export class FakeKernel implements Kernel {
  routes: TableRoute[] = [];
  rules: ObservedRule[] = [];
  addresses: InterfaceAddress[] = [];
  /** Gateways that are refused although a look-up finds nothing wrong with them. */
  grudges = new Set<string>();
  /** The interface that all routes get when they are made. */
  device = "eth0";
  /** Gateways with an interface of their own. */
  devices = new Map<string, string>();
  /** Interfaces without a carrier. */
  dark = new Set<string>();
  /** Every command that was carried out. */
  readonly done: string[] = [];
  /** Fails the next calls of `observe` and `apply`, as a broken `ip` would. */
  failures: Error[] = [];
  /** Called before each observation: the moment for others to meddle. */
  beforeObserve: () => void = () => {};

  #watchers = new Set<(signal: Signal) => void>();

  readonly ownTable: number;

  constructor(ownTable: number, addresses: readonly InterfaceAddress[] = ["10.0.0.1/24"]) {
    this.ownTable = ownTable;
    this.addresses = [...addresses];
  }

  async observe(gateways: readonly string[]) {
    this.beforeObserve();
    this.#failIfTold();
    return {
      routes: this.routes.filter(({ table }) => table === this.ownTable),
      rules: [...this.rules],
      devices: new Map(gateways.map((gateway) => [gateway, this.#deviceOf(gateway)])),
      connected: this.addresses.map((text) => parseCidr(text)!),
      addresses: await this.readAddresses(),
      links: [this.device, ...this.devices.values()].map((name) => {
        return { name, up: true, carrier: !this.dark.has(name), addresses: [] };
      }),
      refusals: gateways.flatMap((gateway): Refusal[] => {
        const why = this.#objection(gateway);
        return why === undefined ? [] : [{ gateway, why }];
      }),
    };
  }

  async apply(changes: Parameters<Kernel["apply"]>[0], table: number): ReturnType<Kernel["apply"]> {
    this.#failIfTold();
    for (const change of changes) {
      const message = this.run(commandOf(change, table));
      if (message !== undefined) return { ok: false, failed: change, message };
    }
    return { ok: true };
  }

  async readAddresses() {
    return this.addresses.map((text) => text.split("/")[0]!);
  }

  async tryNextHops(gateways: readonly string[]) {
    return gateways
      .filter((gateway) => this.grudges.has(gateway) || !this.#isOnLink(gateway))
      .map((gateway) => ({ gateway, why: "the kernel takes it for no gateway" }));
  }

  async leftovers() {
    const tables = new Set(
      [...this.rules, ...this.routes].filter((e) => e.protocol === PROTOCOL).map(({ table }) => table),
    );
    tables.delete(this.ownTable);
    return [...tables].map((table) => ({
      table,
      rules: this.rules.filter((rule) => rule.table === table && rule.protocol === PROTOCOL),
      routes: this.routes.filter((route) => route.table === table && route.protocol === PROTOCOL),
    }));
  }

  watch(onSignal: (signal: Signal) => void) {
    this.#watchers.add(onSignal);
    return { stop: () => void this.#watchers.delete(onSignal) };
  }

  signal(signal: Signal): void {
    for (const watcher of this.#watchers) watcher(signal);
  }

  /** Carries out one command of `ip`; returns the kernel's complaint if it refuses. */
  run(words: Words | string): string | undefined {
    const list = typeof words === "string" ? words.split(" ") : [...words];
    const complaint = this.#dispatch(list);
    if (complaint === undefined) {
      this.done.push(list.join(" "));
      this.signal("table");
    }
    return complaint;
  }

  /** What a packet to this address does: the nexthops it may take, the type of the route that ends it, or "main". */
  lookup(address: string): string {
    const target = networkOf(parseIpv4(address)!, 32);
    for (const rule of [...this.rules].sort((a, b) => a.preference - b.preference)) {
      const [best] = this.routes
        .filter(({ table, destination }) => {
          return table === rule.table && networkOf(target.address, destination.prefix).address === destination.address;
        })
        .sort((a, b) => b.destination.prefix - a.destination.prefix || a.metric - b.metric);
      if (best && best.type !== "throw") return best.type === "unicast" ? ringText(best.nexthops) : best.type;
    }
    return "main";
  }

  #failIfTold(): void {
    const failure = this.failures.shift();
    if (failure) throw failure;
  }

  #dispatch([object, verb, ...rest]: string[]): string | undefined {
    if (object === "rule") return this.#changeRule(verb!, rest);
    if (object === "route") return this.#changeRoute(verb!, rest);
    throw new Error(`the fake kernel does not know ${object} ${verb}`);
  }

  #changeRule(verb: string, words: string[]): string | undefined {
    const fields = pairs(words);
    if (fields.get("from") !== "all") throw new Error(`a rule with a selector: ${words.join(" ")}`);
    const rule: ObservedRule = {
      family: 4,
      preference: Number(fields.get("pref")),
      table: Number(fields.get("lookup")),
      protocol: Number(fields.get("protocol") ?? 0),
      plain: true,
    };
    const same = (other: ObservedRule): boolean =>
      other.preference === rule.preference && other.table === rule.table && other.protocol === rule.protocol;
    if (verb === "add") {
      if (this.rules.some(same)) return "RTNETLINK answers: File exists";
      this.rules.push(rule);
      return undefined;
    }
    if (verb !== "del") throw new Error(`the fake kernel does not know rule ${verb}`);
    const index = this.rules.findIndex(same);
    if (index < 0) return "RTNETLINK answers: No such file or directory";
    this.rules.splice(index, 1);
    return undefined;
  }

  #changeRoute(verb: string, words: string[]): string | undefined {
    const route = readRoute(words, (gateway) => this.#deviceOf(gateway));
    const same = (other: TableRoute): boolean =>
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
    if (route.nexthops.some(({ gateway }) => !this.#isOnLink(gateway) || this.grudges.has(gateway))) {
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
    return this.addresses.some((text) => {
      const { address, prefix } = parseCidr(text)!;
      return networkOf(parseIpv4(gateway)!, prefix).address === address;
    });
  }

  #objection(gateway: string): string | undefined {
    if (this.addresses.some((text) => text.startsWith(`${gateway}/`))) return "it is an address of this machine itself";
    return this.#isOnLink(gateway) ? undefined : "no interface of this machine leads to it";
  }
}

const TYPES = ["unicast", "throw", "unreachable", "prohibit", "blackhole"];

function readRoute(words: string[], deviceOf: (gateway: string) => string): TableRoute {
  const type = TYPES.includes(words[0]!) ? words.shift()! : "unicast";
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
      return { gateway, weight: Number(fields.get("weight") ?? 1), device: deviceOf(gateway) };
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
