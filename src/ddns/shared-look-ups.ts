import type { Random } from "../time/backoff.ts";
import type { EmitDdns } from "./events.ts";
import type { LookUpResult } from "./look-up-result.ts";
import { LookUpSchedule } from "./look-up-schedule.ts";
import type { LookUp } from "./look-up.ts";

export interface SharedLookUpsOptions {
  readonly lookUp: LookUp;
  /** Milliseconds from the end of a successful look-up to the next one. */
  readonly refresh: number;
  readonly random: Random;
  /** Reports what belongs to no pool. */
  readonly emit: EmitDdns;
}

/** What takes results of the gateways that it needs. */
type OnResult = (gateway: string, result: LookUpResult) => void;

/** Looks up the public address of each gateway that any DNS name needs, once for all names that need it. */
export class SharedLookUps {
  readonly #emit: EmitDdns;
  readonly #schedule: LookUpSchedule;
  /** The gateways that each name needs. */
  readonly #users = new Map<OnResult, ReadonlySet<string>>();
  /** The newest address of each gateway. */
  readonly #addresses = new Map<string, string>();

  constructor({ emit, ...options }: SharedLookUpsOptions) {
    this.#emit = emit;
    this.#schedule = new LookUpSchedule({
      ...options,
      onResult: (gateway, result) => this.#lookedUp(gateway, result),
    });
  }

  /**
   * From now on a name needs exactly these gateways. Each that is new to it has a result soon, which is the newest one where
   * another name needs the gateway as well and has just got it.
   */
  setActive(user: OnResult, gateways: ReadonlySet<string>): void {
    const before = this.#users.get(user) ?? new Set();
    const ofOthers = new Set([...this.#users].flatMap(([other, needed]) => (other === user ? [] : [...needed])));
    if (gateways.size === 0) this.#users.delete(user);
    else this.#users.set(user, gateways);
    this.#schedule.setActive(ofOthers.union(gateways));
    for (const gateway of gateways.difference(before).intersection(ofOthers)) {
      const newest = this.#schedule.ask(gateway);
      if (newest) user(gateway, newest);
    }
  }

  /** Forgets the addresses of all other gateways. */
  keep(gateways: readonly string[]): void {
    const kept = new Set(gateways);
    for (const gateway of this.#addresses.keys()) if (!kept.has(gateway)) this.#addresses.delete(gateway);
  }

  #lookedUp(gateway: string, result: LookUpResult): void {
    this.#emit({ type: "public-ip", gateway, result });
    if (result.kind === "success") this.#reportChange(gateway, result.address);
    for (const [user, gateways] of [...this.#users]) if (gateways.has(gateway)) user(gateway, result);
  }

  #reportChange(gateway: string, to: string): void {
    const from = this.#addresses.get(gateway);
    if (from === to) return;
    this.#addresses.set(gateway, to);
    this.#emit({ type: "public-ip-changed", gateway, from, to });
  }
}
