/** The executable as a running service, in a namespace of the lab. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import {
  type Environment,
  assertBuilt,
  type Ending,
  EXECUTABLE,
  flagArguments,
  type Flags,
  SYSTEM_PATH,
} from "./executable.ts";
import { type Answer, get, type RequestOptions } from "./http.ts";
import { Metrics } from "./metrics.ts";
import { endProcess, IP, type Namespace } from "./namespace.ts";
import { Transcript } from "./transcript.ts";
import { type Explain, until, within } from "./wait.ts";

export interface StartOptions {
  /** The environment, in addition to a PATH; nothing of the test's own environment is passed on. */
  readonly env?: Environment;
  /** A command that runs the executable, such as `["setpriv", "..."]`. */
  readonly wrapper?: readonly string[];
  /** The path of the executable that the wrapper runs, where it is another one than EXECUTABLE. */
  readonly image?: string;
  /** The path of the executable to run; EXECUTABLE by default. */
  readonly executable?: string;
  /** A command of the executable and its arguments, placed before the flags. */
  readonly command?: readonly string[];
  /** Where it runs; default: the lab's first router. */
  readonly router?: Namespace;
}

export class Daemon {
  /** Standard output: the log. */
  readonly log: Transcript;
  /** Standard error: usage errors and failures to start. */
  readonly stderr: Transcript;
  /** The flags that it was started with. */
  readonly flags: Flags;
  readonly #space: Namespace;
  readonly #metricsPort: number;
  readonly #image: string;
  readonly #explain: Explain;
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;

  constructor(space: Namespace, flags: Flags, options: StartOptions, explain: Explain) {
    assertBuilt();
    this.flags = flags;
    const { executable = EXECUTABLE, image = executable } = options;
    const command = [executable, ...(options.command ?? []), ...flagArguments(flags)];
    this.#space = space;
    this.#metricsPort = Number(flags["metrics-port"] ?? 9090);
    this.#image = image;
    this.#explain = explain;
    this.#child = Bun.spawn([IP, "netns", "exec", space.name, ...(options.wrapper ?? []), ...command], {
      env: { PATH: SYSTEM_PATH, ...options.env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.log = new Transcript(this.#child.stdout, explain);
    this.stderr = new Transcript(this.#child.stderr, explain);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits for the end of the process and of its output. */
  async ended(): Promise<Ending> {
    const everything = Promise.all([this.#child.exited, this.log.text(), this.stderr.text()]);
    const [status, stdout, stderr] = await within("the executable to end", everything, this.#explain);
    return { status, stdout, stderr };
  }

  /** The process id of the executable itself, also behind a wrapper. */
  get pid(): number {
    const pid = [this.#child.pid, ...descendants(this.#child.pid)].find((it) => imageOf(it) === this.#image);
    if (!pid) throw new Error("the executable is not running");
    return pid;
  }

  /** The processes that it has started and that still run. */
  get children(): { pid: number; command: string }[] {
    return descendants(this.pid).map((pid) => ({
      pid,
      command: readOrEmpty(`/proc/${pid}/cmdline`).replaceAll("\0", " "),
    }));
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  /** Sends SIGTERM, or another signal, and waits for the end. */
  async stop(name: NodeJS.Signals = "SIGTERM"): Promise<Ending> {
    this.signal(name);
    return this.ended();
  }

  /** Ends it with SIGKILL, as the kernel does when memory runs out: its routes and rules stay in the kernel. */
  async kill(): Promise<void> {
    endProcess(this.pid);
    await this.#child.exited;
  }

  /** Waits for the end of the process, whatever ends it; its output may still be read. */
  async gone(): Promise<void> {
    await within("the executable to end", this.#child.exited, this.#explain);
  }

  /** Sends a request (GET by default) to its HTTP server, from inside its namespace. */
  async get(path: string, address = "127.0.0.1", options: RequestOptions = {}): Promise<Answer> {
    return get(this.#space, address, this.#metricsPort, path, options);
  }

  async metrics(): Promise<Metrics> {
    return new Metrics((await this.get("/metrics", undefined, this.#withPassword)).body);
  }

  /** Lets a request through where a flag sets a password. */
  get #withPassword(): RequestOptions {
    const password = this.flags["http-password"];
    return password === undefined ? {} : { headers: { Authorization: `Bearer ${password}` } };
  }

  /** Waits until the metrics satisfy a condition, and returns them. */
  async untilMetrics(what: string, accept: (metrics: Metrics) => boolean): Promise<Metrics> {
    return until(`metrics with ${what}`, () => this.metrics(), accept, this.#explain);
  }

  /** Waits until every gateway has been probed this many more times. */
  async untilRounds(more: number): Promise<void> {
    const rounds = (metrics: Metrics): number => metrics.value("check_cycles_total");
    const goal = rounds(await this.metrics()) + more;
    await this.untilMetrics(`${more} more rounds of probes`, (it) => rounds(it) >= goal);
  }

  /** Waits until /readyz answers 200: the first round of probes has ended and the kernel holds the wanted routes. */
  async untilReady(): Promise<void> {
    await until(
      "/readyz to answer 200",
      async () => (await this.get("/readyz", undefined, this.#withPassword)).status,
      (it) => it === 200,
      this.#explain,
    );
  }
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
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ""); // a build has replaced the file meanwhile
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
