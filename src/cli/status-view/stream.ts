import { EventSourceParserStream } from "eventsource-parser/stream";

import { anotherVersion, explain, LONGEST_ANSWER, request, unreachable, type Where } from "./client.ts";
import { isLogEntry, isStatus } from "./validate.ts";
import type { News } from "./view.ts";

const RETRY_MS = 1000;

/** A service that is there gives a sign of life every ten seconds. */
const SILENCE_MS = 25_000;

/** Follows a running service until the signal aborts, through its restarts. Never throws. */
export async function* follow(where: Where, signal: AbortSignal): AsyncGenerator<News> {
  let lastSeen = "";
  while (!signal.aborted) {
    const silence = new AbortController();
    const dead = (): void => silence.abort(new Error(`silent for ${SILENCE_MS / 1000}s`));
    let timer = setTimeout(dead, SILENCE_MS);
    try {
      const either = AbortSignal.any([signal, silence.signal]);
      const response = await request(where, "/api/v1/events", either, { "last-event-id": lastSeen });
      if (!response.ok) throw new Refused(await explain(where, response));
      for await (const { event, data, id } of eventsOf(response, () => (timer = again(timer, dead)))) {
        lastSeen = id ?? lastSeen;
        if (event !== "status" && event !== "event") continue;
        const told: unknown = JSON.parse(data);
        if (event === "status" && isStatus(told)) yield { kind: "status", status: told };
        else if (event === "event" && isLogEntry(told)) yield { kind: "entry", entry: told };
        else throw new Refused(anotherVersion(where));
      }
      throw new Error("it ended the connection");
    } catch (error) {
      if (signal.aborted) return;
      yield { kind: "lost", why: error instanceof Refused ? error.message : unreachable(where, error as Error) };
    } finally {
      clearTimeout(timer);
    }
    await pause(RETRY_MS, signal);
  }
}

/** An answer that says no; its message explains it. */
class Refused extends Error {}

/** The events of an answer; `onSign` is called with every sign of life, also those that are no event. */
function eventsOf({ body }: Response, onSign: () => void) {
  const decoder = new TextDecoder();
  const text = new TransformStream<Uint8Array, string>({
    transform(chunk, controller) {
      onSign();
      controller.enqueue(decoder.decode(chunk, { stream: true }));
    },
  });
  return body!.pipeThrough(text).pipeThrough(new EventSourceParserStream({ maxBufferSize: LONGEST_ANSWER }));
}

function again(timer: ReturnType<typeof setTimeout>, action: () => void): ReturnType<typeof setTimeout> {
  clearTimeout(timer);
  return setTimeout(action, SILENCE_MS);
}

/** Waits so many milliseconds, or until the signal aborts. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve(); // which nobody would be told of any more
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  return promise;
}
