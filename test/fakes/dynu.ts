/**
 * A stand-in for Dynu with one zone: strict about requests, odd in its answers, and able to fail in every way in which
 * the real one might. It answers in memory or as a real server; its API is under `/v2`.
 */
import { type ApiAnswer, errorAnswer, page } from "./dynu-answers.ts";
import { type ApiRequest, type Call, callOf, DynuApi } from "./dynu-api.ts";
import { type Fault, FaultQueue } from "./dynu-faults.ts";
import type { Quirks } from "./dynu-quirks.ts";
import { listen, type Listening, type ListenOptions } from "./dynu-server.ts";
import { addressesOf, DynuZone, type FakeRecord, type Moment } from "./dynu-zone.ts";

export type { Call, Fault, FakeRecord, Moment };

export interface FakeDynuOptions {
  readonly domain?: string;
  /** What stands before the domain in the name; empty for the domain itself. */
  readonly node?: string;
  readonly key?: string;
  /** A and AAAA records that the account holds. */
  readonly quota?: number;
}

/** A request as it came in; `at` is performance.now(). */
export interface DynuRequest extends ApiRequest {
  readonly at: number;
  readonly call: Call | undefined;
  /** HTTP status, or what was done instead; undefined until then, and for good when the client left before. */
  answer: number | "cut" | "hang" | undefined;
}

interface Listener {
  readonly call: Call;
  readonly moment: "arrived" | "answered";
  readonly resolve: () => void;
}

export class FakeDynu {
  /** The name that is kept up to date. */
  readonly hostname: string;
  readonly key: string;
  readonly requests: DynuRequest[] = [];
  readonly #node: string;
  readonly #zone: DynuZone;
  readonly #api: DynuApi;
  readonly #faults = new FaultQueue();
  #listeners: Listener[] = [];
  #cutCode = "ECONNRESET";

  constructor({ domain = "example.net", node = "gw", key = "0a1B2c3D4e", quota = Infinity }: FakeDynuOptions = {}) {
    this.hostname = node === "" ? domain : `${node}.${domain}`;
    this.key = key;
    this.#node = node;
    this.#zone = new DynuZone(domain);
    this.#api = new DynuApi(this.#zone, key, quota);
  }

  get quota(): number {
    return this.#api.quota;
  }

  set quota(quota: number) {
    this.#api.quota = quota;
  }

  /** Set to let it do what no answer shows. */
  get quirks(): Quirks {
    return this.#api.quirks;
  }

  /** Every state the zone ever had, in order. The first one is that at the start. */
  get moments(): Moment[] {
    return this.#zone.moments;
  }

  /** What the name resolves to: now, or with the records of another moment. Sorted, each address once. */
  addresses(records: readonly FakeRecord[] = this.records(), type = "A"): string[] {
    return addressesOf(records, this.#node, type);
  }

  /** All records of the zone; those of type A or AAAA with an empty node stand for the domain's own address. */
  records(): FakeRecord[] {
    return this.#zone.records();
  }

  /** Adds a record, by default an A record of the name, or edits the one with this id, as if in the control panel. */
  put(fields: Partial<FakeRecord> & { content: string }): FakeRecord {
    const { id, ...content } = fields;
    if (id !== undefined) return this.#zone.change(id, content);
    const defaults = { nodeName: this.#node, recordType: "A", ttl: 60, state: true, group: "", location: "" };
    return this.#zone.add({ ...defaults, ...content });
  }

  /** Removes a record, as if in the control panel. */
  take(id: number): void {
    this.#zone.remove(id);
  }

  /** Lets the next calls of this kind fail, by default one. Faults queue up, the oldest that fits is used first. */
  fail(fault: Fault, { call, times = 1 }: { call?: Call; times?: number } = {}): void {
    this.#faults.add(fault, call, times);
  }

  /** Forgets all faults that are still to come. */
  heal(): void {
    this.#faults.clear();
  }

  /** In memory, what `fetch` does over a network. */
  readonly fetch: typeof globalThis.fetch = Object.assign(
    async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const request = input instanceof Request ? new Request(input, init) : new Request(input.toString(), init);
      const signal = init?.signal ?? request.signal;
      signal.throwIfAborted();
      const { host, pathname, search } = new URL(request.url);
      const headers = new Headers(request.headers);
      headers.set("host", host);
      const body = await request.text();
      const answer = await this.#serve({ method: request.method, path: `${pathname}${search}`, headers, body }, signal);
      if (answer === "cut") throw Object.assign(new TypeError("The socket was closed"), { code: this.#cutCode });
      return new Response(answer.body, { status: answer.status, headers: answer.headers });
    },
    { preconnect: () => {} },
  );

  /** Listens as a real server, which closes every connection after an answer. */
  listen(options: ListenOptions): Listening {
    return listen((request, gone) => this.#serve(request, gone), options);
  }

  /** The next request of this kind. A cut connection counts as answered, a request that hangs never does. */
  async next(call: Call, moment: "arrived" | "answered" = "answered"): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#listeners.push({ call, moment, resolve });
    return promise;
  }

  /** Rejects when the client goes before the answer does. */
  async #serve(request: ApiRequest, gone: AbortSignal): Promise<ApiAnswer | "cut"> {
    const entry: DynuRequest = { at: performance.now(), ...request, call: callOf(request), answer: undefined };
    this.requests.push(entry);
    this.#notify(entry.call, "arrived");
    const answer = await this.#answer(entry, gone);
    entry.answer = answer === "cut" ? "cut" : answer.status;
    this.#notify(entry.call, "answered");
    return answer;
  }

  async #answer(entry: DynuRequest, gone: AbortSignal): Promise<ApiAnswer | "cut"> {
    const fault = this.#faults.take(entry.call);
    switch (fault?.kind) {
      case undefined:
        return this.#api.handle(entry);
      case "slow": {
        const answer = this.#api.handle(entry);
        await pause(fault.ms, gone);
        return answer;
      }
      case "unconnected":
        this.#cutCode = fault.code;
        return "cut";
      case "cut":
        this.#cutCode = "ECONNRESET";
        if (fault.when === "after") this.#api.handle(entry);
        return "cut";
      case "hang":
        entry.answer = "hang";
        return pause(undefined, gone);
      case "body":
        return errorAnswer(fault);
      case "garbage":
        return { status: 200, headers: { "content-type": "application/json" }, body: fault.body };
      case "http":
        return httpAnswer(fault);
    }
  }

  #notify(call: Call | undefined, moment: Listener["moment"]): void {
    const heard = this.#listeners.filter((listener) => listener.call === call && listener.moment === moment);
    this.#listeners = this.#listeners.filter((listener) => !heard.includes(listener));
    for (const { resolve } of heard) resolve();
  }
}

/** By default an HTML page. */
function httpAnswer({ status, body, contentType, headers }: Extract<Fault, { kind: "http" }>): ApiAnswer {
  const standard = page(status, "Fake");
  const type = contentType === undefined ? {} : { "content-type": contentType };
  return { status, headers: { ...standard.headers, ...type, ...headers }, body: body ?? standard.body };
}

/** Waits so long, or for ever; rejects as soon as the signal aborts. */
async function pause(ms: undefined, signal: AbortSignal): Promise<never>;
async function pause(ms: number, signal: AbortSignal): Promise<void>;
async function pause(ms: number | undefined, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort);
  const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
  await promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  });
}
