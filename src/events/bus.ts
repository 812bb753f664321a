import type { Family } from "../net/address.ts";
import type { Emit, InPool, ServiceEvent } from "./events.ts";

/** Where events come in, and where listeners subscribe. */
export interface EventBus {
  /** Reports an event to all listeners, in the order in which they subscribed. */
  readonly emit: Emit;
  /** Reports the events of one pool, as one family has it; IPv4 by default. */
  inPool(name: string | undefined, family?: Family): (event: PoolEvents) => void;
  subscribe(...listeners: readonly Emit[]): void;
}

type PoolEvents = Extract<ServiceEvent, InPool<unknown>>;

/**
 * Reports each event to each listener. An error in one is reported as an uncaught exception, and stops neither the others
 * nor the caller: a gateway is probed, and the routes follow, whatever a log or a metric does.
 */
export function createEventBus(): EventBus {
  const listeners: Emit[] = [];
  const emit: Emit = (event) => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  };
  return {
    emit,
    inPool(pool, family = 4) {
      const origin = { ...(pool !== undefined && { pool }), ...(family === 6 && { family }) };
      return Object.keys(origin).length === 0 ? emit : (event) => emit({ ...event, ...origin });
    },
    subscribe: (...more) => void listeners.push(...more),
  };
}
