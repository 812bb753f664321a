import type { Notification } from "./notification.ts";

/**
 * A pool has 160 gateways with IPv4 and 126 with IPv6 at most. All of one family can go down, and most of them up again,
 * before the queue is full.
 */
const MAX_WAITING = 256;

/** How many notifications were dropped when one was queued. */
export interface Displaced {
  readonly superseded: number;
  /** Dropped because the queue was full. */
  readonly full: number;
}

/**
 * Notifications that wait, the oldest first. A newer one replaces an older one about the same and goes to the end, so that
 * the last one delivered of each kind is the newest.
 */
export class Queue {
  readonly #max: number;
  #waiting: Notification[] = [];

  constructor(max = MAX_WAITING) {
    this.#max = max;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Adds one at the end. When the queue is full, the oldest is dropped. */
  offer(notification: Notification): Displaced {
    const older = this.#waiting.filter((one) => isAboutSame(one, notification));
    this.#waiting = this.#waiting.filter((one) => !older.includes(one));
    this.#waiting.push(withSuperseded(notification, older));
    const full = this.#waiting.length > this.#max ? 1 : 0;
    this.#waiting.splice(0, full);
    return { superseded: older.length, full };
  }

  /** Removes the oldest one and returns it. */
  take(): Notification | undefined {
    return this.#waiting.shift();
  }

  /** Puts one back at the front that was taken out and not delivered, unless a newer one about the same is waiting. */
  putBack(notification: Notification): Displaced {
    const index = this.#waiting.findIndex((one) => isAboutSame(one, notification));
    if (index >= 0) {
      this.#waiting[index] = withSuperseded(this.#waiting[index]!, [notification]);
      return { superseded: 1, full: 0 };
    }
    if (this.#waiting.length >= this.#max) return { superseded: 0, full: 1 };
    this.#waiting.unshift(notification);
    return { superseded: 0, full: 0 };
  }

  /** Drops all; returns how many there were. */
  clear(): number {
    return this.#waiting.splice(0).length;
  }
}

function isAboutSame(a: Notification, b: Notification): boolean {
  // Two conflicts are about the same only when they are about the same entry.
  return (
    a.event === b.event &&
    a.pool === b.pool &&
    a.family === b.family &&
    a.gateway === b.gateway &&
    a.hostname === b.hostname &&
    a.provider === b.provider &&
    (a.event !== "conflict" || String(a.entries) === String(b.entries))
  );
}

function withSuperseded(newest: Notification, older: readonly Notification[]): Notification {
  const superseded = older.reduce((sum, one) => sum + 1 + (one.superseded ?? 0), newest.superseded ?? 0);
  return superseded === 0 ? newest : { ...newest, superseded };
}
