import type { Notification } from "../../../src/hooks/notification.ts";

let id = 0;

/** A notification, of which the fields given matter. */
export function notification(fields: Partial<Notification> = {}): Notification {
  return {
    version: 1,
    id: ++id,
    event: "gateway-down",
    time: "2026-01-02T03:04:05.678Z",
    host: "router",
    message: "something",
    up: 1,
    total: 2,
    ...fields,
  };
}
