import { exponential } from "../time/backoff.ts";

/**
 * What a question for the exit of a gateway came to.
 *
 * - `known`: its answer shows whether the gateway leaks
 * - `believed`: there was no answer, or the own exit is unknown, so nothing shows a leak
 * - `unclear`: its answer shows a leak that may not be the gateway's: no verdict
 */
export type Outcome = "known" | "believed" | "unclear";

export interface GatewayQuestionsOptions {
  /** Asks once. Never rejects. */
  readonly ask: () => Promise<Outcome>;
  /** Called after each question that is known or believed and was not outdated. */
  readonly onVerdict: () => void;
  /** Longest wait before an unclear question is repeated, in milliseconds. */
  readonly longestWait: number;
}

/** Shortest wait before an unclear question is repeated, in milliseconds. */
const SHORTEST_WAIT_MS = 500;

/**
 * Waits before a gateway that has come up is asked again while it is only believed, in milliseconds: its use may be what
 * lets the answers in (rp_filter).
 */
const REPEATS_MS: readonly number[] = [500, 1000, 2000, 4000];

/** When one gateway is asked: one question at a time, and again soon after one that has not shown enough. */
export class GatewayQuestions {
  readonly #options: GatewayQuestionsOptions;
  #isAsking = false;
  /** Whether the question that is under way comes from before the gateway was down. */
  #isOutdated = false;
  /** Unclear questions in a row. */
  #unclearInRow = 0;
  /** Whether the next repeat is that of an unclear question. */
  #isUnclear = false;
  /** The waits that are left while the gateway is only believed. */
  #repeats: readonly number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(options: GatewayQuestionsOptions) {
    this.#options = options;
  }

  /**
   * Asks since the gateway needs a verdict to come up. While an unclear question waits to be repeated, only a gateway that
   * was down is asked at once.
   *
   * @param isBack whether it was down until now: a question from before says nothing of the gateway as it has come back
   */
  request(isBack: boolean): void {
    if (!isBack && this.#isUnclear) return;
    if (isBack && this.#isAsking) this.#isOutdated = true;
    this.#repeats = REPEATS_MS;
    void this.ask();
  }

  /** Asks now, unless a question is under way. */
  async ask(): Promise<void> {
    if (this.#isAsking || this.#isStopped) return;
    this.#isAsking = true;
    const outcome = await this.#options.ask();
    this.#isAsking = false;
    if (this.#isStopped) return;
    if (outcome !== "unclear") this.#unclearInRow = 0;
    if (this.#isOutdated) {
      this.#isOutdated = false;
      return void this.ask();
    }
    if (outcome !== "unclear") this.#options.onVerdict();
    this.#repeatAfter(outcome);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** An unclear question is repeated after longer and longer waits: what makes it unclear may be there to stay. */
  #repeatAfter(outcome: Outcome): void {
    if (outcome === "unclear") {
      this.#unclearInRow += 1;
      this.#repeats = REPEATS_MS;
      this.#repeatIn(exponential(this.#unclearInRow, SHORTEST_WAIT_MS, this.#options.longestWait));
      this.#isUnclear = true;
    } else if (outcome === "believed") {
      const [wait, ...later] = this.#repeats;
      this.#repeats = later;
      if (wait !== undefined) this.#repeatIn(wait);
    } else {
      this.#repeats = [];
      this.#cancelRepeat();
    }
  }

  #repeatIn(wait: number): void {
    this.#cancelRepeat();
    this.#timer = setTimeout(() => {
      this.#isUnclear = false;
      void this.ask();
    }, wait);
  }

  #cancelRepeat(): void {
    this.#isUnclear = false;
    clearTimeout(this.#timer);
  }
}
