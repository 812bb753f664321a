import { hostname } from "node:os";

import type { Config } from "../config/parse.ts";
import type { Emit } from "../events/events.ts";
import { createHookLog } from "../log/hook-log.ts";
import type { Log } from "../log/log.ts";
import { Courier } from "./delivery.ts";
import type { Notification } from "./notification.ts";
import { commandCarrier } from "./command.ts";
import { createTeller } from "./notifications.ts";
import { webhookCarrier } from "./webhook.ts";

export interface Hooks {
  readonly record: Emit;
  /** Ends everything within so many milliseconds, and three tenths of a second. */
  stop(graceMs: number): Promise<void>;
}

/** Tells others what changes, over the ways that are configured. Nothing here ever waits for them. */
export function startHooks(config: Config, log: Log, emit: Emit): Hooks {
  const { onChange, webhookUrl, hookTimeout } = config.service;
  const [{ gateways, ddnsHostname }] = config.pools;
  const couriers = [
    ...(onChange === undefined ? [] : [new Courier(commandCarrier(onChange, hookTimeout, log), emit)]),
    ...(webhookUrl === undefined ? [] : [new Courier(webhookCarrier(webhookUrl, hookTimeout), emit)]),
  ];
  const host = webhookUrl === undefined ? "" : new URL(webhookUrl).host;
  const narrate = createHookLog(log, { command: `-on-change ${onChange?.[0]}`, webhook: `webhook at ${host}` });
  const tell = createTeller(gateways, ddnsHostname);
  const identify = createIdentities();
  return {
    record(event) {
      if (event.type === "hook-run" || event.type === "hook-dropped") return narrate(event);
      for (const draft of tell(event)) {
        const notification: Notification = { version: 1, ...identify(), ...draft };
        for (const courier of couriers) courier.offer(notification);
      }
    },
    async stop(graceMs) {
      await Promise.all(couriers.map((courier) => courier.stop(graceMs)));
    },
  };
}

/** Numbers go on growing after a restart, unless there were a thousand a second or the clock was set back. */
function createIdentities(): () => Pick<Notification, "id" | "time" | "host"> {
  let last = Date.now();
  return () => ({ id: ++last, time: new Date().toISOString(), host: hostname() });
}
