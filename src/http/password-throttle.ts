import { steadyNow } from "../time/clock.ts";

/** Wrong passwords of an address that are judged at once: mistakes, and programs with an old password. */
const MOST_FREE = 10;

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
  readonly #now: () => number;

  /** @param now milliseconds of a clock that never jumps */
  constructor(now: () => number = steadyNow) {
    this.#now = now;
  }

  /** Waits until a password of this address may be judged; resolves to false where it may not be. */
  admit(from: string): Promise<boolean> | true {
    const client = this.#clients.get(from);
    if (!client || client.wrong < MOST_FREE || this.#now() - client.last > MEMORY_MS) return true;
    return this.#wait(client);
  }

  async #wait(client: Client): Promise<boolean> {
    if (client.waiting >= MOST_WAITING) return false;
    client.waiting++;
    await new Promise((resolve) => setTimeout(resolve, DELAY_MS));
    client.waiting--;
    return true;
  }

  /** A wrong password came from this address. */
  wrong(from: string): void {
    const known = this.#clients.get(from);
    const now = this.#now();
    const client = known ?? { wrong: 0, last: now, waiting: 0 };
    client.wrong = now - client.last > MEMORY_MS ? 1 : client.wrong + 1;
    client.last = now;
    this.#clients.delete(from);
    this.#clients.set(from, client);
    if (this.#clients.size > MOST_ADDRESSES) this.#clients.delete(this.#clients.keys().next().value!);
  }
}
