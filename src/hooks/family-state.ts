import { countFamilies } from "../config/families.ts";
import type { PoolConfig } from "../config/model.ts";
import type { ServiceEvent } from "../events/events.ts";
import { type Family, familyOf } from "../net/address.ts";
import { familyName, familyWord } from "../text/family.ts";
import type { GatewayText } from "../text/gateway.ts";
import type { Draft } from "./notification.ts";

/** How many gateways are up, with the family where another one is routed as well. */
export type Counts = Pick<Draft, "family" | "up" | "total">;

/** What is said of a change. */
type Change = Pick<Draft, "event" | "message" | "gateway" | "reason">;

/** The gateways of a pool in one family, as notifications count them. */
export class FamilyState {
  readonly #family: Family;
  readonly #isOneOfTwo: boolean;
  readonly #total: number;
  readonly #textOf: GatewayText;
  #up = 0;
  #allDown = false;

  /** @param isOneOfTwo whether the other family is routed as well, so that this one has to be named */
  constructor(
    { gateways, members }: Pick<PoolConfig, "gateways"> & Partial<Pick<PoolConfig, "members">>,
    family: Family,
    isOneOfTwo: boolean,
    textOf: GatewayText,
  ) {
    this.#family = family;
    this.#isOneOfTwo = isOneOfTwo;
    this.#total = members ? countFamilies(members)[family] : gateways.length;
    this.#textOf = textOf;
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
  turn({ gateway, before, status, detail, up, down }: Extract<ServiceEvent, { readonly type: "gateway" }>): Change[] {
    this.#up = up;
    const counted = `${up} of ${this.#total} are up${this.#isOneOfTwo ? ` in ${familyName(this.#family)}` : ""}`;
    const subject = `gateway ${this.#textOf(gateway)}`;
    const changes: Change[] = [];
    if (status === "down") {
      const message = `${subject} is down: ${detail}; ${counted}`;
      changes.push({ event: "gateway-down", gateway, reason: detail, message });
    } else if (before !== "unknown") {
      changes.push({ event: "gateway-up", gateway, message: `${subject} is up; ${counted}` });
    }
    return [...changes, ...this.#turnAll(down === this.#total, counted)];
  }

  #turnAll(allDown: boolean, counted: string): Change[] {
    const wereAllDown = this.#allDown;
    this.#allDown = allDown;
    if (allDown) return [this.name({ event: "all-down", message: `all gateways are down (${this.#total})` })];
    if (!wereAllDown) return [];
    return [{ event: "any-up", message: `a gateway is up again, after all were down; ${counted}` }];
  }
}
