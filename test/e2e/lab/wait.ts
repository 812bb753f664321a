/** Waits that end with an event or with an error that tells what was seen instead. */
import { inspect } from "node:util";

/** How long a wait lasts before it fails, in ms: long, because it only matters when something is broken. */
export const PATIENCE = 30_000;
const POLL = 20;

/** Adds what helps to understand a wait that failed. */
export type Explain = () => Promise<string>;

/**
 * Reads again and again until `accept` likes what was read, and returns that. A read that throws counts as not yet.
 *
 * @param patience milliseconds until it fails
 */
export async function until<T>(
  what: string,
  read: () => T | Promise<T>,
  accept: (value: T) => boolean,
  explain: Explain = async () => "",
  patience = PATIENCE,
): Promise<T> {
  const failure = new Error(); // made here, so that its stack leads to the caller
  const deadline = performance.now() + patience;
  for (;;) {
    const [value, problem] = await attempt(read);
    if (problem === undefined && accept(value as T)) return value as T;
    if (performance.now() > deadline) throw await described(failure, what, problem ?? value, explain, patience);
    await Bun.sleep(POLL);
  }
}

/** Waits for a promise, but not for ever. */
export async function within<T>(what: string, promise: Promise<T>, explain: Explain = async () => ""): Promise<T> {
  const failure = new Error();
  const { promise: expiry, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(async () => reject(await described(failure, what, "nothing", explain)), PATIENCE);
  try {
    return await Promise.race([promise, expiry]);
  } finally {
    clearTimeout(timer);
  }
}

async function attempt<T>(read: () => T | Promise<T>): Promise<[T | undefined, unknown]> {
  try {
    return [await read(), undefined];
  } catch (error) {
    return [undefined, error];
  }
}

async function described(
  failure: Error,
  what: string,
  seen: unknown,
  explain: Explain,
  patience = PATIENCE,
): Promise<Error> {
  const state = inspect(seen, { depth: 6, breakLength: 118, maxArrayLength: 200 });
  failure.message = `waited ${patience / 1000} s for ${what}; last seen: ${state}\n${await explain()}`;
  return failure;
}
