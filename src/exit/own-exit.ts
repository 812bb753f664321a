import type { GatewayPath } from "../probe/probe.ts";
import type { AskExit } from "./ask.ts";
import type { OwnExit } from "./events.ts";

/** How the exits are asked for. */
export interface ExitQuestions {
  readonly paths: ReadonlyMap<string, GatewayPath>;
  /** The path past all gateways. */
  readonly bypass: GatewayPath;
  readonly ask: AskExit;
  /** Whether packets of a path are routed through this gateway now, or past all gateways where none is named. */
  readonly isRouted: (path: GatewayPath, gateway?: string) => Promise<boolean>;
}

const NO_EXIT: OwnExit = {
  kind: "failure",
  code: "no-exit",
  detail: "the main table leads to the internet through a gateway, or not at all",
};

/** Asks for this router's own public address. */
export async function askOwnExit({ bypass, isRouted, ask }: ExitQuestions, stop: AbortSignal): Promise<OwnExit> {
  if (!(await isRouted(bypass))) return NO_EXIT;
  const result = await ask(bypass, stop);
  return (await isRouted(bypass)) ? result : NO_EXIT;
}

/** How long an answer counts as fresh, in milliseconds. */
const FRESH_MS = 1000;

/** Asks for this router's own exit, one question at a time, and remembers how old the last answer is. */
export class OwnExitQuestion {
  readonly #questions: ExitQuestions;
  readonly #stop: AbortSignal;
  readonly #onAnswer: (result: OwnExit) => void;
  #running: Promise<void> | undefined;
  #endedAt = -Infinity;
  #isUnknown = true;

  /** @param onAnswer called after each question, unless `stop` has aborted */
  constructor(questions: ExitQuestions, stop: AbortSignal, onAnswer: (result: OwnExit) => void) {
    this.#questions = questions;
    this.#stop = stop;
    this.#onAnswer = onAnswer;
  }

  /** Whether there was no question yet, or the last one had no answer; a router without an exit is an answer. */
  get isUnknown(): boolean {
    return this.#isUnknown;
  }

  /** Asks, or waits for the question that is under way. */
  ask(): Promise<void> {
    this.#running ??= this.#read().finally(() => {
      this.#running = undefined;
      this.#endedAt = performance.now();
    });
    return this.#running;
  }

  /** Asks unless the last answer is fresh. */
  async refresh(): Promise<void> {
    if (performance.now() - this.#endedAt > FRESH_MS) await this.ask();
  }

  /** Waits for a question that is under way, and asks where the exit is unknown. */
  async settle(): Promise<void> {
    if (this.#running) await this.#running;
    else if (this.#isUnknown) await this.refresh();
  }

  async #read(): Promise<void> {
    const result = await askOwnExit(this.#questions, this.#stop);
    if (this.#stop.aborted) return;
    this.#isUnknown = result.kind === "failure" && result.code !== "no-exit";
    this.#onAnswer(result);
  }
}
