import { expect, test } from "bun:test";

import type { Claim, DesiredRecords } from "../../src/ddns/plan-records.ts";
import { ReadBack } from "../../src/ddns/read-back.ts";
import { type Outcome, updateRecords } from "../../src/ddns/update.ts";
import type { SetFault } from "../fakes/record-set.ts";
import { seeded } from "../fakes/seeded.ts";
import { atBind, inMemory, type WalkPlace } from "./ddns-set-walk.fixture.ts";

const STEPS = 20;
const TTL = 60;
const ADDRESSES = ["1.0.0.1", "1.0.0.2", "1.0.0.3", "1.0.0.4"];
const FAULTS: readonly SetFault[] = ["lost", "answer lost", "refused", "access"];

interface Router {
  readonly provider: WalkPlace["providers"][number];
  readonly readBack: ReadBack;
  /** The addresses of the active gateways, as far as it knows them. */
  desired: readonly string[];
  /** Whether the address of one more gateway is unknown. */
  unknown: boolean;
}

/** Two routers that keep one name, at a place that takes all its records at once and may lie in many ways. */
class Walk {
  readonly #place: WalkPlace;
  readonly #random: () => number;
  readonly #routers: readonly Router[];
  #seen = 1;

  constructor(seed: number, place: WalkPlace) {
    this.#random = seeded(seed);
    this.#place = place;
    this.#routers = place.providers.map((provider) => {
      return { provider, readBack: new ReadBack(), desired: ADDRESSES, unknown: false };
    });
  }

  async step(): Promise<void> {
    const router = this.#pick(this.#routers);
    const actions: readonly (() => unknown)[] = [
      () => (router.desired = this.#some()),
      () => (router.unknown = !router.unknown),
      () => this.#place.fail(...Array.from({ length: this.#pick([1, 2, 5]) }, () => this.#pick(FAULTS))),
      () => this.#place.heal(),
      () => this.#meddle(),
      () => this.#update(router),
      () => this.#update(router),
      () => Promise.all(this.#routers.map((one) => this.#update(one))),
    ];
    await this.#pick(actions)();
  }

  /** Both want the same, and nothing fails: a few updates make it so, whichever of them comes first. */
  async recover(): Promise<void> {
    this.#place.heal();
    const desired = this.#some();
    for (const router of this.#routers) Object.assign(router, { desired, unknown: false });
    const ends: Outcome["end"][] = [];
    for (let time = 0; time < 3; time += 1) {
      for (const router of this.#routers) ends.push((await this.#update(router)).end);
    }
    await this.#watch();
    expect(ends.slice(-2)).toEqual(["correct", "correct"]);
    expect(await this.#place.held()).toEqual({ addresses: [...desired].sort(), ttl: TTL });
  }

  #update({ provider, readBack, desired, unknown }: Router): Promise<Outcome> {
    const claimOn = (address: string): Claim => (unknown && address.startsWith("9.") ? "possible" : "none");
    const wanted: DesiredRecords = {
      ...{ addresses: desired, unknown: unknown ? ["10.0.0.9"] : [], claimOn, mayBeEmpty: false },
    };
    const writeGate = { allowed: true, confirm: async () => true };
    const options = { provider, ttl: TTL, desired: () => wanted, writeGate, callLimit: 1000 };
    return updateRecords(options, readBack, new AbortController().signal);
  }

  /** Another program writes. */
  #meddle(): Promise<void> {
    return this.#place.put(this.#pick([["9.0.0.1"], ["9.0.0.1", "1.0.0.2"], [], ADDRESSES]), this.#pick([60, 300]));
  }

  /**
   * Whatever a router has written is not empty, replaces what it expected, and holds nothing that neither router wants or
   * has to retain.
   */
  async #watch(): Promise<void> {
    const moments = await this.#place.moments();
    for (const { addresses, isOwn, wasExpected } of moments.slice(this.#seen)) {
      if (!isOwn) continue;
      expect(addresses.length).toBeGreaterThan(0);
      expect(wasExpected).toBe(true);
      expect(new Set(addresses).size).toBe(addresses.length);
      for (const address of addresses) expect([...ADDRESSES, "9.0.0.1"]).toContain(address);
    }
    this.#seen = moments.length;
  }

  #some(): string[] {
    const some = ADDRESSES.filter(() => this.#random() < 0.5);
    return some.length === 0 ? [this.#pick(ADDRESSES)] : some;
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!;
  }
}

test.each<[number, string, number, () => Promise<WalkPlace>]>([
  [1, "a provider that compares what is there", 150, () => inMemory(true)],
  [2, "a provider that compares what is there", 150, () => inMemory(true)],
  [3, "a provider that does not compare", 150, () => inMemory(false)],
  [4, "BIND", 40, atBind],
])(
  "walk %p: two routers at %s never empty a name or overwrite each other blindly, and end in the right records",
  async (seed, _, rounds, open) => {
    await using place = await open();
    const walk = new Walk(seed, place);
    for (let round = 0; round < rounds; round += 1) {
      for (let step = 0; step < STEPS; step += 1) await walk.step();
      await walk.recover();
    }
  },
);
