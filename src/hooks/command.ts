import { formatDuration } from "../net/duration.ts";
import type { Log } from "../log/log.ts";
import type { Carrier, Delivery } from "./delivery.ts";
import { hookEnvironment } from "./environment.ts";
import { Lines } from "./output-lines.ts";
import type { Notification } from "./notification.ts";

/** A command that is asked to end may tidy up for so long, and for less when the service ends. */
const TIDY_UP_MS = 1000;
const TIDY_UP_AT_STOP_MS = 100;

/** More output than this is no message to anybody, and reading it would keep the processor busy. */
const MOST_OUTPUT_BYTES = 1 << 20;

/** What a command has written is there by then; a process that has left its group could keep the pipe open for ever. */
const LAST_OUTPUT_MS = 100;

/** What SIGKILL has not ended by then has become another user's, or hangs in the kernel. */
const GIVE_UP_MS = 100;

/**
 * Runs a command for each notification, which it gets on standard input. It leads a process group of its own, and
 * whatever of that is left when it ends, is ended with it. One that cannot be ended is let go, and no other is run
 * beside it.
 *
 * @param timeout milliseconds that one run may take
 */
export function commandCarrier(words: readonly string[], timeout: number, log: Log): Carrier {
  let current: Run | undefined;
  // A second signal ends the process on the spot.
  process.on("exit", () => {
    if (current?.isRunning) current.kill();
  });
  return {
    way: "command",
    async deliver(notification, stop) {
      if (current?.isRunning) return failed("the run before this one goes on and cannot be ended, so none is begun");
      try {
        current = new Run(words, notification);
      } catch (error) {
        return failed(reasonOf(error as { code?: string; message: string }));
      }
      const end = await current.end(timeout, stop);
      for (const line of end.stdout) log("debug", `-on-change says: ${line}`);
      for (const line of end.stderr) log("warn", `-on-change says: ${line}`);
      return end.problem === undefined ? { ok: true } : failed(end.problem);
    },
  };
}

/** A command is not run again: it may have done half of its work. */
function failed(problem: string): Delivery {
  return { ok: false, passing: false, problem };
}

/** What an error of posix_spawn(3) means, and what to do about it. */
function reasonOf({ code, message }: { code?: string; message: string }): string {
  if (code === "ENOENT") return "it does not exist, or the interpreter that its first line names does not";
  if (code === "EACCES") return "it may not be executed; chmod +x, and is every folder on its path open to this user?";
  if (code === "ENOEXEC") return "it is no program; a script begins with a line such as #!/bin/sh";
  return `it cannot be run: ${code ?? message}`;
}

interface End {
  readonly problem: string | undefined;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** One process group. */
class Run {
  readonly #child: Bun.Subprocess<Buffer, "pipe", "pipe">;
  readonly #letGo: (() => Promise<void>)[] = [];
  #bytes = 0;
  #cutOff: string | undefined;
  #killing: ReturnType<typeof setTimeout> | undefined;
  #giveUp: () => void = () => {};

  /** @throws with `code` when it cannot be started */
  constructor(words: readonly string[], notification: Notification) {
    this.#child = Bun.spawn([...words], {
      cwd: "/",
      env: hookEnvironment(process.env, notification),
      detached: true, // a group of its own
      stdin: Buffer.from(`${JSON.stringify(notification)}\n`),
      stdout: "pipe",
      stderr: "pipe",
    });
  }

  get isRunning(): boolean {
    const { exitCode, signalCode } = this.#child;
    return exitCode === null && signalCode === null;
  }

  async end(timeout: number, stop: AbortSignal): Promise<End> {
    const [stdout, stderr] = [new Lines(), new Lines()];
    const read = Promise.all([this.#read(this.#child.stdout, stdout), this.#read(this.#child.stderr, stderr)]);
    const late = (): void => this.#end(`it did not end within ${formatDuration(timeout)}`, TIDY_UP_MS);
    const limit = setTimeout(late, timeout);
    const stopNow = (): void => this.#end("cut off, since the service stops", TIDY_UP_AT_STOP_MS);
    stop.addEventListener("abort", stopNow);
    if (stop.aborted) stopNow();
    await Promise.race([this.#child.exited, new Promise<void>((resolve) => (this.#giveUp = resolve))]);
    clearTimeout(limit);
    clearTimeout(this.#killing);
    stop.removeEventListener("abort", stopNow);
    this.kill();
    await Promise.race([read, new Promise((resolve) => setTimeout(resolve, LAST_OUTPUT_MS))]);
    for (const cancel of this.#letGo) void cancel().catch(() => {});
    return { problem: this.#failure(), stdout: stdout.end(), stderr: stderr.end() };
  }

  /** Ends everything at once that is left of the group. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  #end(why: string, patience: number): void {
    if (this.#cutOff !== undefined) return;
    this.#cutOff = why;
    this.#signal("SIGTERM");
    this.#killing = setTimeout(() => {
      this.kill();
      this.#killing = setTimeout(() => this.#giveUp(), GIVE_UP_MS);
    }, patience);
  }

  #signal(name: "SIGTERM" | "SIGKILL"): void {
    try {
      process.kill(-this.#child.pid, name);
    } catch {
      // Nothing is left of it, or it has become another user's.
    }
  }

  #failure(): string | undefined {
    if (this.isRunning) return `${this.#cutOff}, and cannot be ended by this user`;
    if (this.#cutOff !== undefined) return this.#cutOff;
    const { exitCode, signalCode } = this.#child;
    if (exitCode === 0) return undefined;
    return signalCode === null ? `exit status ${exitCode}` : `ended by ${signalCode}`;
  }

  /** Bun takes in what a process writes whether anybody wants it or not, so all of it is read, up to a limit. */
  async #read(stream: ReadableStream<Uint8Array>, lines: Lines): Promise<void> {
    const reader = stream.getReader();
    this.#letGo.push(() => reader.cancel());
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      lines.add(value.subarray(0, Math.max(0, MOST_OUTPUT_BYTES - this.#bytes)));
      this.#bytes += value.length;
      if (this.#bytes > MOST_OUTPUT_BYTES) this.#end(`it wrote more than ${MOST_OUTPUT_BYTES >> 20} MiB of output`, 0);
    }
  }
}
