import type { ExitEvent } from "./events.ts";

/**
 * The exit addresses of the gateways and this router's own, as far as they are known, and what follows from them. What was
 * known stays until a question is answered with something else: a failure shows nothing.
 */
export class Exits {
  readonly #exits = new Map<string, string>();
  readonly #leaks = new Map<string, string>();
  readonly #shared = new Map<string, readonly string[]>();
  readonly #gateways: readonly string[];
  #own: string | undefined;

  constructor(gateways: readonly string[]) {
    this.#gateways = gateways;
  }

  /** This router's own public address. */
  get own(): string | undefined {
    return this.#own;
  }

  /** The last known exit address of a gateway. */
  exitOf(gateway: string): string | undefined {
    return this.#exits.get(gateway);
  }

  /** The address with which a gateway leaks, if it does. */
  leakOf(gateway: string): string | undefined {
    return this.#leaks.get(gateway);
  }

  /**
   * This router has a new public address. A leak may begin with that, but none ends: a gateway that leaks has the new
   * address as well, which only a question through it shows.
   */
  setOwn(address: string): ExitEvent[] {
    this.#own = address;
    const begun = this.#gateways.filter((gateway) => this.#exits.get(gateway) === address);
    return [...begun.flatMap((gateway) => this.#judgeLeak(gateway, address)), ...this.#judgeShared()];
  }

  /** Packets through a gateway come out with this address. Returns what changes. */
  setExit(gateway: string, address: string): ExitEvent[] {
    const from = this.#exits.get(gateway);
    this.#exits.set(gateway, address);
    const changed = from === address ? [] : [{ type: "exit-changed", gateway, from, to: address } as const];
    return [...changed, ...this.#judgeLeak(gateway, address), ...this.#judgeShared()];
  }

  #judgeLeak(gateway: string, address: string): ExitEvent[] {
    const before = this.#leaks.has(gateway);
    const leaking = address === this.#own;
    if (leaking) this.#leaks.set(gateway, address);
    else this.#leaks.delete(gateway);
    return leaking === before ? [] : [{ type: "gateway-leaks", gateway, address, leaking }];
  }

  #judgeShared(): ExitEvent[] {
    const sound = this.#gateways.filter((gateway) => this.#exits.has(gateway) && !this.#leaks.has(gateway));
    const groups = Map.groupBy(sound, (gateway) => this.#exits.get(gateway)!);
    const addresses = new Set([...this.#shared.keys(), ...groups.keys()]);
    return [...addresses].flatMap((address): ExitEvent | [] => {
      const group = groups.get(address) ?? [];
      const gateways = group.length < 2 ? [] : group;
      if (gateways.join() === (this.#shared.get(address) ?? []).join()) return [];
      if (gateways.length === 0) this.#shared.delete(address);
      else this.#shared.set(address, gateways);
      return { type: "exit-shared", address, gateways };
    });
  }
}
