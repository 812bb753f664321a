import { backoff, type Random } from "../time/backoff.ts";
import type { DropReason, EmitHook, Way } from "../events/hooks.ts";
import type { Notification } from "./notification.ts";
import { type Displaced, Queue } from "./queue.ts";

/** How a try ended. */
export type Delivery =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** What went wrong, without secrets. */
      readonly problem: string;
      /** Whether another try may succeed. */
      readonly passing: boolean;
      /** Milliseconds before which another try is not wanted. */
      readonly waitMs?: number;
    };

/** One way out. */
export interface Carrier {
  readonly way: Way;
  /** Tries to deliver one notification. Never throws; cuts it short once the signal aborts. */
  deliver(notification: Notification, signal: AbortSignal): Promise<Delivery>;
}

/** What happens at one moment is gathered for so long; the routes that follow from it are set first, in far less. */
const GATHER_MS = 100;

/** So often one notification is tried, which takes about half an hour. */
const MOST_TRIES = 20;

/** A receiver may ask for a pause, but not for any. */
const LONGEST_WAIT_MS = 5 * 60_000;

/**
 * Delivers notifications over one way, one at a time and in order. What fails in passing is tried again after a random
 * wait that grows up to five minutes, unless a newer notification about the same has come meanwhile.
 */
export class Courier {
  readonly #carrier: Carrier;
  readonly #emit: EmitHook;
  readonly #random: Random;
  readonly #queue = new Queue();
  readonly #stopping = new AbortController();
  #stopped = false;
  /** Set while work is due or under way. */
  #turn: ReturnType<typeof setTimeout> | undefined;
  #working: Promise<void> | undefined;
  /** Failures in a row that may pass. */
  #failures = 0;
  /** How often the notification that was put back has been tried. */
  #tried = { id: 0, tries: 0 };

  constructor(carrier: Carrier, emit: EmitHook, random: Random = Math.random) {
    this.#carrier = carrier;
    this.#emit = emit;
    this.#random = random;
  }

  /** Takes in a notification; returns at once. */
  offer(notification: Notification): void {
    if (this.#stopped) return;
    this.#displace(this.#queue.offer(notification));
    this.#begin(GATHER_MS);
  }

  /** Takes in nothing more and lets go what waits. What is under way may go on for so many milliseconds. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#turn);
    this.#drop("stopped", this.#queue.clear());
    const limit = setTimeout(() => this.#stopping.abort(), graceMs);
    await this.#working;
    clearTimeout(limit);
  }

  #begin(wait: number): void {
    this.#turn ??= setTimeout(() => (this.#working = this.#work()), wait);
  }

  async #work(): Promise<void> {
    let pause = 0;
    while (pause === 0) {
      const next = this.#queue.take();
      if (!next) break;
      pause = await this.#try(next);
    }
    this.#turn = undefined;
    if (this.#queue.size > 0) this.#begin(pause);
  }

  /** One try; returns the milliseconds to wait before the next, of this or another notification. */
  async #try(notification: Notification): Promise<number> {
    const { way } = this.#carrier;
    const delivery = await this.#carrier.deliver(notification, this.#stopping.signal);
    this.#emit({ type: "hook-run", way, problem: delivery.ok ? undefined : delivery.problem });
    if (delivery.ok || !delivery.passing) {
      this.#failures = 0;
      if (!delivery.ok) this.#drop("given up", 1);
      return 0;
    }
    this.#failures++;
    this.#keep(notification);
    const asked = Math.min(LONGEST_WAIT_MS, delivery.waitMs ?? 0);
    return Math.max(1, asked, backoff(this.#failures, this.#random));
  }

  /** Keeps one that failed for another try, as long as there is use in that. */
  #keep(notification: Notification): void {
    const { id } = notification;
    this.#tried = { id, tries: this.#tried.id === id ? this.#tried.tries + 1 : 1 };
    if (this.#stopped) this.#drop("stopped", 1);
    else if (this.#tried.tries >= MOST_TRIES) this.#drop("given up", 1);
    else this.#displace(this.#queue.putBack(notification));
  }

  #displace({ superseded, full }: Displaced): void {
    this.#drop("superseded", superseded);
    this.#drop("full", full);
  }

  #drop(reason: DropReason, count: number): void {
    if (count > 0) this.#emit({ type: "hook-dropped", way: this.#carrier.way, reason, count });
  }
}
