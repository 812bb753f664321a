import { steadyNow } from "../time/clock.ts";

/** Wrong passwords of an address that are judged at once: mistakes, and programs with an old password. */
const MOST_FREE = 10;

/**
 * The same of all addresses within a minute, so of twenty at least. From then on an address that never had the right
 * password waits from its first one on: a client may have as many addresses of IPv6 as it likes.
 */
const MOST_FREE_OF_ALL = 200;

/** Without another one for so long, the wrong passwords of an address are forgotten. */
const MEMORY_MS = 60_000;

/** How long a password of an address with more of them waits before it is judged. */
export const DELAY_MS = 1000;

/** Passwords of an address that wait at a time; further ones are not judged. */
const MOST_WAITING = 4;

/** Addresses that are remembered, the newest ones. */
const MOST_ADDRESSES = 1000;

interface Client {
  wrong: number;
  last: number;
  waiting: number;
}

/**
 * Slows the addresses from which many wrong passwords come, to four in a second each, and no others. The right password is
 * slowed with them there, but not kept out for ever by them.
 */
export class PasswordThrottle {
  /** In the order of their last wrong password. */
  readonly #clients = new Map<string, Client>();
  /** Addresses that had the right password, in the order in which they had it last. */
  readonly #known = new Set<string>();
  /** Wrong passwords that were judged at once, since `#freeFrom`. */
  #free = 0;
  #freeFrom = 0;
  readonly #now: () => number;

  /** @param now milliseconds of a clock that never jumps */
  constructor(now: () => number = steadyNow) {
    this.#now = now;
  }

  /** Waits until a password of this address may be judged; resolves to false where it may not be. */
  admit(from: string): Promise<boolean> | true {
    const client = this.#clientAt(from);
    if (client.wrong < MOST_FREE && (this.#known.has(from) || this.#freeNow() < MOST_FREE_OF_ALL)) return true;
    return this.#wait(client, from);
  }

  /** A client without a wrong password in the last minute is as good as new. */
  #clientAt(from: string): Client {
    const client = this.#clients.get(from);
    if (client && this.#now() - client.last <= MEMORY_MS) return client;
    return { wrong: 0, last: this.#now(), waiting: client?.waiting ?? 0 };
  }

  #freeNow(): number {
    if (this.#now() - this.#freeFrom <= MEMORY_MS) return this.#free;
    this.#freeFrom = this.#now();
    return (this.#free = 0);
  }

  async #wait(client: Client, from: string): Promise<boolean> {
    this.#remember(from, client);
    if (client.waiting >= MOST_WAITING) return false;
    client.waiting++;
    await new Promise((resolve) => setTimeout(resolve, DELAY_MS));
    client.waiting--;
    return true;
  }

  /** A wrong password came from this address. */
  wrong(from: string): void {
    const client = this.#clientAt(from);
    if (client.wrong < MOST_FREE) this.#free = this.#freeNow() + 1;
    client.wrong++;
    client.last = this.#now();
    this.#remember(from, client);
  }

  /** The right password came from this address. */
  right(from: string): void {
    this.#known.delete(from);
    this.#known.add(from);
    if (this.#known.size > MOST_ADDRESSES) this.#known.delete(this.#known.values().next().value!);
  }

  #remember(from: string, client: Client): void {
    this.#clients.delete(from);
    this.#clients.set(from, client);
    if (this.#clients.size > MOST_ADDRESSES) this.#clients.delete(this.#clients.keys().next().value!);
  }
}
