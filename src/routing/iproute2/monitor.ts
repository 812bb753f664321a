import { execa } from "execa";

import type { Family } from "../../net/address.ts";
import { environmentOfIp, globalArgs, startIp } from "./run.ts";
import type { KernelEvent, OnWatching } from "../kernel.ts";
import { readMonitorLine } from "./monitor-line.ts";

/** Longest pause before `ip monitor` is started again. */
const LONGEST_PAUSE_MS = 5000;

/** An `ip monitor` that was started so long ago has subscribed to its events. */
const SUBSCRIBED_MS = 200;

/** So many that exit early, one after another, are reported as a failure. */
const EARLY_ENDS = 5;

/** A program that prints so many unknown lines in a row, or a line of so many characters, is not iproute2's. */
const MOST_UNKNOWN_LINES = 1000;
const LONGEST_LINE = 1 << 20;

/** Keeps an `ip monitor` running. Each new one is reported as an overflow once it listens: earlier events were missed. */
export function watchKernel(
  onKernelEvent: (event: KernelEvent) => void,
  onWatching: OnWatching,
  families: readonly Family[] = [4],
): { stop(): void } {
  const stopping = new AbortController();
  void (async () => {
    let pause = 0;
    for (let earlyEnds = 0; !stopping.signal.aborted;) {
      const listening = setTimeout(() => onKernelEvent({ kind: "overflow" }), SUBSCRIBED_MS);
      const lasting = setTimeout(() => {
        if (earlyEnds >= EARLY_ENDS) onWatching(undefined);
        earlyEnds = pause = 0;
      }, LONGEST_PAUSE_MS);
      const why = await monitorOnce(monitorArgs(families), onKernelEvent, stopping.signal).catch(
        (error: Error) => error.message,
      );
      clearTimeout(listening);
      clearTimeout(lasting);
      if (++earlyEnds === EARLY_ENDS && !stopping.signal.aborted) onWatching(why);
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause).unref());
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2 + 100);
    }
  })();
  return { stop: () => stopping.abort() };
}

function monitorArgs(families: readonly Family[]): string[] {
  const args = ["-o", "monitor", "label", "route", "rule", "link", "address"];
  return families.includes(6) ? [...globalArgs("both"), ...args, "nexthop"] : [...globalArgs(4), ...args];
}

/** Runs one `ip monitor` until it exits; returns the last line without a known meaning, which may say why it did. */
async function monitorOnce(
  args: readonly string[],
  onKernelEvent: (event: KernelEvent) => void,
  cancelSignal: AbortSignal,
): Promise<string> {
  const options = {
    ...environmentOfIp(),
    stdin: "ignore",
    buffer: false,
    all: true,
    reject: false,
    cancelSignal,
    forceKillAfterDelay: false,
  } as const;
  const child = startIp(() => execa("ip", args, options));
  try {
    return await readMonitor(child.iterable({ from: "all", binary: true }), onKernelEvent);
  } finally {
    child.kill("SIGKILL");
  }
}

/** Reads what an `ip monitor` prints, to its end; returns the last line without a known meaning. */
async function readMonitor(
  output: AsyncIterable<Uint8Array>,
  onKernelEvent: (event: KernelEvent) => void,
): Promise<string> {
  const decoder = new TextDecoder();
  let rest = "";
  let unknown = 0;
  let last = "it exits without a message";
  for await (const chunk of output) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const event = readMonitorLine(line);
      unknown = event ? 0 : unknown + 1;
      if (event) onKernelEvent(event);
      else if (line !== "") last = line.slice(0, 200);
    }
    if (unknown > MOST_UNKNOWN_LINES || rest.length > LONGEST_LINE) return "its output is not iproute2's";
  }
  return rest === "" ? last : rest.slice(0, 200);
}
