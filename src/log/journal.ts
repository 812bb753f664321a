import { fstatSync } from "node:fs";

import type { Level } from "./log.ts";

/**
 * Whether a file descriptor leads to the journal of systemd: `JOURNAL_STREAM` has the device and the inode of the stream
 * that the journal gave this process, in decimal, such as `9:29353`. Without the comparison a program whose output is
 * redirected elsewhere would take it for the journal (systemd.exec(5)).
 */
export function leadsToJournal(stream: string | undefined, descriptor: number): boolean {
  if (!stream) return false;
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false; // the descriptor is closed
  }
}

/** Priorities of syslog, which the journal reads at the beginning of a line and takes off it (sd-daemon(3)). */
const PRIORITIES: Readonly<Record<Level, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

/** What a line for the journal begins with, such as `<4>`: then `journalctl -p warning` and alerts find it. */
export function journalPrefix(level: Level): string {
  return `<${PRIORITIES[level]}>`;
}
