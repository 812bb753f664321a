import { isIdOf, isOurId } from "../../src/routing/nexthop-ids.ts";
import { type NextHop, type NexthopObject, type ObservedNexthop, PROTOCOL } from "../../src/routing/types.ts";

type Slot = ObservedNexthop & { readonly kind: "slot" };

/** Why the kernel rejects a gateway over an interface; undefined where it does not. */
export type Judge = (gateway: string, device: string | undefined, onlink: boolean) => string | undefined;

/**
 * The nexthop objects of a kernel in memory: those of IPv6 gateways and groups of them. What Linux removes with an object, it
 * removes as well.
 */
export class FakeNexthops {
  readonly #objects = new Map<number, ObservedNexthop>();
  readonly #judge: Judge;

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  /** All with ids of a table. */
  of(table: number): ObservedNexthop[] {
    return [...this.#objects.values()].filter(({ id }) => isIdOf(table, id)).sort((a, b) => a.id - b.id);
  }

  /** Those with our mark and ids of ours. */
  marked(): NexthopObject[] {
    return [...this.#objects.values()].flatMap((one) => {
      return one.protocol === PROTOCOL && one.kind !== "other" && isOurId(one.id) ? one : [];
    });
  }

  /** Takes over all that another kernel has. */
  copyFrom(other: FakeNexthops): void {
    for (const [id, object] of other.#objects) this.#objects.set(id, object);
  }

  has(id: number): boolean {
    return this.#objects.has(id);
  }

  /** The nexthops of a route that uses an object. */
  hopsOf(id: number): NextHop[] {
    const object = this.#objects.get(id);
    const slots = object?.kind === "group" ? object.members.map((member) => this.#objects.get(member)) : [object];
    return slots.flatMap((slot) => {
      if (slot?.kind !== "slot") return [];
      return { gateway: slot.gateway, weight: 1, ...(slot.device && { device: slot.device }) };
    });
  }

  /** Carries out `ip nexthop VERB ...`; returns the error message if the kernel rejects it. */
  change(verb: string, words: readonly string[]): string | undefined {
    const after = (word: string): string | undefined =>
      words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
    const protocol = Number(after("proto") ?? 0);
    if (verb === "flush") {
      for (const one of this.#objects.values()) if (one.protocol === protocol) this.#objects.delete(one.id);
      this.#prune();
      return undefined;
    }
    const id = Number(after("id"));
    if (verb === "del") {
      if (!this.#objects.delete(id)) return "RTNETLINK answers: No such file or directory";
      this.#prune();
      return undefined;
    }
    if (verb === "add" && this.has(id)) return "RTNETLINK answers: File exists";
    const members = after("group")?.split("/").map(Number);
    const found = this.#objects.get(id)?.kind;
    if (members && found === "slot") return "Error: Can not replace a nexthop with a nexthop group.";
    if (!members && found === "group") return "Error: Can not replace a nexthop group with a nexthop.";
    if (members) return this.#group(id, members, protocol);
    const [gateway, device] = [after("via")!, after("dev")];
    const error = this.#judge(gateway, device, words.includes("onlink"));
    const zoned = gateway.startsWith("fe80:") && device ? `${gateway}%${device}` : gateway;
    if (!error) this.#objects.set(id, { kind: "slot", id, gateway: zoned, ...(device && { device }), protocol });
    return error;
  }

  #group(id: number, members: readonly number[], protocol: number): string | undefined {
    const isSlot = (member: number): boolean => this.#objects.get(member)?.kind === "slot";
    if (!members.every(isSlot)) return "Error: Invalid nexthop id.";
    if (new Set(members).size < members.length) return "Error: Nexthop id can not be used twice in a group.";
    this.#objects.set(id, { kind: "group", id, members, protocol });
    return undefined;
  }

  /** An interface has lost its carrier: its objects are gone, for good. */
  lose(device: string): void {
    const isLost = (one: ObservedNexthop): one is Slot => one.kind === "slot" && one.device === device;
    for (const one of this.#objects.values()) if (isLost(one)) this.#objects.delete(one.id);
    this.#prune();
  }

  /** Groups without the members that are gone; a group without any is gone itself. */
  #prune(): void {
    for (const one of this.#objects.values()) {
      if (one.kind !== "group") continue;
      const members = one.members.filter((member) => this.has(member));
      if (members.length === 0) this.#objects.delete(one.id);
      else this.#objects.set(one.id, { ...one, members });
    }
  }
}
