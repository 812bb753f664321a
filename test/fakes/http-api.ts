import { FAMILIES, formatAddress, isAddress, parseAddress } from "../../src/net/address.ts";

/** What happens to the next request with a method: the answer in its place, or none. */
export type HttpFault =
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  /** The connection ends before or after the request is carried out. */
  | { readonly cut: "before" | "after" };

/** One request, and its answer. */
export interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: Headers;
  readonly status: number;
  /** The body of the answer. */
  readonly answer: string;
}

/** A request on its way to a fake. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  /** Below the base URL. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** An HTTP API in memory: it notes every request, and fails when it should. */
export abstract class FakeHttpApi {
  readonly calls: HttpCall[] = [];
  /** How many more requests are answered before all are too many; each has to wait this many seconds then. */
  allowance = Infinity;
  /** Called after every request. */
  onRequest: (() => void) | undefined;
  #base: URL;
  readonly #faults: { readonly method: string; readonly fault: HttpFault }[] = [];

  constructor(base: string) {
    this.#base = new URL(base);
  }

  /** Lets the next request about records with this method fail. */
  fail(method: string, fault: HttpFault): void {
    this.#faults.push({ method, fault });
  }

  /** Lets no more requests fail. */
  heal(): void {
    this.#faults.length = 0;
    this.allowance = Infinity;
  }

  /** The requests with this method so far. */
  callsOf(method: string): readonly HttpCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  readonly fetch = (async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    init.signal?.throwIfAborted();
    const url = new URL(String(input));
    const { method = "GET" } = init;
    const body = init.body === undefined ? "" : String(init.body);
    const headers = new Headers(init.headers);
    const at = this.#faults.findIndex((one) => one.method === method && this.isAboutRecords(url.pathname));
    const fault = at < 0 ? undefined : this.#faults.splice(at, 1)[0]!.fault;
    const broken = Object.assign(new Error("cut off"), { code: "ECONNRESET" });
    if (fault && "cut" in fault && fault.cut === "before") throw broken;
    const path = url.pathname.slice(this.#base.pathname.length);
    const response =
      fault && "body" in fault
        ? new Response(fault.body, { status: fault.status, headers: { ...fault.headers } })
        : url.origin !== this.#base.origin || !url.pathname.startsWith(this.#base.pathname)
          ? (this.elsewhere({ method, url, path: url.pathname, headers, body }) ??
            new Response("no such server", { status: 404 }))
          : await this.#limited({ method, url, path, headers, body });
    const { status } = response;
    const answer = await response.clone().text();
    this.calls.push({ method, path: url.pathname + url.search, body, headers, status, answer });
    this.onRequest?.();
    if (fault && "cut" in fault) throw broken;
    return response;
  }) as typeof fetch;

  /**
   * Listens on an address from now on, without TLS.
   *
   * @param enter runs an action in the namespace that has the address
   * @returns the base URL
   */
  listen(hostname: string, port: number, enter: <T>(action: () => T) => T): { readonly url: string; close(): void } {
    const server = enter(() =>
      Bun.serve({
        ...{ hostname, port },
        fetch: async (request) =>
          this.fetch(request.url, {
            ...{ method: request.method, headers: request.headers },
            ...(request.method !== "GET" && { body: await request.text() }),
          }),
      }),
    );
    this.#base = new URL(`http://${hostname}:${port}${this.#base.pathname}`);
    return { url: this.#base.href, close: () => void server.stop(true) };
  }

  /** Whether a path is one of records, and not of zones. */
  protected abstract isAboutRecords(path: string): boolean;

  protected abstract answer(request: HttpRequest): Response | Promise<Response>;

  protected abstract tooMany(): Response;

  /** The answer to a request at another URL than the base one; undefined where there is no such server. */
  protected elsewhere(_: HttpRequest): Response | undefined {
    return undefined;
  }

  #limited(request: HttpRequest): Response | Promise<Response> {
    if (this.allowance <= 0) return this.tooMany();
    this.allowance -= 1;
    return this.answer(request);
  }
}

/** Whether a text is an address of this type of records. */
export function isOfType(type: string, text: unknown): boolean {
  return typeof text === "string" && isAddress(text, [type === "AAAA" ? 6 : 4]);
}

/** An address in its one form. */
export function canonical(text: string): string {
  return formatAddress(parseAddress(text, FAMILIES)!);
}

/** A JSON object in the body of a request; undefined where it is none. */
export function objectOf(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
