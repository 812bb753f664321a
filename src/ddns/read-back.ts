import type { DnsRecord } from "./providers/provider.ts";

/** In what the records that were read back differ from those that were written. */
export interface Difference {
  readonly detail: string;
  readonly remedy?: string | undefined;
}

/** Read-backs that show another time to live than the written one before it is accepted. */
const TRIES_OF_TTL = 3;

/** How long a list may be older than a write before it is believed, in milliseconds. */
const LATEST_LIST_MS = 60_000;

/** A write that succeeded and that no list has shown yet. */
interface Unsettled {
  /** As it was written; undefined if it was removed. */
  readonly record: DnsRecord | undefined;
  /** When it was first written so, by a steady clock. */
  readonly at: number;
  /** How old it was when the newest list did not show it, in milliseconds; undefined before a list. */
  age: number | undefined;
}

/**
 * What is remembered from one update to the next of how the provider treats what is written. A record that was written
 * with success and is not listed counts as present, so that it is not added twice; a time to live that the provider
 * replaces each time counts as the desired one.
 */
export class ReadBack {
  /** By the id of the record. */
  readonly #unsettled = new Map<string, Unsettled>();
  /** Records that were written and that the newest list lacks, with the age of the write. */
  #unlisted: readonly { readonly record: DnsRecord; readonly age: number }[] = [];
  /** How many read-backs showed this time to live, in seconds, in place of the written one. */
  readonly #ttls = new Map<number, number>();

  /**
   * A record was added or changed; undefined if it was removed.
   *
   * @param now by a steady clock, in milliseconds
   */
  wrote(id: string, record: DnsRecord | undefined, now: number): void {
    const before = this.#unsettled.get(id);
    const isSame = before !== undefined && before.record?.address === record?.address;
    this.#unsettled.set(id, { record, at: isSame ? before.at : now, age: undefined });
  }

  /** A record is known to be gone. */
  gone(id: string): void {
    this.#unsettled.delete(id);
  }

  /** Others may have written: what is not listed need not be there. */
  forget(): void {
    this.#unsettled.clear();
  }

  /** Whether the newest list may be older than a write, so that it is no reason to remove a record. */
  get isLate(): boolean {
    return [...this.#unsettled.values()].some(({ age }) => age !== undefined && age < LATEST_LIST_MS);
  }

  /** Whether there are written records that the newest list does not have. */
  get hasUnlisted(): boolean {
    return this.#unlisted.length > 0;
  }

  /**
   * The records were listed.
   *
   * @param now by a steady clock, in milliseconds
   */
  read(listed: readonly DnsRecord[], now: number): void {
    const addresses = new Map(listed.map(({ id, address }) => [id, address]));
    for (const [id, one] of this.#unsettled) {
      one.age = now - one.at;
      const isSettled = addresses.get(id) === one.record?.address;
      if (isSettled || (one.age >= LATEST_LIST_MS && addresses.has(id))) this.#unsettled.delete(id);
    }
    this.#unlisted = [...this.#unsettled].flatMap(([id, { record, age = 0 }]) => {
      return record === undefined || addresses.has(id) ? [] : { record, age };
    });
  }

  /**
   * The records to plan with.
   *
   * @param ttl the desired time to live in seconds
   */
  view(listed: readonly DnsRecord[], ttl: number): DnsRecord[] {
    const unlisted = this.#unlisted.map(({ record, age }) => {
      // Writing it once more, which enables it, shows whether it is there at all.
      return age < LATEST_LIST_MS ? record : { ...record, enabled: false };
    });
    return [...listed.map((record) => this.tolerate(record, ttl)), ...unlisted];
  }

  /** A record, with the desired time to live where its own counts as that. */
  tolerate(record: DnsRecord, ttl: number): DnsRecord {
    return this.#isAccepted(record.ttl) ? { ...record, ttl } : record;
  }

  /**
   * Why what was written is not what was read back, as far as that can be seen.
   *
   * @param written in this update, by id; undefined for a removed record
   */
  compare(listed: readonly DnsRecord[], written: ReadonlyMap<string, DnsRecord | undefined>): Difference | undefined {
    const all = new Map([...this.#unsettled].map(([id, { record }]) => [id, record]));
    for (const [id, record] of written) all.set(id, record);
    for (const there of listed) {
      const meant = all.get(there.id);
      if (!all.has(there.id)) continue;
      if (meant === undefined) return difference(`${there.address}, which was removed, is still listed`, RIVAL);
      if (meant.address !== there.address) {
        return difference(`${there.address} is still listed in place of ${meant.address}`, RIVAL);
      }
      if (!there.enabled) return { detail: `the provider stores ${there.address} disabled` };
      if (there.ttl !== undefined && there.ttl !== meant.ttl && !this.#isAccepted(there.ttl)) {
        return { detail: ttlText(there.ttl, meant.ttl) };
      }
    }
    const [first] = this.#unlisted;
    if (!first) return undefined;
    const { address, id } = first.record;
    const which = id === address ? "" : ` (record ${id})`; // one of a set has no id of its own
    const remedy = "look for it in the provider's control panel, perhaps under another name";
    return { detail: `the provider accepted ${address}${which} but does not list it`, remedy };
  }

  /** Counts a read-back that shows another time to live than written; returns one that is accepted from now on. */
  countTtls(listed: readonly DnsRecord[], written: ReadonlyMap<string, DnsRecord | undefined>): number | undefined {
    const stored = listed.filter(({ id, address, ttl }) => {
      const meant = written.get(id);
      return ttl !== undefined && meant?.address === address && meant.ttl !== ttl && !this.#isAccepted(ttl);
    });
    for (const ttl of new Set(stored.map((record) => record.ttl!))) {
      this.#ttls.set(ttl, (this.#ttls.get(ttl) ?? 0) + 1);
      if (this.#isAccepted(ttl)) return ttl;
    }
    return undefined;
  }

  /** Takes a time to live for the desired one from now on; returns whether that is new. */
  accept(ttl: number): boolean {
    const isNew = !this.#isAccepted(ttl);
    this.#ttls.set(ttl, TRIES_OF_TTL);
    return isNew;
  }

  #isAccepted(ttl: number | undefined): boolean {
    return ttl !== undefined && (this.#ttls.get(ttl) ?? 0) >= TRIES_OF_TTL;
  }
}

const RIVAL = "check whether another program or router writes the records";

function difference(what: string, remedy: string): Difference {
  return { detail: `the records read back differ from those that were written: ${what}`, remedy };
}

/** What a provider does that replaces the time to live, in seconds. */
export function ttlText(stored: number, meant: number | undefined): string {
  return `the provider stores a time to live of ${stored}s, not ${meant}s`;
}

/** The difference that nothing written explains. */
export const UNEXPLAINED: Difference = {
  detail: "the records read back differ from those that were written",
  remedy: RIVAL,
};
