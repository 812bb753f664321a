import { failed, type LookUpResult } from "../ddns/look-up-result.ts";
import { leakFault, type LeakFault } from "../pool/leak.ts";
import type { GatewayPath } from "../probe/probe.ts";
import { exponential } from "../time/backoff.ts";
import type { AskExit } from "./ask.ts";
import type { EmitExit, ExitEvent, OwnExit } from "./events.ts";
import { Exits } from "./exits.ts";

/** How the exits are asked for. */
export interface ExitQuestions {
  readonly paths: ReadonlyMap<string, GatewayPath>;
  /** The path past all gateways. */
  readonly bypass: GatewayPath;
  readonly ask: AskExit;
  /** Whether packets of a path are routed through this gateway now, or past all gateways where none is named. */
  readonly leadsRight: (path: GatewayPath, gateway?: string) => Promise<boolean>;
}

export interface ExitCheckOptions extends ExitQuestions {
  /** Milliseconds in which every gateway, and the own exit, is asked for once. */
  readonly period: number;
  readonly emit: EmitExit;
  /** Called after each question through a gateway, and when it leaks or does not leak any more. */
  readonly onVerdict: (gateway: string, leak: LeakFault | undefined) => void;
}

/** How long the own address counts as fresh when a gateway turns out to have another exit address, in milliseconds. */
const FRESH_MS = 1000;

/** Shortest wait before a gateway is asked again whose rule was missing, in milliseconds. */
const RETRY_MS = 500;

const UNCLEAR =
  "it is that of this router itself, but packets are not led through the gateway now, or a second answer was another one";

/**
 * Waits before a gateway that has come up is asked again after questions without an answer, in milliseconds: it is believed
 * then, and its use may be what lets the answers in (rp_filter).
 */
const REPEATS_MS: readonly number[] = [500, 1000, 2000, 4000];

/**
 * Asks with which address packets come out beyond each gateway, and which one this router has itself: a gateway whose
 * packets come out at the latter leads them past its tunnel. Questions are spread over the period.
 */
