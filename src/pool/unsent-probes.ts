import type { PoolEvent } from "./events.ts";

type ProbeEvent = Extract<PoolEvent, { type: "probe" | "cycle" }>;

/**
 * Finds out when this machine cannot send probes, so that gateways keep their states, and when a whole round of them could
 * be sent again.
 *
 * @returns what to call with each event; returns why probes cannot be sent where that is new, and `sent` at the end
 */
export function createUnsentWatch(): (event: ProbeEvent) => { readonly unsent: string } | "sent" | undefined {
  let reported = false;
  let unsent = 0;
  return (event) => {
    if (event.type === "cycle") {
      const isOver = reported && unsent === 0;
      reported &&= unsent > 0;
      unsent = 0;
      return isOver ? "sent" : undefined;
    }
    if (event.result.kind !== "failure" || event.result.code !== "exhausted") return undefined;
    unsent++;
    const isNew = !reported;
    reported = true;
    return isNew ? { unsent: event.result.detail } : undefined;
  };
}
