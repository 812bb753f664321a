import { execa } from "execa";

import { ENVIRONMENT, startIp } from "./run.ts";
import type { KernelEvent, OnWatching } from "../kernel.ts";
import { readMonitorLine } from "./monitor-line.ts";

/** Longest pause before `ip monitor` is started again. */
const LONGEST_PAUSE_MS = 5000;

/** An `ip monitor` has surely subscribed to its events by then. */
const SUBSCRIBED_MS = 200;

/** So many that end early, one after another, are no accident. */
const EARLY_ENDS = 5;

/** Whoever prints so many lines that mean nothing here, or one so long, is not iproute2's. */
const MOST_STRANGE_LINES = 1000;
const LONGEST_LINE = 1 << 20;

/** Keeps an `ip monitor` running. Each new one is reported as an overflow once it listens: nobody did before. */
export function watchKernel(onKernelEvent: (signal: KernelEvent) => void, onWatching: OnWatching): { stop(): void } {
  const stopping = new AbortController();
  void (async () => {
    let pause = 0;
    for (let earlyEnds = 0; !stopping.signal.aborted;) {
      const listening = setTimeout(() => onKernelEvent({ kind: "overflow" }), SUBSCRIBED_MS);
      const lasting = setTimeout(() => {
        if (earlyEnds >= EARLY_ENDS) onWatching(undefined);
        earlyEnds = pause = 0;
      }, LONGEST_PAUSE_MS);
      const why = await monitorOnce(onKernelEvent, stopping.signal).catch((error: Error) => error.message);
      clearTimeout(listening);
      clearTimeout(lasting);
      if (++earlyEnds === EARLY_ENDS && !stopping.signal.aborted) onWatching(why);
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause).unref());
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2 + 100);
    }
  })();
  return { stop: () => stopping.abort() };
}

/** Runs one `ip monitor` until it ends; returns the last that it said, which may tell why it did. */
async function monitorOnce(onKernelEvent: (signal: KernelEvent) => void, cancelSignal: AbortSignal): Promise<string> {
  const options = {
    env: ENVIRONMENT,
    stdin: "ignore",
    buffer: false,
    all: true,
    reject: false,
    cancelSignal,
    forceKillAfterDelay: false,
  } as const;
  const child = startIp(() =>
    execa("ip", ["-4", "-o", "monitor", "label", "route", "rule", "link", "address"], options),
  );
  try {
    return await readMonitor(child.iterable({ from: "all", binary: true }), onKernelEvent);
  } finally {
    child.kill("SIGKILL");
  }
}

/** Reads what an `ip monitor` prints, to its end; returns the last that meant nothing. */
async function readMonitor(
  output: AsyncIterable<Uint8Array>,
  onKernelEvent: (signal: KernelEvent) => void,
): Promise<string> {
  const decoder = new TextDecoder();
  let rest = "";
  let strange = 0;
  let last = "it ends without a word";
  for await (const chunk of output) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const signal = readMonitorLine(line);
      strange = signal ? 0 : strange + 1;
      if (signal) onKernelEvent(signal);
      else if (line !== "") last = line.slice(0, 200);
    }
    if (strange > MOST_STRANGE_LINES || rest.length > LONGEST_LINE) return "what it prints is not iproute2's";
  }
  return rest === "" ? last : rest.slice(0, 200);
}
