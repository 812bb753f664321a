import type { Notification } from "./notification.ts";

/** So many may wait. A range holds 160 gateways at most, so all of them may go down, and up again but for a few. */
const MOST_WAITING = 256;

/** What became of others when one was taken in. */
export interface Displaced {
  readonly superseded: number;
  /** Left out since too many wait. */
  readonly full: number;
}

/**
 * Notifications that wait, the oldest first. A newer one takes the place of an older one about the same, and goes to the
 * end, so that the last one delivered of each kind is the newest there was.
 */
export class Queue {
  readonly #most: number;
  #waiting: Notification[] = [];

  constructor(most = MOST_WAITING) {
    this.#most = most;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Takes one in at the end. Where too many wait, the oldest is left out. */
  offer(notification: Notification): Displaced {
    const older = this.#waiting.filter((one) => isAboutSame(one, notification));
    this.#waiting = this.#waiting.filter((one) => !older.includes(one));
    this.#waiting.push(withSuperseded(notification, older));
    const full = this.#waiting.length > this.#most ? 1 : 0;
    this.#waiting.splice(0, full);
    return { superseded: older.length, full };
  }

  /** Takes the oldest one out. */
  take(): Notification | undefined {
    return this.#waiting.shift();
  }

  /** Puts one back that was taken out and not delivered; it is the oldest, unless there is a newer one about the same. */
  putBack(notification: Notification): Displaced {
    const index = this.#waiting.findIndex((one) => isAboutSame(one, notification));
    if (index >= 0) {
      this.#waiting[index] = withSuperseded(this.#waiting[index]!, [notification]);
      return { superseded: 1, full: 0 };
    }
    if (this.#waiting.length >= this.#most) return { superseded: 0, full: 1 };
    this.#waiting.unshift(notification);
    return { superseded: 0, full: 0 };
  }

  /** Lets all go; returns how many there were. */
  clear(): number {
    return this.#waiting.splice(0).length;
  }
}

function isAboutSame(a: Notification, b: Notification): boolean {
  // Two conflicts are about the same only when they are about the same entry.
  return (
    a.event === b.event &&
    a.gateway === b.gateway &&
    (a.event !== "conflict" || String(a.entries) === String(b.entries))
  );
}

function withSuperseded(newest: Notification, older: readonly Notification[]): Notification {
  const superseded = older.reduce((sum, one) => sum + 1 + (one.superseded ?? 0), newest.superseded ?? 0);
  return superseded === 0 ? newest : { ...newest, superseded };
}
