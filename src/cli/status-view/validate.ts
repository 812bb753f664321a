import { Check } from "typebox/schema";

import { LogEntry, Status, Stopped } from "../../status/schema.ts";

/** Whether a value is a status of this version. It may have further fields, as a newer version has. */
export function isStatus(value: unknown): value is Status {
  return Check(Status, value);
}

/** Whether a value is a log entry of this version. */
export function isLogEntry(value: unknown): value is LogEntry {
  return Check(LogEntry, value);
}

/** Whether a value is the last event of a service of this version. */
export function isStopped(value: unknown): value is Stopped {
  return Check(Stopped, value);
}