export class ExitCheck {
  readonly #options: ExitCheckOptions;
  readonly #exits: Exits;
  readonly #abort = new AbortController();
  readonly #asking = new Set<string>();
  /** Gateways whose question that is under way comes from before they were down. */
  readonly #outdated = new Set<string>();
  /** How often in a row there was no verdict on a gateway, and those that wait to be asked again for that. */
  readonly #unclear = new Map<string, number>();
  readonly #waiting = new Set<string>();
  #own: Promise<void> | undefined;
  #ownAskedAt = -Infinity;
  /** Whether the last question for the own exit had no answer. */
  #isOwnUnknown = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ExitCheckOptions) {
    this.#options = options;
    this.#exits = new Exits([...options.paths.keys()]);
  }

  /** Asks one after the other from now on, again and again. */
  start(): void {
    const { paths, period } = this.#options;
    const questions = [() => this.#askOwn(), ...[...paths.keys()].map((gateway) => () => this.#check(gateway))];
    const wait = period / questions.length;
    const ask = (turn: number): void => {
      void questions[turn]!();
      this.#timer = setTimeout(() => ask((turn + 1) % questions.length), wait);
    };
    ask(0);
  }

  /**
   * Asks through a gateway now, unless that is under way, or was of no use a short time ago.
   *
   * @param isBack whether it was down until now: a question from before says nothing of the gateway as it has come back
   */
  check(gateway: string, isBack = false): void {
    if (this.#isStopped) return;
    if (isBack && this.#asking.has(gateway)) this.#outdated.add(gateway);
    if (isBack || !this.#waiting.has(gateway)) void this.#check(gateway, REPEATS_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  async #check(gateway: string, repeats: readonly number[] = []): Promise<void> {
    if (this.#asking.has(gateway)) return;
    this.#asking.add(gateway);
    const needsOwn = this.#isOwnUnknown ? !this.#isOwnFresh : this.#ownAskedAt === -Infinity;
    await (this.#own ?? (needsOwn ? this.#askOwn() : undefined));
    const answer = await this.#ask(gateway);
    if (this.#isStopped) return;
    const isClear = answer.kind === "failure" || (await this.#found(gateway, answer.address));
    this.#asking.delete(gateway);
    if (this.#isStopped) return;
    const result = isClear ? answer : { ...failed("other", UNCLEAR), seconds: answer.seconds };
    this.#options.emit({ type: "exit", gateway, result });
    if (isClear) this.#unclear.delete(gateway);
    if (this.#outdated.delete(gateway)) return void this.#check(gateway, REPEATS_MS);
    if (!isClear) return this.#repeat(gateway);
    this.#options.onVerdict(gateway, this.#leakOf(gateway));
    if (answer.kind === "failure" || this.#isOwnUnknown) this.#doubt(gateway, repeats);
  }

  /** Asks once more soon, where the gateway is believed for want of an answer. */
  #doubt(gateway: string, [wait, ...later]: readonly number[]): void {
    if (wait === undefined) return;
    setTimeout(() => {
      if (!this.#isStopped) void this.#check(gateway, later);
    }, wait);
  }

  /** Asks once more later, each time in a row after a longer wait: a rule of another program may be there to stay. */
  #repeat(gateway: string): void {
    const times = (this.#unclear.get(gateway) ?? 0) + 1;
    this.#unclear.set(gateway, times);
    this.#waiting.add(gateway);
    const ask = (): void => {
      this.#waiting.delete(gateway);
      this.check(gateway);
    };
    setTimeout(ask, exponential(times, RETRY_MS, this.#options.period));
  }

  #ask(gateway: string): Promise<LookUpResult> {
    return this.#options.ask(this.#options.paths.get(gateway)!, this.#abort.signal);
  }

  /** Takes in an exit address; returns whether there is a verdict on it. */
  async #found(gateway: string, address: string): Promise<boolean> {
    const isNew = address !== this.#exits.exitOf(gateway);
    if (isNew && !this.#isOwnFresh) await this.#askOwn(); // it may be a new one as well
    if (isNew && address === this.#exits.own && !(await this.#isConfirmed(gateway, address))) return false;
    this.#publish(this.#exits.setExit(gateway, address));
    return true;
  }

  /** Whether it is this gateway that leads packets there: its rule may have been missing for a moment. */
  async #isConfirmed(gateway: string, address: string): Promise<boolean> {
    const { leadsRight, paths } = this.#options;
    const path = paths.get(gateway)!;
    if (!(await leadsRight(path, gateway))) return false;
    const again = await this.#ask(gateway);
    return (again.kind === "failure" || again.address === address) && leadsRight(path, gateway);
  }

  #askOwn(): Promise<void> {
    this.#own ??= this.#readOwn().finally(() => {
      this.#own = undefined;
      this.#ownAskedAt = performance.now();
    });
    return this.#own;
  }

  async #readOwn(): Promise<void> {
    const result = await askOwnExit(this.#options, this.#abort.signal);
    if (this.#isStopped) return;
    this.#isOwnUnknown = result.kind === "failure" && result.code !== "no-exit";
    this.#options.emit({ type: "own-exit", result });
    if (result.kind === "success") this.#publish(this.#exits.setOwn(result.address));
  }

  #publish(events: readonly ExitEvent[]): void {
    for (const event of events) {
      this.#options.emit(event);
      if (event.type === "gateway-leaks") this.#options.onVerdict(event.gateway, this.#leakOf(event.gateway));
    }
  }

  #leakOf(gateway: string): LeakFault | undefined {
    const address = this.#exits.leakOf(gateway);
    return address === undefined ? undefined : leakFault(address);
  }

  get #isOwnFresh(): boolean {
    return performance.now() - this.#ownAskedAt <= FRESH_MS;
  }

  get #isStopped(): boolean {
    return this.#abort.signal.aborted;
  }
}

/** Asks for this router's own public address. */
export async function askOwnExit({ bypass, leadsRight, ask }: ExitQuestions, stop: AbortSignal): Promise<OwnExit> {
  if (!(await leadsRight(bypass))) return NO_EXIT;
  const result = await ask(bypass, stop);
  return (await leadsRight(bypass)) ? result : NO_EXIT;
}

const NO_EXIT: OwnExit = {
  kind: "failure",
  code: "no-exit",
  detail: "the main table leads to the internet through a gateway, or not at all",
};
