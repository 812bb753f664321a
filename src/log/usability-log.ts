import type { Emit } from "../events/events.ts";
import type { Log } from "./log.ts";

/**
 * Logs when a pool has fewer usable gateways than -usable-min asks for, and when it has enough again. Where one is enough,
 * the lines about gateways say all of it.
 */
export function createUsabilityLog(log: Log): Emit {
  let wasEnough = true;
  return (event) => {
    if (event.type !== "usability" || event.least === 1) return;
    const { usable, total, least } = event;
    const isEnough = usable >= least;
    if (isEnough === wasEnough) return;
    wasEnough = isEnough;
    const counts = `${usable} of ${total} gateways ${usable === 1 ? "is" : "are"} usable`;
    if (isEnough) log("info", `${counts}: enough again (-usable-min ${least})`, { usable });
    else log("warn", `${counts}, fewer than -usable-min ${least}: others may take over`, { usable });
  };
}
