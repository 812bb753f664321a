import { afterEach, expect, test } from "bun:test";

import type { DdnsEvent } from "../../../src/ddns/events.ts";
import { RECORD_TYPES } from "../../../src/ddns/record-type.ts";
import { type Family, familyOf } from "../../../src/net/address.ts";
import type { Fault, FakeRecord } from "../../fakes/dynu.ts";
import { seeded } from "../../fakes/seeded.ts";
import { Bench, GATEWAYS_OF, REQUIRED } from "./ddns.fixture.ts";

const STEPS = 2000;
const STEPS_TO_CHECKPOINT = 25;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A walk takes seconds of processor time, and the tests of other files take theirs meanwhile. */
const TIME_LIMIT = 60 * SECOND;

const FAULTS: readonly Fault[] = [
  { kind: "http", status: 500 },
  { kind: "http", status: 503 },
  { kind: "http", status: 429 },
  { kind: "cut", when: "before" },
  { kind: "cut", when: "after" },
  { kind: "slow", ms: 700 },
  { kind: "slow", ms: 8000 },
  { kind: "hang" },
  { kind: "garbage", body: "<html>" },
  { kind: "garbage", body: "{}" },
  { kind: "body", statusCode: 500, type: "Server Exception", message: "Failed." },
  { kind: "body", statusCode: 401, type: "Authentication Exception", message: "Failed.", nested: true },
  { kind: "body", statusCode: 501, type: "Argument Exception", message: "Invalid." },
  { kind: "body", statusCode: 503, type: "Quota Exception", message: "Full." },
];

/** A walk over everything that can happen, which watches what must never happen, in each family by itself. */
class Walk {
  readonly bench: Bench;
  readonly #families: readonly Family[];
  readonly #gateways: readonly string[];
  readonly #random: () => number;
  readonly #active = new Set<string>();
  /** Where each gateway would answer from, whether or not its service says so. */
  readonly #addresses = new Map<string, string>();
  /** Addresses that more than one gateway has had: it is unknown whose they are. */
  readonly #shared = new Set<string>();
  readonly #foreign: readonly FakeRecord[];
  /** Addresses that services have answered with. */
  readonly #found = new Set<string>();
  #fresh = 0;
  #seenEvents = 0;
  #seenMoments = 0;
  #seenRequests = 0;
  #meddledAt = 0;
  /** Whether an account was full, or said so. */
  #quotaMeddled = false;

  constructor(seed: number, families: readonly Family[]) {
    this.#random = seeded(seed);
    this.#families = families;
    this.#gateways = families.flatMap((family) => GATEWAYS_OF[family]);
    this.bench = new Bench({ flags: { "ddns-require-ip-address": REQUIRED }, families, random: seeded(seed + 1) });
    for (const gateway of this.#gateways) this.#move(gateway);
    const { dynu } = this.bench;
    this.#foreign = [
      dynu.put({ nodeName: "www", content: "9.0.0.1" }),
      dynu.put({ nodeName: families.length === 1 ? "gw" : "www", recordType: "AAAA", content: "2606:4700::1" }),
      dynu.put({ recordType: "TXT", content: "v=spf1 -all" }),
    ].map((record) => ({ ...record }));
    for (const family of families) {
      dynu.put({ recordType: RECORD_TYPES[family], content: family === 4 ? "8.8.8.8" : "2600:8::8" }); // of an earlier life
    }
    this.#hold(true);
    this.#seenMoments = dynu.moments.length;
  }

