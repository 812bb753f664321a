import type { Channel, DropReason, HookEvent } from "../events/hooks.ts";
import type { Log } from "./log.ts";

/** What log lines call the channels; of a URL only the host, since the rest may be a secret. */
export type ChannelNames = Readonly<Record<Channel, string>>;

/** Logs what happens to notifications. A failure that lasts is logged when it begins and when it ends. */
export function createHookLog(log: Log, names: ChannelNames): (event: HookEvent) => void {
  const failing = new Map<Channel, string>();
  const lost = new Map<Channel, number>();

  const logRun = ({ channel, problem }: Extract<HookEvent, { type: "hook-run" }>): void => {
    const before = failing.get(channel);
    if (problem !== undefined) {
      failing.set(channel, problem);
      log(problem === before ? "debug" : "warn", `${names[channel]}: ${problem}`);
      return;
    }
    const missed = lost.get(channel) ?? 0;
    failing.delete(channel);
    lost.delete(channel);
    if (missed > 0) log("warn", `${names[channel]}: works again; ${countOf(missed)} lost`);
    else if (before !== undefined) log("info", `${names[channel]}: works again`);
    else log("debug", `${names[channel]}: notified`);
  };

  const logDropped = ({ channel, reason, count }: Extract<HookEvent, { type: "hook-dropped" }>): void => {
    const before = lost.get(channel) ?? 0;
    const isNew = reason === "stopped" || (reason === "full" && before === 0);
    if (reason !== "superseded") lost.set(channel, before + count);
    log(isNew ? "warn" : "debug", `${names[channel]}: ${countOf(count)} not delivered: ${REASONS[reason]}`);
  };

  return (event) => (event.type === "hook-run" ? logRun(event) : logDropped(event));
}

function countOf(notifications: number): string {
  return notifications === 1 ? "1 notification" : `${notifications} notifications`;
}

const REASONS: Readonly<Record<DropReason, string>> = {
  superseded: "replaced by a newer one",
  full: "the queue is full",
  given_up: "no further attempt",
  stopped: "the service stops",
};
