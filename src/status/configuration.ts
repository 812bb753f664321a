import type { ReloadEvent } from "../events/reload.ts";
import type { Clock } from "../time/clock.ts";
import type { Status } from "./schema.ts";
import { Timestamp } from "./timestamp.ts";

type Configuration = NonNullable<Status["service"]["configuration"]>;

/** Problems that a status shows at most. */
const MOST_PROBLEMS = 20;

/** What has come of the configuration file. */
export class ConfigurationModel {
  readonly #file: string;
  readonly #loaded: Timestamp;
  readonly #failed: Timestamp;
  #problems: readonly string[] = [];

  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#loaded = new Timestamp(clock);
    this.#failed = new Timestamp(clock);
  }

  record({ problems }: ReloadEvent): void {
    this.#problems = problems.slice(0, MOST_PROBLEMS);
    (problems.length === 0 ? this.#loaded : this.#failed).set();
  }

  view(): Configuration {
    const problems = this.#problems;
    return {
      file: this.#file,
      loaded: this.#loaded.view(),
      rejected: problems.length === 0 ? null : { problems: [...problems], at: this.#failed.view() },
    };
  }
}
