import type { Emit } from "./events.ts";

/**
 * Tells each listener of each event, in this order. What goes wrong in one is reported as an uncaught exception, and
 * stops neither the others nor whoever tells: a gateway is probed, and the routes follow, whatever a log or a metric does.
 */
export function fanOut(...listeners: readonly Emit[]): Emit {
  return (event) => {
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
}
