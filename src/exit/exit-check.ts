import type { Family } from "../net/address.ts";
import { failed } from "../ddns/look-up-result.ts";
import { leakFault, type LeakFault } from "../pool/leak.ts";
import type { GatewayPath } from "../probe/probe.ts";
import type { EmitExit, ExitEvent, OwnExit } from "./events.ts";
import { Exits } from "./exits.ts";
import { GatewayQuestions, type Outcome } from "./gateway-questions.ts";
import { type ExitQuestions, OwnExitQuestion } from "./own-exit.ts";

export interface ExitCheckOptions extends ExitQuestions {
  /** That of all paths; IPv4 by default. */
  readonly family?: Family | undefined;
  /** Milliseconds in which every gateway, and the own exit, is asked for once. */
  readonly period: number;
  readonly emit: EmitExit;
  /** Called after each question through a gateway that is not unclear, and when it leaks or does not leak any more. */
  readonly onVerdict: (gateway: string, leak: LeakFault | undefined) => void;
}

const UNCLEAR =
  "it is that of this router itself, but packets are not led through the gateway now, or a second answer was another one";

/**
 * Asks with which address packets come out beyond each gateway, and which one this router has itself: a gateway whose
 * packets come out at the latter leads them past its tunnel. Questions are spread over the period; when a gateway is asked
 * besides, `GatewayQuestions` decides.
 */
export class ExitCheck {
  readonly #options: ExitCheckOptions;
  readonly #exits: Exits;
  readonly #own: OwnExitQuestion;
  readonly #questions: ReadonlyMap<string, GatewayQuestions>;
  readonly #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ExitCheckOptions) {
    const { paths, period } = options;
    this.#options = options;
    this.#exits = new Exits([...paths.keys()]);
    this.#own = new OwnExitQuestion(options, this.#abort.signal, (result) => this.#takeOwn(result));
    const questionsOf = (gateway: string, path: GatewayPath): GatewayQuestions =>
      new GatewayQuestions({
        ask: () => this.#ask(gateway, path),
        onVerdict: () => this.#judge(gateway),
        longestWait: period,
      });
    this.#questions = new Map([...paths].map(([gateway, path]) => [gateway, questionsOf(gateway, path)]));
  }

  /** Asks one after the other from now on, again and again. */
  start(): void {
    const all = [this.#own, ...this.#questions.values()];
    const wait = this.#options.period / all.length;
    const askAt = (turn: number): void => {
      void all[turn]!.ask();
      this.#timer = setTimeout(() => askAt((turn + 1) % all.length), wait);
    };
    askAt(0);
  }

  /**
   * Asks through a gateway now, unless that is under way, or was of no use a short time ago.
   *
   * @param isBack whether it was down until now: a question from before says nothing of the gateway as it has come back
   */
  check(gateway: string, isBack = false): void {
    this.#questions.get(gateway)!.request(isBack);
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const questions of this.#questions.values()) questions.stop();
    this.#abort.abort();
  }

  async #ask(gateway: string, path: GatewayPath): Promise<Outcome> {
    const { ask, emit } = this.#options;
    await this.#own.settle();
    const answer = await ask(path, this.#abort.signal);
    if (this.#isStopped) return "unclear";
    const isClear = answer.kind === "failure" || (await this.#takeExit(gateway, path, answer.address));
    if (this.#isStopped) return "unclear";
    const result = isClear ? answer : { ...failed("other", UNCLEAR), seconds: answer.seconds };
    emit({ type: "exit", gateway, result });
    if (!isClear) return "unclear";
    return answer.kind === "failure" || this.#own.isUnknown ? "believed" : "known";
  }

  /** Takes in an exit address; returns whether there is a verdict on it. */
  async #takeExit(gateway: string, path: GatewayPath, address: string): Promise<boolean> {
    const isNew = address !== this.#exits.exitOf(gateway);
    if (isNew) await this.#own.refresh(); // it may be a new one as well
    if (isNew && address === this.#exits.own && !(await this.#isConfirmed(gateway, path, address))) return false;
    this.#publish(this.#exits.setExit(gateway, address));
    return true;
  }

  /** Whether it is this gateway that leads packets there: its rule may have been missing for a moment. */
  async #isConfirmed(gateway: string, path: GatewayPath, address: string): Promise<boolean> {
    const { ask, isRouted } = this.#options;
    if (!(await isRouted(path, gateway))) return false;
    const again = await ask(path, this.#abort.signal);
    return (again.kind === "failure" || again.address === address) && isRouted(path, gateway);
  }

  #takeOwn(result: OwnExit): void {
    const { emit, family } = this.#options;
    emit({ type: "own-exit", ...(family === 6 && { family }), result });
    if (result.kind === "success") this.#publish(this.#exits.setOwn(result.address));
  }

  #publish(events: readonly ExitEvent[]): void {
    for (const event of events) {
      this.#options.emit(event);
      if (event.type === "gateway-leaks") this.#judge(event.gateway);
    }
  }

  #judge(gateway: string): void {
    const address = this.#exits.leakOf(gateway);
    this.#options.onVerdict(gateway, address === undefined ? undefined : leakFault(address));
  }

  get #isStopped(): boolean {
    return this.#abort.signal.aborted;
  }
}
