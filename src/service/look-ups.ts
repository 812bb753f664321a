import { same } from "../config/difference.ts";
import { addressesOf, type Config, looksUpThrough } from "../config/model.ts";
import type { EmitDdns } from "../ddns/events.ts";
import { createLookUp, type LookUpPath } from "../ddns/look-up.ts";
import { SharedLookUps } from "../ddns/shared-look-ups.ts";
import { lookUpPath } from "./look-up-paths.ts";

/** The look-ups of public addresses, which the DNS names of all pools share. */
export class LookUps {
  readonly #emit: EmitDdns;
  #config: Config;
  /** Where look-ups go, by the configuration in force. */
  #pathOf: LookUpPath | undefined;
  #current: SharedLookUps;

  /** @param emit reports what belongs to no pool */
  constructor(config: Config, emit: EmitDdns) {
    this.#emit = emit;
    this.#config = config;
    this.#pathOf = lookUpPath(config);
    this.#current = this.#create();
  }

  /** From now on this is the configuration. What is looked up in another way is looked up anew, for names that begin anew. */
  reload(config: Config): void {
    const keeps = same(lookUpParts(this.#config), lookUpParts(config));
    this.#config = config;
    this.#pathOf = lookUpPath(config);
    if (keeps) this.#current.keep(addressesOf(config));
    else this.#current = this.#create();
  }

  /** Those of the configuration in force. */
  get current(): SharedLookUps {
    return this.#current;
  }

  #create(): SharedLookUps {
    const { publicIp } = this.#config;
    const pathOf: LookUpPath = (gateway, address) => this.#pathOf!(gateway, address);
    return new SharedLookUps({
      lookUp: createLookUp(publicIp, this.#pathOf && pathOf),
      refresh: publicIp.publicIpRefresh,
      random: Math.random,
      emit: this.#emit,
    });
  }
}

/** What look-ups depend on. */
export function lookUpParts(config: Config): unknown {
  return [config.publicIp, looksUpThrough(config)];
}
