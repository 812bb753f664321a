/** Waits that end with an event, or with an error that shows what was read instead. */
import { inspect } from "node:util";

/** How long a wait lasts before it fails, in ms: long, since the limit is only reached when something is broken. */
const TIMEOUT_MS = 30_000;
/** A wait reads each 20 ms at first, and less often later: many tests wait at a time, and most of a read is a process. */
const POLL_MS = { first: 20, most: 100 };

/** Makes the text that is added to the error of a wait that failed, to explain it. */
export type Explain = () => Promise<string>;

/**
 * Reads repeatedly until `accept` returns true for the value, and returns that value. A read that throws counts as not
 * accepted yet.
 *
 * @param timeoutMs after how long it fails
 */
export async function until<T>(
  what: string,
  read: () => T | Promise<T>,
  accept: (value: T) => boolean,
  explain: Explain = async () => "",
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  const failure = new Error(); // made here, so that its stack leads to the caller
  const started = performance.now();
  for (;;) {
    const [value, problem] = await attempt(read);
    if (problem === undefined && accept(value as T)) return value as T;
    const waited = performance.now() - started;
    if (waited > timeoutMs) throw await described(failure, what, problem ?? value, explain, timeoutMs);
    await Bun.sleep(Math.min(Math.max(POLL_MS.first, waited / 4), POLL_MS.most));
  }
}

/** Waits until a list has at least this many items, or a counter this value. */
export async function untilCount(
  what: string,
  read: () => number | Promise<number>,
  least: number,
  explain?: Explain,
): Promise<number> {
  return until(what, read, (count) => count >= least, explain);
}

/** Waits for a promise, with the same time limit. */
export async function within<T>(what: string, promise: Promise<T>, explain: Explain = async () => ""): Promise<T> {
  const failure = new Error();
  const { promise: expiry, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(async () => reject(await described(failure, what, "nothing", explain)), TIMEOUT_MS);
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
  timeoutMs = TIMEOUT_MS,
): Promise<Error> {
  const state = inspect(seen, { depth: 6, breakLength: 118, maxArrayLength: 200 });
  failure.message = `waited ${timeoutMs / 1000} s for ${what}; last seen: ${state}\n${await explain()}`;
  return failure;
}
