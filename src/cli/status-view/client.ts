import { readBody } from "../../fetch/body.ts";
import { fetchFailure } from "../../fetch/failure.ts";
import { basicAuthorization } from "../../http/health-client.ts";
import { UntrustedPort } from "../../service/port-listeners.ts";
import type { Status } from "../../status/schema.ts";
import { escapeControls } from "../../text/escape.ts";

/** Where a running service listens, and the password for it. */
export interface ServiceAddress {
  /** Such as `http://127.0.0.1:9090`. */
  readonly origin: string;
  readonly password: string | undefined;
  /** Why nothing may be sent there now, and no answer counts; asked before each request. */
  readonly distrust?: () => Error | undefined;
}

/** A status, or why there is none and what to do about it. */
type StatusResult = { readonly ok: true; readonly status: Status } | { readonly ok: false; readonly error: string };

const TIMEOUT_MS = 5000;

/** Most bytes of an error response that are shown. */
const MAX_ERROR_BYTES = 500;

/** Most bytes of a response that are read; the status of 160 gateways has 300 KiB. */
export const MAX_RESPONSE_BYTES = 16 << 20;

/** Requests the status of a running service. Never throws. */
export async function fetchStatus(address: ServiceAddress): Promise<StatusResult> {
  try {
    const response = await request(address, "/api/v1/status", AbortSignal.timeout(TIMEOUT_MS));
    if (!response.ok) return { ok: false, error: await explainResponse(address, response) };
    return await parseStatus(address, await readBody(response.body, MAX_RESPONSE_BYTES));
  } catch (error) {
    return { ok: false, error: explainFailure(address, error as Error) };
  }
}

/** A GET request to the service, unless its port is not trusted; without redirects and without a proxy, which does not know the ports of this machine. */
export function request(
  { origin, password, distrust }: ServiceAddress,
  path: string,
  signal: AbortSignal,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const why = distrust?.();
  if (why !== undefined) return Promise.reject(why);
  const headers = password === undefined ? more : { ...more, authorization: basicAuthorization(password) };
  const options = { redirect: "manual", proxy: false, decompress: false } as const; // the last two are Bun's own
  return fetch(`${origin}${path}`, { ...options, headers, signal } as RequestInit);
}

/** What a response other than 2xx means, and what to do about it. */
export async function explainResponse({ origin, password }: ServiceAddress, response: Response): Promise<string> {
  const { status, body } = response;
  const failed = `cannot read the status from ${origin}`;
  if (status === 401) {
    return password === undefined
      ? `${failed}: the service requires a password; set -http-password, GRM_HTTP_PASSWORD or GRM_HTTP_PASSWORD_FILE`
      : `${failed}: the password is wrong; set -http-password (or GRM_HTTP_PASSWORD, GRM_HTTP_PASSWORD_FILE) to that of the service`;
  }
  if (status === 404) {
    return `${failed}: HTTP status 404; the service runs with -status-page=false, or another or an older program listens there: check -metrics-port`;
  }
  const text = escapeControls((await readBody(body, MAX_ERROR_BYTES))?.trim() ?? "");
  return `${failed}: HTTP status ${status}${text && `: ${text}`}`;
}

/** What it means that there was no response, and what to do about it. */
export function explainFailure({ origin }: ServiceAddress, error: Error): string {
  if (error instanceof UntrustedPort) return `cannot read the status from ${origin}: ${error.message}`;
  const { code, detail } = fetchFailure(error, TIMEOUT_MS);
  const why = code === "timeout" ? `no response within ${TIMEOUT_MS / 1000}s` : detail;
  return `cannot reach the service at ${origin}: ${why}; check that it is running, and that -metrics-port and -metrics-address (or GRM_METRICS_PORT, GRM_METRICS_ADDRESS) are those of the service, or -config (GRM_CONFIG) names its file`;
}

/** What it means that a response has another form than this version expects, and what to do about it. */
export function explainOtherVersion({ origin }: ServiceAddress): string {
  return `cannot read the status from ${origin}: the service is another version of gateway-route-manager; restart it, or use the executable of its version`;
}

async function parseStatus(address: ServiceAddress, body: string | undefined): Promise<StatusResult> {
  const { isStatus } = await import("./validate.ts"); // which the service need not load
  const status = parse(body);
  if (isStatus(status)) return { ok: true, status };
  return { ok: false, error: isOurs(status) ? explainOtherVersion(address) : explainOtherProgram(address) };
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

function explainOtherProgram({ origin }: ServiceAddress): string {
  return `cannot read the status from ${origin}: another program than gateway-route-manager listens there; check -metrics-port and -metrics-address`;
}
