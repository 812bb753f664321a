import { Check } from "typebox/schema";

import { LogEntry, Status } from "../../status/schema.ts";

/** Whether something is a status as this version tells it. Fields that only a newer version has do no harm. */
export function isStatus(value: unknown): value is Status {
  return Check(Status, value);
}

/** The same for an entry of the log. */
export function isLogEntry(value: unknown): value is LogEntry {
  return Check(LogEntry, value);
}
