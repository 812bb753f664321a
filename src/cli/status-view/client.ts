import { escapeControls } from "../../text/escape.ts";
import { readBody } from "../../fetch/body.ts";
import type { Status } from "../../status/schema.ts";

/** Where a running service answers, and what opens its doors. */
export interface Where {
  /** Such as `http://127.0.0.1:9090`. */
  readonly origin: string;
  readonly password: string | undefined;
}

/** An answer, or why there is none and what to do about it. */
export type Answer = { readonly ok: true; readonly status: Status } | { readonly ok: false; readonly why: string };

const PATIENCE_MS = 5000;

/** Most bytes of an answer that are shown. */
const LONGEST_EXPLANATION = 500;

/** Most bytes of an answer that are taken in; the status of 160 gateways has 300 KiB. */
export const LONGEST_ANSWER = 16 << 20;

/** Asks a running service how it is. Never throws. */
export async function askStatus(where: Where): Promise<Answer> {
  try {
    const response = await request(where, "/api/v1/status", AbortSignal.timeout(PATIENCE_MS));
    if (!response.ok) return { ok: false, why: await explain(where, response) };
    return await read(where, await readBody(response.body, LONGEST_ANSWER));
  } catch (error) {
    return { ok: false, why: unreachable(where, error as Error) };
  }
}

/** A GET of the service, straight and without help from a proxy: those know nothing of this machine's ports. */
export function request(
  { origin, password }: Where,
  path: string,
  signal: AbortSignal,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const headers = password === undefined ? more : { ...more, authorization: basic(password) };
  const options = { redirect: "manual", proxy: false, decompress: false } as const; // the last two are Bun's own
  return fetch(`${origin}${path}`, { ...options, headers, signal } as RequestInit);
}

function basic(password: string): string {
  return `Basic ${Buffer.from(`status:${password}`).toString("base64")}`;
}

/** What an answer other than 2xx means, and what to do about it. */
export async function explain({ origin, password }: Where, { status, body }: Response): Promise<string> {
  if (status === 401) {
    return password === undefined
      ? `${origin} wants a password: give its -http-password, or GRM_HTTP_PASSWORD or GRM_HTTP_PASSWORD_FILE`
      : `${origin} does not take this password: -http-password (or GRM_HTTP_PASSWORD, GRM_HTTP_PASSWORD_FILE) has to be that of the service`;
  }
  if (status === 404) {
    return `${origin} answers, but not with a status: it runs with -status-page=false, or is another or an older program; see -metrics-port`;
  }
  const words = escapeControls((await readBody(body, LONGEST_EXPLANATION))?.trim() ?? "");
  return `${origin} answers with status ${status}${words && `: ${words}`}`;
}

function stranger({ origin }: Where): string {
  return `${origin} answers, but is not gateway-route-manager; -metrics-port and -metrics-address say where that is`;
}

/** What it means when there was no answer at all, and what to do about it. */
export function unreachable({ origin }: Where, { name, message }: Error): string {
  const why = name === "TimeoutError" ? `no answer within ${PATIENCE_MS / 1000}s` : message.replace(/\.$/, "");
  return `nothing answers at ${origin} (${why}); is the service running? -metrics-port and -metrics-address (or GRM_METRICS_PORT, GRM_METRICS_ADDRESS) say where it listens`;
}

async function read(where: Where, body: string | undefined): Promise<Answer> {
  const { isStatus } = await import("./validate.ts"); // which the service need not load
  const status = parse(body);
  if (isStatus(status)) return { ok: true, status };
  return { ok: false, why: isOurs(status) ? anotherVersion(where) : stranger(where) };
}

function parse(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? "");
  } catch {
    return undefined;
  }
}

function isOurs(status: unknown): boolean {
  return (status as Partial<Status> | null | undefined)?.service?.name === "gateway-route-manager";
}

/** What it means that what was told is not what this version knows. */
export function anotherVersion({ origin }: Where): string {
  return `${origin} answers as another version of gateway-route-manager does; start the service again, or ask with its own version`;
}
