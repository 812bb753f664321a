import type { Emit } from "./events.ts";

/** Where events come in, and where whoever follows them joins. */
export interface EventBus {
  /** Tells all who have joined so far, in the order in which they did. */
  readonly emit: Emit;
  follow(...listeners: readonly Emit[]): void;
}

/**
 * Tells each listener of each event. What goes wrong in one is reported as an uncaught exception, and stops neither the
 * others nor whoever tells: a gateway is probed, and the routes follow, whatever a log or a metric does.
 */
export function createEventBus(): EventBus {
  const all: Emit[] = [];
  return {
    emit(event) {
      for (const listener of all) {
        try {
          listener(event);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
    follow: (...listeners) => void all.push(...listeners),
  };
}
