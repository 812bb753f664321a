import type { Log } from "../log/log.ts";
import { output } from "../log/async-stdout.ts";

/** Exit status of a process that a second signal ended, as shells count: 128 and the signal's number. */
const FORCED: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 };

/**
 * Takes over the signals and the last-resort errors of the process. Handlers are installed for each, since PID 1 has
 * no default actions.
 *
 * @returns a promise of the first signal that asks for a stop; a second one ends the process on the spot
 */
export function lifecycle(log: Log): { readonly stopRequested: Promise<string> } {
  const stopRequested = new Promise<string>((resolve) => {
    let asked = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (asked) process.exit(FORCED[signal]);
        asked = true;
        resolve(signal);
      });
    }
  });
  process.on("SIGHUP", () => log("info", "SIGHUP is ignored: there is no configuration file to read again"));
  // Their default is to end the process, with the routes left behind; other programs rotate their logs or print
  // something, so people and scripts do send them.
  for (const signal of ["SIGUSR1", "SIGUSR2"] as const) {
    process.on(signal, () => log("info", `${signal} is ignored: it has no meaning here`));
  }

  // Whatever goes wrong where nobody expected it, the routes are better kept by a service that goes on.
  const report = (error: unknown): void => {
    log("error", `unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  };
  process.on("uncaughtException", report);
  process.on("unhandledRejection", report);
  return { stopRequested };
}

/** Longest wait for a reader of our output that has stalled. */
const DRAIN_LIMIT_MS = 100;

/** Ends the process once its output is out. Probes that are still under way are cut off. */
export async function endProcess(status: number): Promise<never> {
  await Promise.race([output.drained(), new Promise((resolve) => setTimeout(resolve, DRAIN_LIMIT_MS))]);
  process.exit(status);
}
