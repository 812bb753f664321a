import { execa } from "execa";

import { ENVIRONMENT } from "./ip.ts";
import { readMonitorLine, type Signal } from "./monitor.ts";

/** Longest pause before `ip monitor` is started again. */
const LONGEST_PAUSE_MS = 5000;

/** An `ip monitor` has surely subscribed to its events by then. */
const SUBSCRIBED_MS = 200;

/** Keeps an `ip monitor` running. Each new one is reported as an overflow once it listens: nobody did before. */
export function watchKernel(table: number, onSignal: (signal: Signal) => void): { stop(): void } {
  const stopping = new AbortController();
  void (async () => {
    for (let pause = 0; !stopping.signal.aborted; pause = Math.min(LONGEST_PAUSE_MS, pause * 2 + 100)) {
      const started = performance.now();
      const listening = setTimeout(() => onSignal("overflow"), SUBSCRIBED_MS);
      await monitorOnce(table, onSignal, stopping.signal);
      clearTimeout(listening);
      if (performance.now() - started > LONGEST_PAUSE_MS) pause = 0;
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause).unref());
    }
  })();
  return { stop: () => stopping.abort() };
}

async function monitorOnce(
  table: number,
  onSignal: (signal: Signal) => void,
  cancelSignal: AbortSignal,
): Promise<void> {
  const child = execa("ip", ["-4", "-o", "monitor", "label", "route", "rule", "link", "address"], {
    env: ENVIRONMENT,
    stdin: "ignore",
    buffer: false,
    all: true,
    reject: false,
    cancelSignal,
    forceKillAfterDelay: false,
  });
  for await (const line of child.iterable({ from: "all" })) {
    const signal = readMonitorLine(line, table);
    if (signal) onSignal(signal);
  }
}
