import type { HookEvent, Way } from "../events/hooks.ts";
import type { Log } from "./log.ts";

/** How the ways are called; of a URL only the host, since the rest may be a secret. */
export type Names = Readonly<Record<Way, string>>;

/** Tells what becomes of notifications. What goes on in the same way is told once, and so is its end. */
export function createHookLog(log: Log, names: Names): (event: HookEvent) => void {
  const failing = new Map<Way, string>();
  const lost = new Map<Way, number>();

  const tellRun = ({ way, problem }: Extract<HookEvent, { type: "hook-run" }>): void => {
    const before = failing.get(way);
    if (problem !== undefined) {
      failing.set(way, problem);
      log(problem === before ? "debug" : "warn", `${names[way]}: ${problem}`);
      return;
    }
    const missed = lost.get(way) ?? 0;
    failing.delete(way);
    lost.delete(way);
    const told = missed === 0 ? "" : `; ${missed} ${missed === 1 ? "notification was" : "notifications were"} lost`;
    if (before === undefined && missed === 0) log("debug", `${names[way]}: notified`);
    else log(missed === 0 ? "info" : "warn", `${names[way]}: works again${told}`);
  };

  const tellDropped = ({ way, reason, count }: Extract<HookEvent, { type: "hook-dropped" }>): void => {
    const before = lost.get(way) ?? 0;
    const isNews = reason === "stopped" || (reason === "full" && before === 0);
    if (reason !== "superseded") lost.set(way, before + count);
    log(isNews ? "warn" : "debug", `${names[way]}: ${count} not delivered: ${WHY[reason]}`);
  };

  return (event) => (event.type === "hook-run" ? tellRun(event) : tellDropped(event));
}

const WHY = {
  superseded: "a newer notification takes its place",
  full: "too many wait",
  "given up": "there is no use in trying again",
  stopped: "the service stops",
} as const;
