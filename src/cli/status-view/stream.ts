import { EventSourceParserStream } from "eventsource-parser/stream";

import {
  explainFailure,
  explainOtherVersion,
  explainResponse,
  MAX_RESPONSE_BYTES,
  request,
  type ServiceAddress,
} from "./client.ts";
import { parseJson } from "../../text/json.ts";
import { isLogEntry, isStatus, isStopped } from "./validate.ts";
import type { StatusEvent } from "./view.ts";

const RETRY_MS = 1000;

/** A running service sends something at least every ten seconds. */
const SILENCE_MS = 25_000;

/** Yields the events of a running service, across its restarts, until the signal aborts. Never throws. */
export async function* streamStatus(address: ServiceAddress, signal: AbortSignal): AsyncGenerator<StatusEvent> {
  let lastSeen = "";
  while (!signal.aborted) {
    const silence = new AbortController();
    const onSilence = (): void => silence.abort(new Error(`silent for ${SILENCE_MS / 1000}s`));
    let timer = setTimeout(onSilence, SILENCE_MS);
    try {
      const either = AbortSignal.any([signal, silence.signal]);
      const response = await request(address, "/api/v1/events", either, { "last-event-id": lastSeen });
      if (!response.ok) throw new UnusableResponse(await explainResponse(address, response));
      for await (const { event, data, id } of eventsOf(response, () => (timer = restart(timer, onSilence)))) {
        lastSeen = id ?? lastSeen;
        if (event !== "status" && event !== "event" && event !== "stopped") continue;
        const value = parseJson(data);
        if (event === "status" && isStatus(value)) yield { kind: "status", status: value };
        else if (event === "event" && isLogEntry(value)) yield { kind: "entry", entry: value };
        else if (event === "stopped" && isStopped(value)) yield { kind: "stopped", stopped: value };
        else throw new UnusableResponse(explainOtherVersion(address));
      }
      throw new Error("the service closed the connection");
    } catch (error) {
      if (signal.aborted) return;
      const isExplained = error instanceof UnusableResponse;
      yield { kind: "lost", why: isExplained ? error.message : explainFailure(address, error as Error) };
    } finally {
      clearTimeout(timer);
    }
    await pause(RETRY_MS, signal);
  }
}

/** A response that is not a stream of this version; its message is the explanation. */
class UnusableResponse extends Error {}

/** The events of a response; `onData` is called for all data, including data that is not an event. */
function eventsOf({ body }: Response, onData: () => void) {
  const decoder = new TextDecoder();
  const text = new TransformStream<Uint8Array, string>({
    transform(chunk, controller) {
      onData();
      controller.enqueue(decoder.decode(chunk, { stream: true }));
    },
  });
  return body!.pipeThrough(text).pipeThrough(new EventSourceParserStream({ maxBufferSize: MAX_RESPONSE_BYTES }));
}

function restart(timer: ReturnType<typeof setTimeout>, action: () => void): ReturnType<typeof setTimeout> {
  clearTimeout(timer);
  return setTimeout(action, SILENCE_MS);
}

/** Waits so many milliseconds, or until the signal aborts. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve(); // an aborted signal has no further event
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  return promise;
}
