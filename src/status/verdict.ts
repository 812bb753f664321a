import type { Shortage } from "../pool/select.ts";
import { rejectTypeOf, type WhenNoGateways } from "../routing/kill-switch.ts";
import type { Gateway, Report, Status } from "./schema.ts";

/**
 * How the service is, in a word and a sentence.
 *
 * @param whenNoGateways what becomes of packets while no gateway can be used
 * @param shortage what `-min-healthy` found too few
 */
export function judge(
  gateways: readonly Gateway[],
  standing: Report,
  whenNoGateways: WhenNoGateways,
  shortage?: Shortage,
): Pick<Status, "verdict" | "why"> {
  const carrying = gateways.filter(({ carriesTraffic }) => carriesTraffic);
  const up = gateways.filter(({ state }) => state === "up");
  const trouble = standing.ok ? [] : [standing.why];
  const keeps = whenNoGateways === "keep" && !carrying.some(({ state, kept }) => state !== "down" || kept);
  if (carrying.length === 0 || keeps) {
    const few = shortage ? [`fewer than ${shortage.least} are healthy (-min-healthy)`] : [];
    return { verdict: "down", why: [lossText(carrying.length, whenNoGateways), ...few, ...trouble].join(": ") };
  }
  const total = gateways.length;
  const counts = up.length === total ? [] : [`${up.length} of ${total} gateways are up`];
  const kept = carrying.filter((one) => one.kept);
  const idle = up.filter(({ carriesTraffic }) => !carriesTraffic);
  const held = idle.filter((one) => one.held !== null);
  const faults = [
    ...counts,
    ...count(kept.length, "of those that are down are used all the same (-min-healthy)"),
    ...count(held.length, "of those that are up are held because they flap"),
    ...count(idle.length - held.length, "of those that are up carry no traffic"),
    ...trouble,
  ];
  return faults.length === 0
    ? { verdict: "healthy", why: total === 1 ? "the gateway is up" : `all ${total} gateways are up` }
    : { verdict: "degraded", why: faults.join("; ") };
}

/** @param carrying gateways that are down and yet stand in the routes */
function lossText(carrying: number, whenNoGateways: WhenNoGateways): string {
  if (carrying > 0) return "no gateway is up, and the last routes stay (-when-no-gateways keep)";
  const refused =
    rejectTypeOf(whenNoGateways) === undefined ? "" : `, and packets are refused (-when-no-gateways ${whenNoGateways})`;
  return `no gateway carries traffic${refused}`;
}

function count(number: number, what: string): string[] {
  return number === 0 ? [] : [`${number} ${what}`];
}
