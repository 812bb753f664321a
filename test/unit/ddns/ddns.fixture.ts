import { jest, onTestFinished, spyOn } from "bun:test";
import dns from "node:dns/promises";

import { ddnsSettingsOf } from "../../../src/config/dns-names.ts";
import { inFamily } from "../../../src/config/families.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { Ddns } from "../../../src/ddns/ddns.ts";
import type { DdnsEvent } from "../../../src/ddns/events.ts";
import { createLookUp } from "../../../src/ddns/look-up.ts";
import { SharedLookUps } from "../../../src/ddns/shared-look-ups.ts";
import { addressInUrl } from "../../../src/net/url-host.ts";
import type { View } from "../../../src/ddns/verify/views.ts";
import type { InPool } from "../../../src/events/events.ts";
import { type Family, familyOf, formatAddress } from "../../../src/net/address.ts";
import { ALL_PACKETS, type Selectors } from "../../../src/routing/selectors.ts";
import { RECORD_TYPES } from "../../../src/ddns/record-type.ts";
import { FakeDynu, type FakeDynuOptions } from "../../fakes/dynu.ts";

export const GATEWAYS = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"] as const;
/** The same gateways by their addresses of IPv6. */
export const GATEWAYS_IPV6 = ["fd00::1", "fd00::2", "fd00::3", "fd00::4"] as const;

export const GATEWAYS_OF: Readonly<Record<Family, readonly string[]>> = { 4: GATEWAYS, 6: GATEWAYS_IPV6 };

export const REQUIRED = "192.168.1.100";

/** How a gateway's public address service answers: with a text, a status, or never. */
export type Service = string | number | "hang";

export interface BenchOptions extends FakeDynuOptions {
  readonly flags?: Record<string, string>;
  /** The families whose records are kept up to date, IPv4 alone by default. */
  readonly families?: readonly Family[];
  readonly random?: () => number;
  /** The packets that use the pool; all by default. */
  readonly selectors?: Partial<Selectors>;
  /** The one gateway whose address the name has; those of all by default. */
  readonly follows?: string;
  /** What the servers of -ddns-verify show. */
  readonly shown?: () => readonly View[];
  /** Addresses that are published already. */
  readonly old?: readonly string[];
}

/**
 * All of DDNS in memory: a fake Dynu, a public address service of each gateway, and a clock that a test moves. Each bench
 * has to be closed.
 */
export class Bench {
  readonly dynu: FakeDynu;
  /** By family. */
  readonly names: ReadonlyMap<Family, Ddns>;
  readonly events: InPool<DdnsEvent>[] = [];
  /** What each gateway's service answers. */
  readonly services = new Map<string, Service>([
    ...GATEWAYS.map((gateway, index) => [gateway, `1.0.0.${index + 1}`] as const),
    ...GATEWAYS_IPV6.map((gateway, index) => [gateway, `2600::${index + 1}`] as const),
  ]);
  /** Addresses of this machine. */
  addresses: readonly string[] = [];
  readonly #fetch = globalThis.fetch;
  readonly #random: { mockRestore(): void };
  readonly #lookup: { mockRestore(): void };
  /** Requests that have begun, and those that have ended. */
  #exchanges = 0;

  constructor(options: BenchOptions = {}) {
    const {
      flags = {},
      families = [4],
      random = () => 0.5,
      old = [],
      selectors = {},
      follows,
      shown,
      ...account
    } = options;
    jest.useFakeTimers();
    this.dynu = new FakeDynu(account);
    for (const content of old) this.dynu.put({ content, recordType: RECORD_TYPES[families[0]!] });
    globalThis.fetch = Object.assign(
      (input: string | URL | Request, init?: RequestInit) => this.#exchange(String(input), init),
      { preconnect: () => {} },
    );
    const unknown = Object.assign(new Error("no resolver is asked"), { code: "ENOTFOUND" });
    this.#lookup = spyOn(dns, "lookup").mockRejectedValue(unknown);
    this.#random = spyOn(Math, "random").mockImplementation(random);
    const basics = {
      gateway: GATEWAYS.map((_, index) => families.map((family) => GATEWAYS_OF[family][index]).join("+")).join(" "),
      route: families.map((family) => (family === 4 ? "default" : "default6")).join(","),
      "ddns-provider": "dynudns",
      "ddns-hostname": this.dynu.hostname,
      "ddns-password": this.dynu.key,
    };
    const parsed = parseConfig({ ...basics, ...flags }, { environment: {}, readFile: () => "" });
    if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
    const { publicIp, pools } = parsed.config;
    const emit = (event: InPool<DdnsEvent>): void => void this.events.push(event);
    const lookUp = createLookUp(publicIp);
    const lookUps = new SharedLookUps({ lookUp, refresh: publicIp.publicIpRefresh, random: Math.random, emit });
    const open = (family: Family): Ddns =>
      new Ddns({
        ...{ family, lookUps, readAddresses: async (of) => this.addresses.filter((one) => familyOf(one) === of) },
        settings: {
          ...ddnsSettingsOf(publicIp, inFamily(pools[0], family)!, pools[0].dnsNames[0]!),
          selectors: { ...ALL_PACKETS, ...selectors },
          follows,
        },
        createAsk: shown && (() => async () => shown()),
        emit: family === 4 ? emit : (event) => emit({ ...event, family }),
      });
    this.names = new Map(families.map((family) => [family, open(family)]));
  }

