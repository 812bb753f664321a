/** The compiled executable, running in a namespace of the lab. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type Answer, type Asking, get } from "./http.ts";
import { Metrics } from "./metrics.ts";
import { endProcess, IP, type Namespace } from "./namespace.ts";
import { Transcript } from "./transcript.ts";
import { type Explain, until, within } from "./wait.ts";

export const EXECUTABLE = new URL("../../../dist/gateway-route-manager", import.meta.url).pathname;
export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Flags by name, without the dash; a list repeats the flag. */
export type Flags = Record<string, string | number | boolean | readonly string[]>;

export interface StartOptions {
  /** The environment, beside a PATH; nothing of the test's own gets through. */
  readonly env?: Record<string, string>;
  /** A command that runs the executable, such as `["setpriv", "..."]`. */
  readonly wrapper?: readonly string[];
  /** Where the executable lies that the wrapper runs, when that is another one. */
  readonly image?: string;
  /** A command of the executable, and its subject, that stand before the flags. */
  readonly command?: readonly string[];
  /** Where it runs: on the lab's first router unless told otherwise. */
  readonly router?: Namespace;
}

/** How a process ended, and everything it printed. */
export interface Ending {
  readonly status: number;
  readonly output: string;
  readonly complaint: string;
}

export class Daemon {
  /** Standard output: the log. */
  readonly log: Transcript;
  /** Standard error: usage errors and failures to start. */
  readonly complaints: Transcript;
  /** The flags that it was started with. */
  readonly flags: Flags;
  readonly #space: Namespace;
  readonly #metricsPort: number;
  readonly #image: string;
  readonly #explain: Explain;
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;

  constructor(space: Namespace, flags: Flags, options: StartOptions, explain: Explain) {
    if (!existsSync(EXECUTABLE)) throw new Error(`${EXECUTABLE} is missing: run scripts/build host first`);
    const line = [EXECUTABLE, ...(options.command ?? []), ...words(flags)];
    const command = [IP, "netns", "exec", space.name, ...(options.wrapper ?? []), ...line];
    this.flags = flags;
    this.#space = space;
    this.#metricsPort = Number(flags["metrics-port"] ?? 9090);
    this.#image = options.image ?? EXECUTABLE;
    this.#explain = explain;
    this.#child = Bun.spawn(command, {
      env: { PATH: SYSTEM_PATH, ...options.env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.log = new Transcript(this.#child.stdout, explain);
    this.complaints = new Transcript(this.#child.stderr, explain);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The end of the process. */
  async ended(): Promise<Ending> {
    const everything = Promise.all([this.#child.exited, this.log.text(), this.complaints.text()]);
    const [status, output, complaint] = await within("the executable to end", everything, this.#explain);
    return { status, output, complaint };
  }

  /** The executable's own process, also behind a wrapper. */
  get pid(): number {
    const pid = [this.#child.pid, ...descendants(this.#child.pid)].find((it) => imageOf(it) === this.#image);
    if (!pid) throw new Error("the executable doesn't run");
    return pid;
  }

  /** The processes it has started and that still run. */
  get children(): { pid: number; command: string }[] {
    return descendants(this.pid).map((pid) => ({
      pid,
      command: readOrEmpty(`/proc/${pid}/cmdline`).replaceAll("\0", " "),
    }));
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  /** Sends SIGTERM and waits for the end. */
  async stop(name: NodeJS.Signals = "SIGTERM"): Promise<Ending> {
    this.signal(name);
    return this.ended();
  }

  /** Ends it as the kernel would when memory runs out: nothing it holds is given back. */
  async kill(): Promise<void> {
    endProcess(this.pid);
    await this.#child.exited;
  }

  /** Waits until it has ended, however that comes about. */
  async gone(): Promise<void> {
    await within("the executable to end", this.#child.exited, this.#explain);
  }

  /** GET on its own HTTP server, from inside its namespace. */
  async get(path: string, address = "127.0.0.1", asking: Asking = {}): Promise<Answer> {
    return get(this.#space, address, this.#metricsPort, path, asking);
  }

  async metrics(): Promise<Metrics> {
    return new Metrics((await this.get("/metrics")).body);
  }

  /** Waits until the metrics are as wished for, and returns them. */
  async untilMetrics(what: string, accept: (metrics: Metrics) => boolean): Promise<Metrics> {
    return until(`metrics with ${what}`, () => this.metrics(), accept, this.#explain);
  }

  /** Waits until every gateway has been probed so many more times. */
  async untilRounds(more: number): Promise<void> {
    const rounds = (metrics: Metrics): number => metrics.value("check_cycles_total");
    const goal = rounds(await this.metrics()) + more;
    await this.untilMetrics(`${more} more rounds`, (it) => rounds(it) >= goal);
  }

  /** Waits until the first round of probes is over and the kernel holds what it should. */
  async untilReady(): Promise<void> {
    await until(
      "/readyz to say 200",
      async () => (await this.get("/readyz")).status,
      (it) => it === 200,
      this.#explain,
    );
  }
}

/** The command line of a set of flags, in Go's syntax. */
export function words(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    if (typeof value === "boolean") return [`-${name}=${value}`];
    if (typeof value === "object") return value.flatMap((item) => [`-${name}`, item]);
    return [`-${name}`, String(value)];
  });
}

function descendants(pid: number): number[] {
  const children = threadsOf(pid).flatMap((thread) =>
    readOrEmpty(`/proc/${pid}/task/${thread}/children`).trim().split(" ").filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function imageOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ""); // built anew meanwhile
  } catch {
    return "";
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
