import { constants } from "node:os";

import type { Log } from "../log/log.ts";
import { output } from "../log/async-stdout.ts";

/**
 * Signals that request a stop: all that end a process by default (signal(7)) and that a program sends. Those that report a
 * fault of the process itself stay as they are, and so does SIGABRT, with which systemd ends a service that hangs.
 *
 * Missing are SIGSTKFLT and the real-time signals: Bun 1.4.5 accepts handlers for them without an error, but installs none
 * (SigCgt in /proc/PID/status). They end the process at once, as SIGKILL does, and the next start takes over what is left.
 */
const STOPPING = [
  "SIGTERM",
  "SIGINT",
  "SIGQUIT",
  "SIGALRM",
  "SIGVTALRM",
  "SIGPROF",
  "SIGIO",
  "SIGXCPU",
  "SIGXFSZ",
] as const;

/**
 * Handles the signals and the uncaught errors of the process. Every signal gets a handler, since PID 1 has no default
 * actions.
 *
 * @param onHangUp called when the configuration file is to be read again; undefined where there is none
 * @returns a promise of the first signal that requests a stop; a second one ends the process at once
 */
export function lifecycle(log: Log, onHangUp?: () => void): { readonly stopRequested: Promise<string> } {
  const stopRequested = new Promise<string>((resolve) => {
    let asked = false;
    for (const signal of STOPPING) {
      process.on(signal, () => {
        if (asked) process.exit(128 + constants.signals[signal]); // as shells count
        asked = true;
        resolve(signal);
      });
    }
  });
  const ignoreHangUp = (): void => log("info", "SIGHUP ignored: there is no configuration file to reload");
  process.on("SIGHUP", onHangUp ?? ignoreHangUp);
  // By default they end the process and leave the routes behind. Scripts send them, since other programs rotate their logs
  // then.
  for (const signal of ["SIGUSR1", "SIGUSR2"] as const) {
    process.on(signal, () => log("info", `${signal} ignored: it has no function`));
  }

  // After an unexpected error, the routes are safer with a service that continues than with none.
  const report = (error: unknown): void => {
    log("error", `unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  };
  process.on("uncaughtException", report);
  process.on("unhandledRejection", report);
  return { stopRequested };
}

/** The longest wait for a stalled reader of the output. */
const DRAIN_LIMIT_MS = 100;

/** Ends the process once its output is written. Probes that are under way are cancelled. */
export async function endProcess(status: number): Promise<never> {
  await Promise.race([output.drained(), new Promise((resolve) => setTimeout(resolve, DRAIN_LIMIT_MS))]);
  process.exit(status);
}
