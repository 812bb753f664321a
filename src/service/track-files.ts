import type { Config } from "../config/model.ts";
import type { Log } from "../log/log.ts";
import { trackText } from "../status/track-text.ts";
import type { PoolUse } from "../status/usable.ts";
import { TrackFile } from "./track-file.ts";

/** A stop waits so long for files that cannot be written. */
const STOP_LIMIT_MS = 500;

type Tracked = Pick<Config, "service" | "pools">;

/** A file, and what it is about. */
interface Subject {
  readonly path: string;
  readonly pools: readonly PoolUse[];
}

interface Shown {
  readonly file: TrackFile;
  /** What it says after a stop. */
  readonly last: string;
}

/**
 * The track files of the service: one about all pools (-track-file), and those of pools that have their own. They say that
 * nothing is usable from the start on until the first round of probes is over, and from the beginning of a stop on: also
 * where the start fails once this instance is known to be the only one.
 */
export class TrackFiles {
  readonly #log: Log;
  #shown: ReadonlyMap<string, Shown> = new Map();
  #isOver = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Writes what has changed; resolves when the files say so, or cannot be written. One that the configuration no longer has
   * says that nothing is usable.
   */
  async show(config: Tracked, pools: readonly PoolUse[]): Promise<void> {
    if (this.#isOver) return;
    const { trackFileFormat: format } = config.service;
    const before = this.#shown;
    const writes = subjectsOf(config, pools).map((subject) => {
      const file = before.get(subject.path)?.file ?? new TrackFile(subject.path, this.#log);
      const last = trackText(subject.pools, format, "stopped");
      return { ...subject, file, last, text: trackText(subject.pools, format) };
    });
    this.#shown = new Map(writes.map(({ path, file, last }) => [path, { file, last }]));
    const left = [...before].filter(([path]) => !this.#shown.has(path)).map(([, shown]) => end(shown));
    await Promise.all([...writes.map(({ file, text }) => file.write(text)), ...left]);
  }

  /** Writes that nothing is usable any more, and nothing else from then on. */
  async stop(): Promise<void> {
    this.#isOver = true;
    const limit = new Promise((resolve) => void setTimeout(resolve, STOP_LIMIT_MS).unref());
    await Promise.race([Promise.all([...this.#shown.values()].map(end)), limit]);
  }
}

async function end({ file, last }: Shown): Promise<void> {
  await file.write(last);
  file.stop();
}

function subjectsOf({ service, pools: configured }: Tracked, pools: readonly PoolUse[]): Subject[] {
  const all = service.trackFile === undefined ? [] : [{ path: service.trackFile, pools }];
  const own = configured.flatMap(({ name, ownTrackFile: path }) => {
    return path === undefined ? [] : { path, pools: pools.filter((pool) => pool.name === name) };
  });
  return [...all, ...own];
}
