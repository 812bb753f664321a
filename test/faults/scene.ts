/** The environment of one fault: a lab, the executable in it, and the checks that apply after every fault. */
import { expect } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Daemon, StartOptions } from "../e2e/lab/daemon.ts";
import type { Flags } from "../e2e/lab/executable.ts";
import type { Monitor } from "../e2e/lab/kernel.ts";
import { type Lab, TABLE } from "../e2e/lab/index.ts";

/** Timings with which a busy machine does not take a healthy gateway for a failed one. */
export const CALM: Flags = { "check-period": "1s", timeout: "1s", fall: 2, "fast-check-period": "100ms" };

/**
 * How much the process's memory may grow above that at rest, at its peak, in MiB. The most is that of 20,000 routes, which
 * differs from run to run by when the collector comes: 49 to 85.
 */
const MOST_GROWTH = 120;

/** The most warnings and errors that may be logged for one fault. */
const MOST_WARNINGS = 8;

const MIB = 1024; // in kB, the unit of /proc/PID/status

/** The state of a service at rest: sizes, marks in log and kernel events, and the kernel's rules and routes. */
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
  /** The numbers of the gateways that the route must have at the end. */
  healthy: readonly number[];
  /** The most warnings and errors that the log may have at the end. */
  mostWarnings = MOST_WARNINGS;
  /** Whether the test can read the log at the end. */
  hasLog = true;
  readonly #before: string;
  readonly #loggedOnce: RegExp[] = [];
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

  /** Starts the service that is subjected to the fault. */
  start(flags: Flags = {}, options: StartOptions = {}): Daemon {
    return this.follow(this.lab.start({ ...CALM, ...flags }, options));
  }

  /** Makes a process the one that is checked. */
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

  /** Waits until the service is at rest, and records its state. */
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

  /** Waits for a line of the log since the rest. At the end it must be the only one that matches. */
  async logsOnce(pattern: RegExp): Promise<void> {
    await this.daemon.log.next(pattern, this.#rest?.line);
    this.#loggedOnce.push(pattern);
  }

  /** How often the managed route has changed since the rest. */
  async routeChanges(): Promise<number> {
    return (await this.#monitor!.changesOf("default", TABLE, this.#rest!.event)).length;
  }

  /** Expects that no gateway went down and the route never changed since the rest; returns that as text. */
  async unchanged(): Promise<string> {
    expect(this.#linesLike(/ gateway \S+ down/)).toEqual([]);
    return this.routeUnchanged();
  }

  /** Expects that the route never changed since the rest, whether gateways went down or not; returns that as text. */
  async routeUnchanged(): Promise<string> {
    expect(await this.routeChanges()).toBe(0);
    return "the route never changed";
  }

  /** Expects this number of changes of the route since the rest; returns that as text. */
  async changes(times: number): Promise<string> {
    expect(await this.routeChanges()).toBe(times);
    return `${times} change${times === 1 ? "" : "s"} of the route`;
  }

  /** Sets the gateways that the route must have from now on, and waits until it has exactly these. */
  readonly untilHealthy = async (numbers: readonly number[]): Promise<void> => {
    this.healthy = numbers;
    await this.lab.untilRouted(numbers);
  };

  /** Runs an action and returns as text how long it took. */
  async timed(what: string, action: () => Promise<unknown>): Promise<string> {
    const start = performance.now();
    await action();
    return `${what} after ${((performance.now() - start) / 1000).toFixed(1)} s`;
  }

  /** Adds an action for the time when the lab is closed. */
  afterwards(action: () => void): void {
    this.lab.onClose(action);
  }

  /** Makes another process the one that is checked, in place of the one that has ended, and waits until it is at rest. */
  async succeed(daemon: Daemon): Promise<void> {
    this.follow(daemon);
    await this.rest();
  }

  /** The processor time that the process has used so far, in milliseconds. */
  get processorTime(): number {
    const fields = readFileSync(`/proc/${this.daemon.pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10; // user and system, in ticks of 1/100 s
  }

  /** How much the process's memory has grown above that at rest, at its peak, in MiB. */
  get memoryGrowth(): number {
    const growth = statusOf(this.daemon.pid, "VmHWM") - this.#rest!.memory;
    return Math.max(0, Math.round(growth / MIB));
  }

  /** The growth of memory as text. */
  get memoryText(): string {
    return `+${this.memoryGrowth} MiB of memory`;
  }

  /** Checks what holds after every fault. Returns the growth of memory at its peak, in MiB. */
  async conclude(): Promise<number> {
    const { lab, daemon } = this;
    expect(daemon.isRunning).toBe(true);
    await daemon.untilReady();
    await lab.untilRouted(this.healthy);
    if (String(this.healthy) === this.#rest!.healthy) {
      await lab.untilSnapshot(this.#rest!.kernel);
    }
    expect(await daemon.get("/healthz")).toMatchObject({ status: 200 });
    await this.#untilNothingIsOpen();
    const growth = this.memoryGrowth;
    expect(growth).toBeLessThan(MOST_GROWTH);
    if (this.hasLog) this.#checkLog();
    expect((await daemon.stop()).status).toBe(0);
    expect(await lab.snapshot()).toBe(this.#before);
    return growth;
  }

  async #untilNothingIsOpen(): Promise<void> {
    const { lab, daemon } = this;
    const { descriptors } = this.#rest!;
    await lab.until(
      "one child process, ip monitor",
      () => daemon.children.map(({ command }) => command),
      (commands) => commands.length === 1 && / monitor /.test(commands[0]!),
    );
    await lab.until(
      `no more descriptors than the ${descriptors} at rest and those of open probes`,
      () => descriptorsOf(daemon.pid),
      (count) => count <= descriptors + lab.gateways.length + 2,
    );
  }

  #checkLog(): void {
    expect(this.#linesLike(/level=(warn|error)/).length).toBeLessThanOrEqual(this.mostWarnings);
    expect(this.#linesLike(/unexpected error: /)).toEqual([]);
    for (const pattern of this.#loggedOnce) expect(this.#linesLike(pattern)).toHaveLength(1);
  }

  #linesLike(pattern: RegExp): string[] {
    return this.daemon.log.matching(pattern, this.#rest?.line).map(({ text }) => text);
  }
}

/** A value of /proc/PID/status, in kB. */
function statusOf(pid: number, field: string): number {
  return Number(new RegExp(`^${field}:\\s*(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
