import { readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";

import type { Log } from "../log/log.ts";
import { replaceFile } from "./replace-file.ts";

/**
 * The seed of the hash that spreads flows over nexthops, of both families (fib_multipath_hash_seed in ip-sysctl, since Linux
 * 6.11). It belongs to the network namespace. With 0 it is another one after each boot.
 */
const HASH_SEED = "net.ipv4.fib_multipath_hash_seed";

const SETTING = "/proc/sys/net/ipv4/fib_multipath_hash_seed";

/** What was there before, and what was set: a run may be killed between the record of a seed and the seed itself. */
interface SeedRecord {
  readonly former: number;
  /** The last seed, and the one before it where that was set by a run as well. */
  readonly set: readonly number[];
}

/** Sets the hash seed for the time that the service runs. A file remembers the former one, so that a kill loses nothing. */
export class HashSeed {
  readonly #file: string;
  readonly #log: Log;
  readonly #setting: string;
  #record: SeedRecord | undefined;

  /**
   * @param file what remembers the former seed
   * @param setting the file of the kernel
   */
  constructor(file: string, log: Log, setting = SETTING) {
    this.#file = file;
    this.#log = log;
    this.#setting = setting;
  }

  /**
   * Makes this the seed. Without one, the former seed returns, unless it was changed since by others.
   *
   * Trouble is logged: the routes work with any seed.
   */
  async use(wanted: number | undefined): Promise<void> {
    const record = this.#record ?? readRecord(this.#file);
    if (wanted === undefined && record === undefined) return;
    try {
      const present = this.#read();
      const former = record?.set.includes(present) ? record.former : present;
      if (wanted === undefined) await this.#restore(former, present);
      else if (present !== wanted || record !== undefined) await this.#set(wanted, former, present);
    } catch (error) {
      this.#complain(wanted, error as NodeJS.ErrnoException);
    }
  }

  async #set(wanted: number, former: number, present: number): Promise<void> {
    this.#record = { former, set: present === former ? [wanted] : [wanted, present] };
    await replaceFile(this.#file, `${JSON.stringify(this.#record)}\n`).catch((error: Error) =>
      this.#log("warn", `the former seed ${former} is restored by a stop, but not after a kill: ${error.message}`),
    );
    writeFileSync(this.#setting, String(wanted));
  }

  async #restore(former: number, present: number): Promise<void> {
    if (present !== former) writeFileSync(this.#setting, String(former));
    this.#record = undefined;
    await rm(this.#file, { force: true });
  }

  #read(): number {
    return Number(readFileSync(this.#setting, "utf8"));
  }

  #complain(wanted: number | undefined, { code, message }: NodeJS.ErrnoException): void {
    const what = wanted === undefined ? "restore" : "set";
    const remedy =
      code === "ENOENT"
        ? "Linux 6.11 or newer has it; remove -hash-seed"
        : `set it from outside: sysctl -w ${HASH_SEED}=${wanted ?? 0}, for a container with --sysctl`;
    this.#log("warn", `cannot ${what} ${HASH_SEED}: ${message}; ${remedy}`);
  }
}

/** A damaged record counts as none: the present seed is then the former one. */
function readRecord(file: string): SeedRecord | undefined {
  try {
    const { former, set } = JSON.parse(readFileSync(file, "utf8")) as Partial<SeedRecord>;
    const isWhole = Number.isInteger(former) && Array.isArray(set) && set.every(Number.isInteger);
    return isWhole ? { former: former!, set: set! } : undefined;
  } catch {
    return undefined;
  }
}
