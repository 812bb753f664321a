/** The stage of one fault: a lab, the executable in it, and what must hold in the end whatever was done. */
import { expect } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Daemon, Flags, StartOptions } from "../e2e/lab/daemon.ts";
import type { Monitor } from "../e2e/lab/kernel.ts";
import { type Lab, TABLE } from "../e2e/lab/index.ts";

/** Calm enough that a busy machine makes no healthy gateway look dead. */
export const CALM: Flags = { "check-period": "1s", timeout: "1s", fall: 2, "fast-check-period": "100ms" };

/** How much more memory than at rest the process may ever have taken, in MiB. */
const MOST_MEMORY = 80;

/** Warnings and errors that one fault may bring. */
const MOST_COMPLAINTS = 8;

const MIB = 1024; // in kB, as the kernel counts

/** What is remembered of a service at rest. */
interface Rest {
  readonly memory: number;
  readonly descriptors: number;
  readonly line: number;
  readonly event: number;
  readonly healthy: string;
  readonly kernel: string;
}

export class Scene {
  readonly lab: Lab;
  /** Numbers of the gateways that the route should be over in the end. */
  healthy: readonly number[];
  /** Warnings and errors that the log may have in the end. */
  mostComplaints = MOST_COMPLAINTS;
  /** Whether the log can be read in the end. */
  hasLog = true;
  readonly #before: string;
  readonly #told: RegExp[] = [];
  #daemon: Daemon | undefined;
  #monitor: Monitor | undefined;
  #rest: Rest | undefined;

  static async open(lab: Lab): Promise<Scene> {
    return new Scene(lab, await lab.snapshot());
  }

  private constructor(lab: Lab, before: string) {
    this.lab = lab;
    this.healthy = lab.gateways.map((_, index) => index + 1);
    this.#before = before;
  }

  get daemon(): Daemon {
    if (!this.#daemon) throw new Error("the service has not been started");
    return this.#daemon;
  }

  /** Starts the service that the fault is about. */
  start(flags: Flags = {}, options: StartOptions = {}): Daemon {
    return this.follow(this.lab.start({ ...CALM, ...flags }, options));
  }

  /** Makes another process the one that the fault is about. */
  follow(daemon: Daemon): Daemon {
    this.#daemon = daemon;
    this.#rest = undefined;
    return daemon;
  }

  /** Starts the service and waits until it is at rest. */
  async settle(flags: Flags = {}, options: StartOptions = {}): Promise<Daemon> {
    const daemon = this.start(flags, options);
    await this.rest();
    return daemon;
  }

  /** Waits until the service is at rest, and remembers how that is. */
  async rest(): Promise<void> {
    await this.daemon.untilReady();
    await this.lab.untilRouted(this.healthy);
    this.#monitor ??= await this.lab.monitor();
    const { pid, log } = this.daemon;
    const memory = statusOf(pid, "VmRSS");
    writeFileSync(`/proc/${pid}/clear_refs`, "5"); // the peak is counted from here
    const marks = { line: log.mark(), event: this.#monitor.events.mark() };
    const kernel = await this.lab.snapshot();
    this.#rest = { memory, descriptors: descriptorsOf(pid), ...marks, healthy: String(this.healthy), kernel };
  }

  /** Waits for a line of the log since the rest. In the end it must be the only one like it. */
  async tells(pattern: RegExp): Promise<void> {
    await this.daemon.log.next(pattern, this.#rest?.line);
    this.#told.push(pattern);
  }

  /** How often the managed route has changed since the rest. */
  get routeChanges(): number {
    return this.#monitor!.changesOf("default", TABLE, this.#rest!.event).length;
  }

  /** Expects that the route never changed since the rest; says so. */
  calm(): string {
    expect(this.#linesLike(/ gateway \S+ down/)).toEqual([]);
    return this.calmRoute();
  }

  /** Expects that the route never changed since the rest, whatever the gateways do; says so. */
  calmRoute(): string {
    expect(this.routeChanges).toBe(0);
    return "the route never changed";
  }

  /** Expects that the route has changed so often since the rest; says so. */
  changes(times: number): string {
    expect(this.routeChanges).toBe(times);
    return `${times} change${times === 1 ? "" : "s"} of the route`;
  }

  /** From now on these gateways, and no others, should carry the route; waits until they do. */
  readonly untilHealthy = async (numbers: readonly number[]): Promise<void> => {
    this.healthy = numbers;
    await this.lab.untilRouted(numbers);
  };

  /** Does something and says how long that took. */
  async timed(what: string, action: () => Promise<unknown>): Promise<string> {
    const start = performance.now();
    await action();
    return `${what} after ${((performance.now() - start) / 1000).toFixed(1)} s`;
  }

  /** Has something done when all is over. */
  afterwards(action: () => void): void {
    this.lab.onClose(action);
  }

  /** Another process takes the place of the one that has ended. */
  async succeed(daemon: Daemon): Promise<void> {
    this.follow(daemon);
    await this.rest();
  }

  /** The processor time that the process has taken so far, in milliseconds. */
  get processorTime(): number {
    const fields = readFileSync(`/proc/${this.daemon.pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10; // user and system, in ticks of 1/100 s
  }

  /** How much more memory than at rest the process has ever taken since, in MiB. */
  get memoryGrowth(): number {
    const growth = statusOf(this.daemon.pid, "VmHWM") - this.#rest!.memory;
    return Math.max(0, Math.round(growth / MIB));
  }

  /** What holds after every fault. Returns the growth of memory at its peak, in MiB. */
  async conclude(): Promise<number> {
    const { lab, daemon } = this;
    expect(daemon.isRunning).toBe(true);
    await daemon.untilReady();
    await lab.untilRouted(this.healthy);
    if (String(this.healthy) === this.#rest!.healthy) {
      await lab.until(
        "the kernel as it was at rest",
        () => lab.snapshot(),
        (kernel) => kernel === this.#rest!.kernel,
      );
    }
    expect(await daemon.get("/healthz")).toMatchObject({ status: 200 });
    await this.#leavesNothingOpen();
    const growth = this.memoryGrowth;
    expect(growth).toBeLessThan(MOST_MEMORY);
    if (this.hasLog) this.#complainsLittle();
    expect((await daemon.stop()).status).toBe(0);
    expect(await lab.snapshot()).toBe(this.#before);
    return growth;
  }

  async #leavesNothingOpen(): Promise<void> {
    const { lab, daemon } = this;
    const { descriptors } = this.#rest!;
    await lab.until(
      "one child, which watches the kernel",
      () => daemon.children.map(({ command }) => command),
      (commands) => commands.length === 1 && / monitor /.test(commands[0]!),
    );
    await lab.until(
      `no more descriptors than the ${descriptors} at rest, but for a probe or two`,
      () => descriptorsOf(daemon.pid),
      (count) => count <= descriptors + lab.gateways.length + 2,
    );
  }

  #complainsLittle(): void {
    expect(this.#linesLike(/level=(warn|error)/).length).toBeLessThanOrEqual(this.mostComplaints);
    expect(this.#linesLike(/unexpected error: /)).toEqual([]);
    for (const pattern of this.#told) expect(this.#linesLike(pattern)).toHaveLength(1);
  }

  #linesLike(pattern: RegExp): string[] {
    return this.daemon.log.matching(pattern, this.#rest?.line).map(({ text }) => text);
  }
}

/** A size of /proc/PID/status, in kB. */
function statusOf(pid: number, field: string): number {
  return Number(new RegExp(`^${field}:\\s*(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
