import type { PoolConfig } from "../config/model.ts";
import type { Emit } from "../events/events.ts";
import type { PoolEvent } from "../pool/events.ts";
import type { GatewayText } from "../text/gateway.ts";
import { list } from "../text/list.ts";
import { fateText, fateWithoutGateways } from "../routing/packet-fate.ts";
import { roughly } from "./duration.ts";
import type { Log } from "./log.ts";

/** Gateways that one line names at most. */
const MAX_GATEWAYS = 8;

/** Different reasons that one line has at most. */
const MAX_REASONS = 4;

/** A pool, as far as it decides where packets go without a gateway. */
type LoggedOutage = Partial<Pick<PoolConfig, "name" | "whenNoGateways">>;

type EventOf<T extends PoolEvent["type"]> = Extract<PoolEvent, { readonly type: T }>;

/**
 * Logs how the gateways of a pool stand as a whole: once its first round of probes is over, when none is left, and when
 * one is usable again. The last two say where packets go from then on. The end of an outage is a warning as well, so that it
 * reaches those who read its beginning.
 */
export function createOutageLog(log: Log, textOf: GatewayText, { whenNoGateways, name }: LoggedOutage): Emit {
  const traffic =
    whenNoGateways &&
    `traffic ${fateText(fateWithoutGateways(whenNoGateways), name === undefined ? "tables" : "pool")}`;
  return (event) => {
    switch (event.type) {
      case "begun":
        log(event.up === event.total ? "info" : "warn", firstRoundText(event, textOf));
        break;
      case "outage":
        log("error", outageText(event, traffic), { up: 0, total: event.total });
        break;
      case "outage-over": {
        const { used, total, seconds } = event;
        const text = `after ${roughly(seconds * 1000)} without a usable gateway, traffic uses the gateways again`;
        log("warn", `${text}: ${used} of ${total}`, { up: used, total, seconds });
        break;
      }
    }
  };
}

/** What the first probes of all gateways have shown, those that fail for one reason together. */
function firstRoundText({ up, total, down }: EventOf<"begun">, textOf: GatewayText): string {
  if (total === 0) return "all gateways are drained";
  if (up === total) return total === 1 ? "the gateway is up" : `all ${total} gateways are up`;
  const reasons = [...Map.groupBy(down, ({ detail }) => detail)].map(([detail, alike]) => {
    const gateways = alike.map(({ gateway }) => textOf(gateway));
    return `${list(gateways, MAX_GATEWAYS)}: ${detail}`;
  });
  const shown = reasons.slice(0, MAX_REASONS).join("; ");
  const more = reasons.length > MAX_REASONS ? `; ${reasons.length - MAX_REASONS} more reasons` : "";
  const which = reasons.length === 0 ? "" : `; down: ${shown}${more}`;
  return `${up} of ${total} gateways are up${which}`;
}

/** Why no gateway is usable, and where packets go. @param traffic what happens to them, where that is known */
function outageText({ down, drained, total, isUsed }: EventOf<"outage">, traffic: string | undefined): string {
  const effect = isUsed ? "they are used all the same (-min-healthy)" : traffic;
  return effect === undefined ? subjectOf(down, drained, total) : `${subjectOf(down, drained, total)}: ${effect}`;
}

function subjectOf(down: number, drained: number, total: number): string {
  if (down === total) return total === 1 ? "the only gateway is down" : `all ${total} gateways are down`;
  const others = total - down - drained;
  const parts = [
    ...(down > 0 ? [`${down} down`] : []),
    ...(drained > 0 ? [`${drained} drained`] : []),
    ...(others > 0 ? [`${others} left out as nexthops`] : []),
  ];
  return `no gateway is usable (${parts.join(", ")})`;
}
