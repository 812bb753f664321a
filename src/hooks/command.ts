import { formatDuration } from "../net/duration.ts";
import { jsonText } from "../text/json.ts";
import type { Log } from "../log/log.ts";
import { type DeliveryResult, STOPPED, type Transport } from "./delivery.ts";
import { hookEnvironment } from "./environment.ts";
import { OutputLines } from "./output-lines.ts";
import type { Notification } from "./notification.ts";

/** Time between SIGTERM and SIGKILL; less of it when the service stops. */
const TERM_MS = 1000;
const TERM_AT_STOP_MS = 100;

/** A command that writes more is ended: no log needs that much, and reading it costs processor time. */
const MAX_OUTPUT_BYTES = 1 << 20;

/** Time to read the rest of the output after the end; a process outside the group can keep the pipe open for ever. */
const LAST_OUTPUT_MS = 100;

/** A process that SIGKILL has not ended by then belongs to another user by now, or hangs in the kernel. */
const KILL_MS = 100;

/**
 * Runs a command for each notification, which it gets on standard input. It leads a process group of its own; what is left
 * of that group when it ends is killed. While a command that cannot be killed is running, no other is started.
 *
 * @param timeout milliseconds that one run may take
 */
export function commandTransport(words: readonly string[], timeout: number, log: Log): Transport {
  let current: CommandRun | undefined;
  // A second signal ends the service at once.
  process.on("exit", () => {
    if (current?.isRunning) current.kill();
  });
  return {
    channel: "command",
    async deliver(notification, stop) {
      if (current?.isRunning) return failed("not started: the previous run cannot be ended and is still running");
      try {
        current = new CommandRun(words, notification);
      } catch (error) {
        return failed(reasonOf(error as { code?: string; message: string }));
      }
      const result = await current.result(timeout, stop);
      for (const line of result.stdout) log("debug", `-on-change output: ${line}`);
      for (const line of result.stderr) log("warn", `-on-change output: ${line}`);
      return result.problem === undefined ? { ok: true } : failed(result.problem);
    },
  };
}

/** A command is not run again: it may have done half of its work. */
function failed(problem: string): DeliveryResult {
  return { ok: false, retryable: false, problem };
}

/** What an error of posix_spawn(3) means, and what to do about it. */
function reasonOf({ code, message }: { code?: string; message: string }): string {
  switch (code) {
    case "ENOENT":
      return "cannot be run: it does not exist, or the interpreter in its first line does not";
    case "EACCES":
      return "cannot be run: no permission; use chmod +x, and give this user access to every folder of its path";
    case "ENOEXEC":
      return "cannot be run: not an executable; a script begins with a line such as #!/bin/sh";
    default:
      return `cannot be run: ${code ?? message}`;
  }
}

interface RunResult {
  readonly problem: string | undefined;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** One process group. */
class CommandRun {
  readonly #child: Bun.Subprocess<Buffer, "pipe", "pipe">;
  readonly #cancelReading: (() => Promise<void>)[] = [];
  #bytes = 0;
  #endReason: string | undefined;
  #killing: ReturnType<typeof setTimeout> | undefined;
  #giveUp: () => void = () => {};

  /** @throws with `code` when it cannot be started */
  constructor(words: readonly string[], notification: Notification) {
    this.#child = Bun.spawn([...words], {
      cwd: "/",
      env: hookEnvironment(process.env, notification),
      detached: true, // a group of its own
      stdin: Buffer.from(`${jsonText(notification)}\n`),
      stdout: "pipe",
      stderr: "pipe",
    });
  }

  get isRunning(): boolean {
    const { exitCode, signalCode } = this.#child;
    return exitCode === null && signalCode === null;
  }

  /** Waits for the end, which it brings about after `timeout` milliseconds or when the service stops. */
  async result(timeout: number, stop: AbortSignal): Promise<RunResult> {
    const [stdout, stderr] = [new OutputLines(), new OutputLines()];
    const read = Promise.all([this.#read(this.#child.stdout, stdout), this.#read(this.#child.stderr, stderr)]);
    const late = (): void => this.#terminate(`did not end within ${formatDuration(timeout)}`, TERM_MS);
    const limit = setTimeout(late, timeout);
    const stopNow = (): void => this.#terminate(STOPPED, TERM_AT_STOP_MS);
    stop.addEventListener("abort", stopNow);
    if (stop.aborted) stopNow();
    await Promise.race([this.#child.exited, new Promise<void>((resolve) => (this.#giveUp = resolve))]);
    clearTimeout(limit);
    clearTimeout(this.#killing);
    stop.removeEventListener("abort", stopNow);
    this.kill();
    await Promise.race([read, new Promise((resolve) => setTimeout(resolve, LAST_OUTPUT_MS))]);
    for (const cancel of this.#cancelReading) void cancel().catch(() => {});
    return { problem: this.#failure(), stdout: stdout.end(), stderr: stderr.end() };
  }

  /** Kills what is left of the group. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  #terminate(why: string, termMs: number): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = why;
    this.#signal("SIGTERM");
    this.#killing = setTimeout(() => {
      this.kill();
      this.#killing = setTimeout(() => this.#giveUp(), KILL_MS);
    }, termMs);
  }

  #signal(name: "SIGTERM" | "SIGKILL"): void {
    try {
      process.kill(-this.#child.pid, name);
    } catch {
      // No process is left in the group, or they belong to another user by now.
    }
  }

  #failure(): string | undefined {
    if (this.isRunning) return `${this.#endReason}, and cannot be ended by this user`;
    if (this.#endReason !== undefined) return this.#endReason;
    const { exitCode, signalCode } = this.#child;
    if (exitCode === 0) return undefined;
    return signalCode === null ? `exit status ${exitCode}` : `killed by ${signalCode}`;
  }

  /** Bun buffers what a process writes even when it is not read, so all of it is read, up to a limit. */
  async #read(stream: ReadableStream<Uint8Array>, lines: OutputLines): Promise<void> {
    const reader = stream.getReader();
    this.#cancelReading.push(() => reader.cancel());
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      lines.add(value.subarray(0, Math.max(0, MAX_OUTPUT_BYTES - this.#bytes)));
      this.#bytes += value.length;
      if (this.#bytes > MAX_OUTPUT_BYTES) this.#terminate(`wrote more than ${MAX_OUTPUT_BYTES >> 20} MiB of output`, 0);
    }
  }
}
