import { memberAddresses } from "../config/families.ts";
import type { PoolConfig } from "../config/model.ts";
import type { Family } from "../net/address.ts";
import type { PoolStanding, Standing } from "../routing/standing.ts";
import { type FamilyUse, type PoolUse, useOf } from "../status/usable.ts";
import type { ControlLoop } from "./control-loop.ts";

type FamilyLoop = Pick<ControlLoop, "family" | "gateways" | "active" | "standing" | "isLast" | "settled"> &
  Partial<Pick<ControlLoop, "diversion" | "usable" | "isStarting">>;

type Configured = Pick<PoolConfig, "name" | "members"> & Partial<Pick<PoolConfig, "usableMin">>;

/** A pool as a whole: what its loops are at, one in each family that it routes or rejects. */
export class PoolAtWork {
  readonly #pool: Configured;
  readonly #loops: readonly FamilyLoop[];

  constructor(pool: Configured, loops: readonly FamilyLoop[]) {
    this.#pool = pool;
    this.#loops = loops;
  }

  get name(): string | undefined {
    return this.#pool.name;
  }

  /** All addresses of a gateway of the pool, by any of them; none of another gateway. */
  addressesOf(gateway: string): readonly string[] {
    return this.#pool.members.map(memberAddresses).find((addresses) => addresses.includes(gateway)) ?? [];
  }

  /** Those that the routes are meant to be over. */
  get active(): readonly string[] {
    return this.#loops.flatMap(({ active }) => active);
  }

  /** What the pool can carry, by the families that it routes. */
  get use(): PoolUse {
    const { name, members, usableMin: least = 1 } = this.#pool;
    const families = this.#loops.flatMap((loop): FamilyUse | [] => {
      const { family, gateways, usable = 0, isStarting = false } = loop;
      return gateways.length === 0 ? [] : { family, usable, total: gateways.length, isStarting };
    });
    const diversion = this.#loops.find((loop) => loop.diversion)?.diversion;
    return { ...useOf({ name, least, gateways: members.length }, families), ...(diversion && { diversion }) };
  }

  /** That of the first family which has not in the kernel what it should. */
  get standing(): PoolStanding {
    return this.#worstOf(this.#loops.map(({ standing }) => standing));
  }

  /** By family. */
  get standings(): ReadonlyMap<Family, Standing> {
    return new Map(this.#loops.map(({ family, standing }) => [family, standing]));
  }

  /** Whether a drain of a gateway would take the last one that a family of the pool can use. */
  isLast(gateway: string): boolean {
    const addresses = this.addressesOf(gateway);
    return this.#loops.some((loop) => addresses.some((one) => loop.gateways.includes(one) && loop.isLast(one)));
  }

  /** Resolves to how the kernel stands once all that was asked until now is done, or at `deadline` (steady clock). */
  async settled(deadline: number): Promise<PoolStanding> {
    return this.#worstOf(await Promise.all(this.#loops.map((loop) => loop.settled(deadline))));
  }

  #worstOf(standings: readonly Standing[]): PoolStanding {
    const index = standings.findIndex(({ ok }) => !ok);
    if (index < 0) return { ok: true };
    return { ...standings[index]!, ...(this.#loops.length > 1 && { family: this.#loops[index]!.family }) };
  }
}
