/** Random walks of the updater at every provider with an HTTP API. */
import { expect, test } from "bun:test";

import { ReadBack } from "../../src/ddns/read-back.ts";
import { type Outcome, updateRecords } from "../../src/ddns/update.ts";
import type { HttpFault } from "../fakes/http-api.ts";
import { seeded } from "../fakes/seeded.ts";
import { HTTP_NAMES } from "./ddns-name-http.fixture.ts";
import type { NameBench } from "./ddns-name.fixture.ts";
import { patient } from "./ddns-provider.fixture.ts";

const ROUNDS = 40;
const STEPS = 12;
const TTL = 600;
const ADDRESSES = ["1.0.0.1", "1.0.0.2", "1.0.0.3", "1.0.0.4"];
const STRAY = "9.0.0.9";

const FAULTS: readonly HttpFault[] = [
  { status: 500, body: "{}" },
  { status: 502, body: "<html>" },
  { status: 429, body: "{}", headers: { "retry-after": "1" } },
  { cut: "before" },
  { cut: "after" },
];

interface Router {
  readonly provider: NameBench["provider"];
  readonly readBack: ReadBack;
  desired: readonly string[];
}

/** Routers that keep one name, while requests fail and another program writes. */
class Walk {
  readonly #bench: NameBench;
  readonly #random: () => number;
  readonly #routers: readonly Router[];
  /** What the name had after each request. */
  readonly #moments: ReturnType<NameBench["held"]>[] = [];

  constructor(bench: NameBench, seed: number) {
    this.#bench = bench;
    this.#random = seeded(seed);
    // What a second router removes, a list of single records shows as late to the first one.
    const providers = bench.provider.kind === "set" ? [bench.provider, this.#http.another()] : [bench.provider];
    this.#routers = providers.map((provider) => ({ provider, readBack: new ReadBack(), desired: ADDRESSES }));
    this.#http.fake.onRequest = () => this.#moments.push(bench.held());
  }

  async step(): Promise<void> {
    const router = this.#pick(this.#routers);
    const actions: readonly (() => unknown)[] = [
      () => (router.desired = this.#some()),
      () => this.#fail(),
      () => (this.#http.fake.allowance = this.#pick([2, 5])),
      () => this.#http.fake.heal(),
      () => this.#bench.put([STRAY], this.#pick([TTL, 3600])),
      () => this.#update(router),
      () => this.#update(router),
    ];
    await this.#pick(actions)();
    await this.#watch();
  }

  /** Nothing fails any more, and all routers want the same: a few updates make it so. */
  async recover(): Promise<void> {
    this.#http.fake.heal();
    const desired = this.#some();
    const ends: Outcome["end"][] = [];
    for (let time = 0; time < 4; time += 1) {
      for (const router of this.#routers) {
        router.desired = desired;
        ends.push((await this.#update(router)).end);
      }
    }
    await this.#watch();
    expect(ends.slice(-this.#routers.length)).toEqual(this.#routers.map(() => "correct"));
    const held = await this.#bench.held();
    expect(held).toEqual({ addresses: [...desired].sort(), ttls: desired.map(() => TTL) });
  }

  get #http() {
    return this.#bench.http!;
  }

  #update({ provider, readBack, desired }: Router): Promise<Outcome> {
    const claimOn = () => "none" as const;
    const wanted = { addresses: desired, unknown: [], claimOn, mayBeEmpty: false };
    const writeGate = { allowed: true, confirm: async () => true };
    const options = { provider, ttl: TTL, desired: () => wanted, writeGate, callLimit: 10_000 };
    return updateRecords(options, readBack, patient);
  }

  #fail(): void {
    this.#http.fake.fail(this.#pick(["GET", "POST", "PUT", "PATCH", "DELETE"]), this.#pick(FAULTS));
  }

  /** Once the name has an address it is never empty again, and nothing but what was desired or is another's is there. */
  async #watch(): Promise<void> {
    let wasEmpty = true;
    for (const { addresses } of await Promise.all(this.#moments)) {
      if (!wasEmpty) expect(addresses).not.toEqual([]);
      for (const address of addresses) expect([...ADDRESSES, STRAY]).toContain(address);
      wasEmpty = addresses.length === 0;
    }
    this.#moments.splice(0, this.#moments.length - 1);
  }

  #some(): string[] {
    const some = ADDRESSES.filter(() => this.#random() < 0.5);
    return some.length === 0 ? [this.#pick(ADDRESSES)] : some;
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!;
  }
}

test.each(HTTP_NAMES.flatMap(([title, open]) => [1, 2, 3].map((seed) => [title, seed, open] as const)))(
  "%s, walk %i: the name is never empty, ends in the right records, and nothing else in its zone changes",
  async (_, seed, open) => {
    await using bench = await open(4);
    const others = await bench.others();
    const walk = new Walk(bench, seed);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let step = 0; step < STEPS; step += 1) await walk.step();
      await walk.recover();
    }
    expect(await bench.others()).toEqual(others);
  },
);
