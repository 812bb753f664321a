import { countFamilies } from "../config/families.ts";
import type { PoolConfig } from "../config/model.ts";
import type { ServiceEvent } from "../events/events.ts";
import { fateText, fateWithoutGateways } from "../routing/packet-fate.ts";
import { roughly } from "../log/duration.ts";
import { type Family, familyOf } from "../net/address.ts";
import type { Hold } from "../pool/events.ts";
import { familyName, familyWord } from "../text/family.ts";
import type { GatewayText } from "../text/gateway.ts";
import type { Draft } from "./notification.ts";

/** How many gateways are up, with the family where another one is routed as well. */
export type Counts = Pick<Draft, "family" | "up" | "total">;

/** What is said of a change. */
type Change = Pick<Draft, "event" | "message" | "gateway" | "reason">;

/** A pool, as far as it says how many gateways there are, and where packets go without any. */
export type CountedPool = Pick<PoolConfig, "gateways"> &
  Partial<Pick<PoolConfig, "name" | "members" | "whenNoGateways" | "minHealthy" | "minHealthyPolicy">>;

/** The gateways of a pool in one family, as notifications count them. */
export class FamilyState {
  readonly #family: Family;
  readonly #isOneOfTwo: boolean;
  readonly #total: number;
  readonly #textOf: GatewayText;
  #up = 0;
  #allDown = false;
  /** Gateways whose hold was reported with their loss: they are reported again when it ends, or after it. */
  readonly #flapping = new Set<string>();
  /** Where packets go without a usable gateway. */
  readonly #packets: string | undefined;

  /** @param isOneOfTwo whether the other family is routed as well, so that this one has to be named */
  constructor({ gateways, members, ...pool }: CountedPool, family: Family, isOneOfTwo: boolean, textOf: GatewayText) {
    this.#family = family;
    this.#isOneOfTwo = isOneOfTwo;
    this.#total = members ? countFamilies(members)[family] : gateways.length;
    this.#textOf = textOf;
    this.#packets = packetsOf(pool);
  }

  get counts(): Counts {
    const family = this.#isOneOfTwo ? { family: familyWord(this.#family) } : {};
    return { ...family, up: this.#up, total: this.#total };
  }

  /** A message about the whole family. */
  name<D extends Change>(draft: D): D {
    return this.#isOneOfTwo ? { ...draft, message: `${familyName(this.#family)}: ${draft.message}` } : draft;
  }

  adopt(gateways: readonly string[]): void {
    this.#up = gateways.filter((one) => familyOf(one) === this.#family).length;
  }

  /** Every gateway was probed. Where pools have names, that counts both families at once. */
  recount(up: number): void {
    if (!this.#isOneOfTwo) this.#up = up;
  }

  /** A gateway came up or went down. */
  turn(event: Extract<ServiceEvent, { readonly type: "gateway" }>): Change[] {
    const { gateway, before, status, detail, up, down, flaps, held } = event;
    this.#up = up;
    if (held) return this.#turnAll(down === this.#total, this.#counted);
    if (flaps) this.#flapping.add(gateway);
    else this.#flapping.delete(gateway);
    const counted = this.#counted;
    const subject = `gateway ${this.#textOf(gateway)}`;
    const changes: Change[] = [];
    if (status === "down") {
      const message = `${subject} is down: ${detail}; ${counted}${flapText(flaps)}`;
      changes.push({ event: "gateway-down", gateway, reason: detail, message });
    } else if (before !== "unknown") {
      changes.push({ event: "gateway-up", gateway, message: `${subject} is up; ${counted}` });
    }
    return [...changes, ...this.#turnAll(down === this.#total, counted)];
  }

  /** The hold of a gateway has ended. Where that was reported with its loss, it is up from now on for the reader. */
  release(gateway: string): Change[] {
    if (!this.#flapping.delete(gateway)) return [];
    const message = `gateway ${this.#textOf(gateway)} is up and used again: it has flapped; ${this.#counted}`;
    return [{ event: "gateway-up", gateway, message }];
  }

  get #counted(): string {
    return `${this.#up} of ${this.#total} are up${this.#isOneOfTwo ? ` in ${familyName(this.#family)}` : ""}`;
  }

  #turnAll(allDown: boolean, counted: string): Change[] {
    const wereAllDown = this.#allDown;
    this.#allDown = allDown;
    if (allDown && wereAllDown) return [];
    const packets = this.#packets === undefined ? "" : `: ${this.#packets}`;
    if (allDown) return [this.name({ event: "all-down", message: `all gateways are down (${this.#total})${packets}` })];
    if (!wereAllDown) return [];
    return [{ event: "any-up", message: `a gateway is up again, after all were down; ${counted}` }];
  }
}

/** Where packets go while all gateways of a pool are down; undefined where that is not known. */
function packetsOf({ name, whenNoGateways, minHealthy = 0, minHealthyPolicy }: Omit<CountedPool, "gateways">) {
  if (minHealthy > 0 && minHealthyPolicy !== "none") return undefined; // some may be used all the same
  const behind = name === undefined ? "tables" : "pool";
  return whenNoGateways && `traffic ${fateText(fateWithoutGateways(whenNoGateways), behind)}`;
}

function flapText(flaps: Hold | undefined): string {
  if (flaps === undefined) return "";
  return `; it flaps: not used for ${roughly(flaps.waitMs)}, up or down`;
}