  /** That of the first family. */
  get ddns(): Ddns {
    return this.names.values().next().value!;
  }

  /** Lets exactly these gateways be active, and everything settle. */
  async activate(...gateways: string[]): Promise<void> {
    this.ddns.setActive(gateways);
    await this.pass(3000);
  }

  /** Adds the required address to this machine, or removes it, and reports that. */
  hold(required: boolean): void {
    this.addresses = required ? [REQUIRED] : [];
    for (const [family, ddns] of this.names) {
      ddns.setAddresses(this.addresses.filter((one) => familyOf(one) === family));
    }
  }

  /** Lets so many milliseconds pass, in steps, and everything happen that is due. */
  async pass(ms: number, step = 100): Promise<void> {
    await settle();
    for (let left = ms; left > 0; left -= step) {
      const before = this.#activity();
      jest.advanceTimersByTime(Math.min(step, left));
      await turn();
      if (this.#activity() !== before) await settle();
    }
  }

  /** Lets time pass until it is so; returns the milliseconds that took. */
  async passUntil(isSo: () => boolean, limit: number, step = 1000): Promise<number> {
    let passed = 0;
    await settle();
    for (; !isSo(); passed += step) {
      if (passed > limit) throw new Error(`not so after ${limit} ms: ${JSON.stringify(this.events.slice(-12))}`);
      await this.pass(step, step);
    }
    return passed;
  }

  of<T extends DdnsEvent["type"]>(type: T): InPool<Extract<DdnsEvent, { type: T }>>[] {
    return this.events.filter((event): event is InPool<Extract<DdnsEvent, { type: T }>> => event.type === type);
  }

  /** Requests to the provider, each as its call and the outcome. */
  get calls(): string[] {
    return this.dynu.requests.map(({ call, answer }) => `${call} ${answer}`);
  }

  /** Calls that change something. */
  get writes(): string[] {
    return this.dynu.requests.flatMap(({ call }) => (call && ["add", "change", "remove"].includes(call) ? [call] : []));
  }

  close(): void {
    for (const ddns of this.names.values()) ddns.stop();
    globalThis.fetch = this.#fetch;
    this.#random.mockRestore();
    this.#lookup.mockRestore();
    jest.useRealTimers();
  }

  /** Stays the same while nothing happens. Most steps of the clock are of that kind, and need little processor time. */
  #activity(): string {
    return [this.#exchanges, this.events.length, jest.getTimerCount()].join(" ");
  }

  async #exchange(url: string, init: RequestInit | undefined): Promise<Response> {
    this.#exchanges += 1;
    return this.#answer(url, init).finally(() => (this.#exchanges += 1));
  }

  async #answer(url: string, init: RequestInit | undefined): Promise<Response> {
    const { hostname: host } = new URL(url);
    const address = addressInUrl(host);
    const hostname = address === undefined ? host : formatAddress(address);
    if (hostname === "api.dynu.com") return this.dynu.fetch(url, init);
    const service = this.services.get(hostname);
    if (service === "hang") {
      return new Promise((_, reject) => init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason)));
    }
    return typeof service === "number" ? new Response("", { status: service }) : new Response(service);
  }
}

/** Everything that is under way in memory goes as far as it can. */
async function settle(): Promise<void> {
  for (let count = 0; count < 8; count += 1) await turn();
}

/** All that needs no more than this ends. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** A bench for the test that runs now. */
export function openBench(options?: BenchOptions): Bench {
  const bench = new Bench(options);
  onTestFinished(() => bench.close());
  return bench;
}