  async step(): Promise<void> {
    const { dynu, services } = this.bench;
    const gateway = this.#pick(this.#gateways);
    const actions: readonly (() => void)[] = [
      () => this.#toggle(gateway),
      () => this.#toggle(gateway),
      () => this.#toggle(gateway),
      () => this.#move(gateway),
      () => services.set(gateway, this.#pick(["", `{"public_ip":""}`, "garbage", "10.1.2.3", "fd00::9", 500, "hang"])),
      () => services.set(gateway, this.#addresses.get(gateway)!),
      () => this.#fail({ times: this.#pick([1, 1, 2, 5]) }),
      () => this.#fail({ call: this.#pick(["list", "add", "change", "remove"] as const) }),
      () => dynu.heal(),
      () => this.#meddle(),
      () => this.#setQuota(this.#pick([1, 3, 4, 6, Infinity])),
      () => this.#hold(this.#random() < 0.8),
    ];
    this.#pick(actions)();
    await this.bench.pass(this.#pick([0, 100, 1000, 3000, 20_000]), 200);
    this.#watch();
  }

  /** Everything works again: the right records have to be there before the longest wait is over. */
  async recover(): Promise<void> {
    const { bench } = this;
    bench.dynu.heal();
    bench.dynu.quota = Infinity;
    this.#quotaMeddled = false;
    this.#hold(true);
    for (const gateway of this.#gateways) bench.services.set(gateway, this.#addresses.get(gateway)!);
    const right = [...new Set([...this.#active].map((gateway) => this.#addresses.get(gateway)!))].sort().join();
    for (let left = this.#longestWait(); this.#held() !== right; left -= SECOND) {
      if (left < 0) throw new Error(`too late: ${this.#held()} instead of ${right}`);
      const seen = bench.events.length;
      await bench.pass(SECOND, SECOND);
      const trouble = bench.events.slice(seen).find(({ type }) => type === "ddns-trouble");
      if (trouble?.type === "ddns-trouble") left = Math.max(left, trouble.waitMs + 5 * SECOND); // of a request under way
    }
    await bench.pass(MINUTE, SECOND);
    this.#watch();
    expect(this.#held()).toBe(right);
    expect(bench.dynu.records().filter((record) => this.#isForeign(record))).toEqual([...this.#foreign]);
  }

  /** What the name resolves to, in all families. */
  #held(): string {
    const { dynu } = this.bench;
    const all = this.#families.flatMap((family) => dynu.addresses(undefined, RECORD_TYPES[family]));
    return all.sort().join();
  }

  #longestWait(): number {
    return Math.max(...this.#families.map((family) => this.#longestWaitOf(family)));
  }

  /** A look-up and an update, after the rest of a back-off; where records were meddled with, after the next regular check. */
  #longestWaitOf(family: Family): number {
    const { dynu } = this.bench;
    const isOwn = (event: { readonly family?: Family }): boolean => (event.family ?? 4) === family;
    const last = this.bench.events.findLast((event) => {
      return isOwn(event) && (event.type === "ddns-trouble" || event.type === "ddns-verified");
    });
    const backoff = last?.type === "ddns-trouble" ? last.waitMs : 0;
    const stuck = dynu.requests.some(({ answer }) => answer === "hang" || answer === undefined) ? MINUTE : 0;
    const since = this.bench.events.slice(this.#meddledAt).filter(isOwn);
    const meddled = since.every(({ type }) => type !== "ddns-verified");
    return 40 * SECOND + backoff + stuck + (meddled ? 15 * MINUTE : 0);
  }

  #toggle(gateway: string): void {
    if (!this.#active.delete(gateway)) this.#active.add(gateway);
    const family = familyOf(gateway);
    this.bench.names.get(family)!.setActive(GATEWAYS_OF[family].filter((one) => this.#active.has(one)));
  }

  /** Gives a gateway another address: a new one, or one that another gateway has. */
  #move(gateway: string): void {
    this.#fresh += 1;
    const family = familyOf(gateway);
    const [high, low] = [this.#fresh >> 8, this.#fresh & 255];
    const fresh = family === 4 ? `1.0.${high}.${low}` : `2600::1:${(this.#fresh + 1).toString(16)}`;
    const other = this.#random() < 0.2 ? this.#addresses.get(this.#pick(GATEWAYS_OF[family])) : undefined;
    if (other !== undefined) this.#shared.add(other);
    const address = other ?? fresh;
    this.#addresses.set(gateway, address);
    this.bench.services.set(gateway, address);
  }

  #fail(options: { call?: "list" | "add" | "change" | "remove"; times?: number }): void {
    const fault = this.#pick(FAULTS);
    this.#quotaMeddled ||= fault.kind === "body" && fault.type.includes("Quota");
    this.bench.dynu.fail(fault, options);
  }

  #setQuota(quota: number): void {
    this.#quotaMeddled ||= quota !== Infinity;
    this.bench.dynu.quota = quota;
  }

  #hold(required: boolean): void {
    this.bench.hold(required);
  }

  /** Another program adds or removes a record at the provider. */
  #meddle(): void {
    const { dynu } = this.bench;
    this.#watch();
    const family = this.#pick(this.#families);
    const recordType = RECORD_TYPES[family];
    const ours = dynu.records().filter((record) => !this.#isForeign(record) && record.recordType === recordType);
    const prefix = family === 4 ? "9.1." : "2600:9::";
    const content = `${prefix}${this.#pick([0, 1, 2])}${family === 4 ? ".1" : ""}`;
    if (ours.length > 1 && this.#random() < 0.5) dynu.take(this.#pick(ours).id);
    else dynu.put({ recordType, content, state: this.#random() < 0.7 });
    this.#meddledAt = this.bench.events.length;
    this.#seenMoments = dynu.moments.length;
  }

  /** What must never happen, judged by everything the provider has seen since the last time. */
  #watch(): void {
    const { dynu, addresses } = this.bench;
    for (const family of this.#families) this.#watchRecords(family);
    const writes = dynu.requests.slice(this.#seenRequests).filter(({ method }) => method !== "GET");
    if (addresses.length === 0) expect(writes).toEqual([]);
    const events = this.bench.events.slice(this.#seenEvents);
    for (const address of events.flatMap(addressesFoundIn)) this.#found.add(address);
    for (const { body } of writes) {
      const { ipv4Address, ipv6Address } = (body === "" ? {} : JSON.parse(body)) as Record<string, string>;
      if (body !== "") expect(this.#found).toContain((ipv4Address ?? ipv6Address)!);
    }
    this.#seenEvents = this.bench.events.length;
    this.#seenMoments = dynu.moments.length;
    this.#seenRequests = dynu.requests.length;
  }

  #watchRecords(family: Family): void {
    const { dynu } = this.bench;
    const active = [...this.#active].filter((gateway) => familyOf(gateway) === family);
    for (let index = this.#seenMoments; index < dynu.moments.length; index += 1) {
      const before = dynu.addresses(dynu.moments[index - 1]!.records, RECORD_TYPES[family]);
      const after = dynu.addresses(dynu.moments[index]!.records, RECORD_TYPES[family]);
      if (before.length > 0 && after.length === 0) expect(active).toEqual([]);
      // An account that is full may take a record that is possibly a gateway's own for one that certainly is.
      if (this.#quotaMeddled) continue;
      for (const gone of before.filter((address) => !after.includes(address))) {
        const owners = active.filter((gateway) => this.#addresses.get(gateway) === gone);
        if (!this.#shared.has(gone)) expect(owners).toEqual([]);
      }
    }
  }

  #isForeign({ nodeName, recordType }: FakeRecord): boolean {
    const types: readonly string[] = this.#families.map((family) => RECORD_TYPES[family]);
    return nodeName.toLowerCase() !== "gw" || !types.includes(recordType);
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!;
  }
}

function addressesFoundIn(event: DdnsEvent): string[] {
  return event.type === "public-ip" && event.result.kind === "success" ? [event.result.address] : [];
}

let walk: Walk;
afterEach(() => walk.bench.close());

test.each<[number, string, readonly Family[]]>([
  [1, "IPv4", [4]],
  [2, "IPv4", [4]],
  [3, "both families", [4, 6]],
])(
  `a walk of ${STEPS} steps, number %p, ends in the right records of %s each time`,
  async (seed, _, families) => {
    walk = new Walk(seed, families);
    for (let step = 0; step < STEPS; step += STEPS_TO_CHECKPOINT) {
      for (let count = 0; count < STEPS_TO_CHECKPOINT; count += 1) await walk.step();
      await walk.recover();
    }
  },
  TIME_LIMIT,
);
