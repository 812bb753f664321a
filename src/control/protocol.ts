import { parseJson } from "../text/json.ts";

/*
 * How commands talk to the running service: a connection to its Unix socket carries one request and one answer, each a
 * line of JSON. What a service does not know it answers with an error, so newer and older programs can talk.
 */

/** What a command asks of the service. Further fields are those of the command. */
export interface Request {
  readonly command: string;
  readonly [field: string]: unknown;
}

/** What the service answers. */
export type Answer<T = unknown> = { readonly ok: true; readonly result: T } | ({ readonly ok: false } & Problem);

/** Why a request was not met. */
export interface Problem {
  /** For programs; it never changes. */
  readonly code: string;
  readonly detail: string;
  readonly remedy: string;
}

/** Meets one kind of request. */
export type Handler = (request: Request) => Promise<Answer>;

/** Bytes of the longest request, and of the longest answer. */
export const MAX_REQUEST = 4096;
export const MAX_ANSWER = 1_048_576;

/** A request has to be complete in this time, and to be met in that. */
export const REQUEST_LIMIT_MS = 2000;
export const HANDLING_LIMIT_MS = 30_000;

/** So many requests are met at the same time. */
export const MOST_UNDER_WAY = 16;

/** The code of the problem that the service has another configuration file than the request is for. */
export const OTHER_FILE = "other-file";

export function problem(code: string, detail: string, remedy: string): Answer<never> {
  return { ok: false, code, detail, remedy };
}

/** A request from its line; undefined when it is none. */
export function parseRequest(line: string): Request | undefined {
  const value = parseJson(line);
  return isObject(value) && typeof value["command"] === "string" ? (value as Request) : undefined;
}

/** An answer from its line; undefined when it is none. */
export function parseAnswer(line: string): Answer | undefined {
  const value = parseJson(line);
  if (!isObject(value)) return undefined;
  const { ok, code, detail, remedy } = value;
  if (ok === true) return { ok, result: value["result"] };
  const isProblem = ok === false && [code, detail, remedy].every((text) => typeof text === "string");
  return isProblem ? (value as unknown as Answer) : undefined;
}

/** The line of a request or an answer. */
export function lineOf(message: Request | Answer): string {
  return `${JSON.stringify(message)}\n`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
