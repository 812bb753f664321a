import { backoff, type Random } from "../time/backoff.ts";
import type { Channel, DropReason, EmitHook } from "../events/hooks.ts";
import type { Notification } from "./notification.ts";
import { type Displaced, Queue } from "./queue.ts";

/** How an attempt ended. */
export type DeliveryResult =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** What went wrong, without secrets. */
      readonly problem: string;
      /** Whether another attempt may succeed. */
      readonly retryable: boolean;
      /** Milliseconds that the receiver asks to wait before the next attempt. */
      readonly waitMs?: number;
    };

/** What carries notifications over one channel. */
export interface Transport {
  readonly channel: Channel;
  /** Makes one attempt to deliver a notification. Never throws; ends soon after the signal aborts. */
  deliver(notification: Notification, signal: AbortSignal): Promise<DeliveryResult>;
}

/** The problem of an attempt that the stop of the service has ended. */
export const STOPPED = "cancelled: the service stops";

/** Notifications of one moment are collected for so long; the routes that follow from it are set first, in far less. */
const COLLECT_MS = 100;

/** Attempts for one notification, which take about half an hour. */
const MAX_ATTEMPTS = 20;

/** The longest pause that a receiver can ask for. */
const MAX_WAIT_MS = 5 * 60_000;

/**
 * Delivers notifications over one channel, one at a time and in order. An attempt that failed and may succeed later is
 * repeated after a random wait that grows up to five minutes, unless a newer notification about the same has come meanwhile.
 */
export class Delivery {
  readonly #transport: Transport;
  readonly #emit: EmitHook;
  readonly #random: Random;
  readonly #queue = new Queue();
  readonly #stopping = new AbortController();
  #stopped = false;
  /** Set while work is due or under way. */
  #turn: ReturnType<typeof setTimeout> | undefined;
  #working: Promise<void> | undefined;
  /** Retryable failures in a row. */
  #failures = 0;
  /** Attempts for the notification that was put back into the queue. */
  #tried = { id: 0, attempts: 0 };

  constructor(transport: Transport, emit: EmitHook, random: Random = Math.random) {
    this.#transport = transport;
    this.#emit = emit;
    this.#random = random;
  }

  /** Queues a notification; returns at once. */
  offer(notification: Notification): void {
    if (this.#stopped) return;
    this.#reportDisplaced(this.#queue.offer(notification));
    this.#schedule(COLLECT_MS);
  }

  /** Accepts nothing more and drops the queue. An attempt under way may go on for so many milliseconds. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#turn);
    this.#reportDropped("stopped", this.#queue.clear());
    const limit = setTimeout(() => this.#stopping.abort(), graceMs);
    await this.#working;
    clearTimeout(limit);
  }

  #schedule(wait: number): void {
    this.#turn ??= setTimeout(() => (this.#working = this.#work()), wait);
  }

  async #work(): Promise<void> {
    let pause = 0;
    while (pause === 0) {
      const next = this.#queue.take();
      if (!next) break;
      pause = await this.#attempt(next);
    }
    this.#turn = undefined;
    if (this.#queue.size > 0) this.#schedule(pause);
  }

  /** Makes one attempt; returns the milliseconds to wait before the next, of this or another notification. */
  async #attempt(notification: Notification): Promise<number> {
    const { channel } = this.#transport;
    const result = await this.#transport.deliver(notification, this.#stopping.signal);
    this.#emit({ type: "hook-run", channel, problem: result.ok ? undefined : result.problem });
    if (result.ok || !result.retryable) {
      this.#failures = 0;
      if (!result.ok) this.#reportDropped("given_up", 1);
      return 0;
    }
    this.#failures++;
    this.#putBack(notification);
    const asked = Math.min(MAX_WAIT_MS, result.waitMs ?? 0);
    return Math.max(1, asked, backoff(this.#failures, this.#random));
  }

  /** Keeps a notification for another attempt, unless it has had enough of them. */
  #putBack(notification: Notification): void {
    const { id } = notification;
    this.#tried = { id, attempts: this.#tried.id === id ? this.#tried.attempts + 1 : 1 };
    if (this.#stopped) this.#reportDropped("stopped", 1);
    else if (this.#tried.attempts >= MAX_ATTEMPTS) this.#reportDropped("given_up", 1);
    else this.#reportDisplaced(this.#queue.putBack(notification));
  }

  #reportDisplaced({ superseded, full }: Displaced): void {
    this.#reportDropped("superseded", superseded);
    this.#reportDropped("full", full);
  }

  #reportDropped(reason: DropReason, count: number): void {
    if (count > 0) this.#emit({ type: "hook-dropped", channel: this.#transport.channel, reason, count });
  }
}
