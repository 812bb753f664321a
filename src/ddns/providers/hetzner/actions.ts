import { excerpt } from "../../../text/redact.ts";
import type { ApiRequest } from "../json-api.ts";
import { isDone } from "../http-api.ts";
import { ProviderError, type Sleep } from "../provider.ts";
import { type Action, readAction } from "./answers.ts";
import { isMissing, requestError } from "./errors.ts";

/**
 * The pauses before an action is asked for again, in milliseconds. Together they fit into the time of one call; an action
 * that takes longer, such as 20 s (qdm12/ddns-updater, hetznercloud/waitaction.go), is awaited by the next call as well.
 */
const PAUSES_MS = [500, 1000, 1500, 2000, 2000, 2000, 2000];

/** Awaits changes: Hetzner accepts one, and carries it out later. */
export class Actions {
  readonly #request: ApiRequest;
  readonly #secrets: readonly string[];
  readonly #sleep: Sleep;
  /** The change that is under way. */
  #running: number | undefined;

  constructor(request: ApiRequest, secrets: readonly string[], sleep: Sleep) {
    this.#request = request;
    this.#secrets = secrets;
    this.#sleep = sleep;
  }

  /** A change was accepted with this answer. */
  begin(body: string): void {
    this.#note(readAction(body));
  }

  /** Waits for the change that is under way, if there is one; false where it takes longer than a call may. */
  async settle(signal: AbortSignal): Promise<boolean> {
    for (const pause of PAUSES_MS) {
      if (this.#running === undefined) return true;
      await this.#sleep(pause, signal).catch(() => {
        throw underWay();
      });
      await this.#ask(this.#running, signal);
    }
    return this.#running === undefined;
  }

  /** The same for a call that is no use before. */
  async settled(signal: AbortSignal): Promise<void> {
    if (!(await this.settle(signal))) throw underWay();
  }

  async #ask(id: number, signal: AbortSignal): Promise<void> {
    const answer = await this.#request("GET", `/zones/actions/${id}`, signal);
    if (isMissing(answer))
      this.#running = undefined; // what it has done shows in the records
    else if (isDone(answer)) this.#note(readAction(answer.body));
    else throw requestError("read", "follow the change", answer, this.#secrets);
  }

  #note({ id, status, words }: Action): void {
    this.#running = status === "running" ? id : undefined;
    if (status !== "error") return;
    throw new ProviderError("passing", `Hetzner accepted a change and failed at it: ${excerpt(words, this.#secrets)}`);
  }
}

function underWay(): ProviderError {
  return new ProviderError("passing", "a change that Hetzner has accepted is still under way");
}
