import type { Emit } from "../events/events.ts";
import type { ExitEvent, OwnExit } from "../exit/events.ts";
import { LEAK_REMEDY } from "../pool/leak.ts";
import { addressText, type GatewayText } from "../text/gateway.ts";
import { list } from "../text/list.ts";
import type { Log } from "./log.ts";

/** Gateways that one line names at most. */
const MAX_GATEWAYS = 8;

type EventOf<T extends ExitEvent["type"]> = Extract<ExitEvent, { readonly type: T }>;

/** Logs what is found out about the exits of the gateways. What lasts is logged when it begins and when it ends. */
export function createExitLog(log: Log, textOf: GatewayText = addressText): Emit {
  const logExit = createFailureLog(log, textOf);
  const logOwn = createOwnLog(log);
  const logOwn6 = createOwnLog(log, " of IPv6");
  return (event) => {
    switch (event.type) {
      case "exit":
        logExit(event);
        break;
      case "own-exit":
        (event.family === 6 ? logOwn6 : logOwn)(event.result);
        break;
      case "exit-changed": {
        const { gateway, from, to } = event;
        const was = from === undefined ? "" : ` (was ${from})`;
        // The first one is no change: at the start all gateways have one.
        log(was === "" ? "debug" : "info", `exit address of ${textOf(gateway)}: ${to}${was}`, { gateway });
        break;
      }
      case "gateway-leaks":
        logLeak(event, log, textOf);
        break;
      case "exit-shared":
        logShared(event, log, textOf);
        break;
    }
  };
}

function logLeak({ gateway, address, leaking }: EventOf<"gateway-leaks">, log: Log, textOf: GatewayText): void {
  const subject = `gateway ${textOf(gateway)}`;
  if (!leaking) {
    log("info", `${subject} leaks no more: its exit address is ${address}`, { gateway });
    return;
  }
  const text = `${subject} LEAKS: packets through it come out at ${address}, the public address of this router itself, so they take no tunnel; it counts as down; ${LEAK_REMEDY}`;
  log("error", text, { gateway });
}

function logShared({ address, gateways }: EventOf<"exit-shared">, log: Log, textOf: GatewayText): void {
  const text =
    gateways.length === 0
      ? `exit address ${address} is not shared by gateways any more`
      : `gateways with one exit address, ${address}: ${list(gateways.map(textOf), MAX_GATEWAYS)}; together they are worth one`;
  log(gateways.length === 0 ? "info" : "warn", text);
}

/** Logs when questions through a gateway begin to fail, and when they are answered again. */
function createFailureLog(log: Log, textOf: GatewayText): (event: EventOf<"exit">) => void {
  const failing = new Map<string, string>();
  return ({ gateway, result }) => {
    const before = failing.get(gateway);
    const fields = { gateway, seconds: result.seconds };
    if (result.kind === "success") {
      failing.delete(gateway);
      log(before === undefined ? "debug" : "info", `exit address of ${textOf(gateway)} is ${result.address}`, fields);
      return;
    }
    failing.set(gateway, result.code);
    const level = before === result.code ? "debug" : "warn";
    log(level, `cannot determine the exit address of ${textOf(gateway)}: ${result.detail}; it keeps its state`, fields);
  };
}

/**
 * Logs this router's own public address when it changes, and when it is not known, or known again.
 *
 * @param of the family, where it is to be told
 */
function createOwnLog(log: Log, of = ""): (result: OwnExit) => void {
  let known: string | undefined;
  return (result) => {
    const before = known;
    known = result.kind === "success" ? result.address : result.code;
    if (known === before) return;
    if (result.kind === "success") log("info", `this router's own public address${of}: ${result.address}`);
    else if (result.code === "no-exit")
      log("info", `this router has no exit${of} of its own, so nothing can leak: ${result.detail}`);
    else
      log(
        "warn",
        `cannot determine this router's own public address${of}: ${result.detail}; a leak cannot be found until then`,
      );
  };
}
