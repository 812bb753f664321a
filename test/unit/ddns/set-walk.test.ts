import { expect, test } from "bun:test";

import type { Claim, DesiredRecords } from "../../../src/ddns/plan-records.ts";
import { ReadBack } from "../../../src/ddns/read-back.ts";
import { type Outcome, updateRecords } from "../../../src/ddns/update.ts";
import { FakeRecordSet, type SetFault } from "../../fakes/record-set.ts";
import { seeded } from "../../fakes/seeded.ts";

const ROUNDS = 150;
const STEPS = 20;
const TTL = 60;
const ADDRESSES = ["1.0.0.1", "1.0.0.2", "1.0.0.3", "1.0.0.4"];
const FAULTS: readonly SetFault[] = ["lost", "answer lost", "refused", "access"];

interface Router {
  readonly readBack: ReadBack;
  /** The addresses of the active gateways, as far as it knows them. */
  desired: readonly string[];
  /** Whether the address of one more gateway is unknown. */
  unknown: boolean;
}

/** Two routers that keep one name, at a provider that takes all its records at once and may lie in many ways. */
class Walk {
  readonly #provider = new FakeRecordSet();
  readonly #random: () => number;
  readonly #routers = [0, 1].map((): Router => ({ readBack: new ReadBack(), desired: ADDRESSES, unknown: false }));
  #seen = 0;

  constructor(seed: number, compares: boolean) {
    this.#random = seeded(seed);
    this.#provider.compares = compares;
  }

  async step(): Promise<void> {
    const router = this.#pick(this.#routers);
    const actions: readonly (() => unknown)[] = [
      () => (router.desired = this.#some()),
      () => (router.unknown = !router.unknown),
      () => this.#provider.fail(...Array.from({ length: this.#pick([1, 2, 5]) }, () => this.#pick(FAULTS))),
      () => this.#provider.heal(),
      () => this.#meddle(),
      () => this.#update(router),
      () => this.#update(router),
      () => Promise.all(this.#routers.map((one) => this.#update(one))),
    ];
    await this.#pick(actions)();
    this.#watch();
  }

  /** Both want the same, and nothing fails: a few updates make it so, whichever of them comes first. */
  async recover(): Promise<void> {
    this.#provider.heal();
    const desired = this.#some();
    for (const router of this.#routers) Object.assign(router, { desired, unknown: false });
    const ends: Outcome["end"][] = [];
    for (let time = 0; time < 3; time += 1) {
      for (const router of this.#routers) ends.push((await this.#update(router)).end);
    }
    this.#watch();
    expect(ends.slice(-2)).toEqual(["correct", "correct"]);
    expect(this.#provider.addresses).toEqual([...desired].sort());
    expect(this.#provider.ttl).toBe(TTL);
  }

  #update({ readBack, desired, unknown }: Router): Promise<Outcome> {
    const claimOn = (address: string): Claim => (unknown && address.startsWith("9.") ? "possible" : "none");
    const wanted: DesiredRecords = {
      ...{ addresses: desired, unknown: unknown ? ["10.0.0.9"] : [], claimOn, mayBeEmpty: false },
    };
    const writeGate = { allowed: true, confirm: async () => true };
    const options = { provider: this.#provider, ttl: TTL, desired: () => wanted, writeGate, callLimit: 1000 };
    return updateRecords(options, readBack, new AbortController().signal);
  }

  /** Another program writes. */
  #meddle(): void {
    this.#watch();
    this.#provider.put(this.#pick([["9.0.0.1"], ["9.0.0.1", "1.0.0.2"], [], ADDRESSES]), this.#pick([60, 300]));
    this.#seen = this.#provider.moments.length;
  }

  /** Whatever a router has written is not empty, and holds nothing that neither router wants or has to retain. */
  #watch(): void {
    const { moments } = this.#provider;
    for (const { addresses } of moments.slice(Math.max(1, this.#seen))) {
      expect(addresses.length).toBeGreaterThan(0);
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

test.each([
  [1, "compares what is there", true],
  [2, "compares what is there", true],
  [3, "does not compare", false],
])(
  "walk %p: two routers at a provider that %s never empty a name, and end in the right records",
  async (seed, _, compares) => {
    const walk = new Walk(seed, compares);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let step = 0; step < STEPS; step += 1) await walk.step();
      await walk.recover();
    }
  },
);
