import { deadline } from "../../time/deadline.ts";
import type { EmitDdns } from "../events.ts";
import { differenceIn, type View } from "./views.ts";

/** Asks the servers for the addresses of the name. A server that does not answer is a view as well. */
export type AskServers = (signal: AbortSignal) => Promise<readonly View[]>;

export interface VerifierOptions {
  readonly ask: AskServers;
  /** Time to live of the records, in seconds: as long may a resolver remember the old ones. */
  readonly ttl: number;
  readonly emit: EmitDdns;
}

/** The time that providers take to bring records to all their name servers, beside the time to live. In milliseconds. */
const SPREADING_MS = 5 * 60_000;

/** Pauses between two questions, in milliseconds: they double up to the longest, and are long after a warning. */
const PAUSES_MS = { first: 1000, longest: 30_000, late: 5 * 60_000 };

const CALL_LIMIT_MS = 10_000;

/** Asks servers for a name after each update until they show it, and reports how long that took, or that it lasts. */
export class Verifier {
  readonly #options: VerifierOptions;
  #ttl: number;
  #wanted: string | undefined;
  #current: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: VerifierOptions) {
    this.#options = options;
    this.#ttl = options.ttl;
  }

  /** The provider stores another time to live than the desired one, in seconds. */
  accepted(ttl: number): void {
    this.#ttl = ttl;
  }

  /** The records are these; what was published before is of no interest any more. */
  published(addresses: readonly string[]): void {
    const text = [...addresses].sort().join();
    if (text === this.#wanted) return;
    this.stop();
    this.#wanted = text;
    const { signal } = (this.#current = new AbortController());
    void this.#ask({ addresses, since: performance.now(), signal }, PAUSES_MS.first, false);
  }

  stop(): void {
    this.#wanted = undefined;
    clearTimeout(this.#timer);
    this.#current?.abort();
  }

  /** @param isReported whether the difference has lasted long enough to be reported */
  async #ask(
    question: { readonly addresses: readonly string[]; readonly since: number; readonly signal: AbortSignal },
    pause: number,
    isReported: boolean,
  ): Promise<void> {
    const { ask, emit } = this.#options;
    const { addresses, since, signal } = question;
    const views = await ask(deadline(CALL_LIMIT_MS, signal)).catch((error: Error) => error);
    if (signal.aborted) return;
    const difference = views instanceof Error ? views.message : differenceIn(views, addresses);
    const seconds = (performance.now() - since) / 1000;
    if (difference === undefined) {
      emit({ type: "ddns-shown", seconds });
      return;
    }
    const isLasting = seconds >= this.#ttl + SPREADING_MS / 1000;
    if (isLasting && !isReported) emit({ type: "ddns-not-shown", seconds, detail: difference });
    const next = isLasting ? PAUSES_MS.late : Math.min(2 * pause, PAUSES_MS.longest);
    this.#timer = setTimeout(() => void this.#ask(question, next, isLasting), isLasting ? PAUSES_MS.late : pause);
  }
}
