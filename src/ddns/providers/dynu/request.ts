import { createFetch } from "ofetch";

import { VERSION } from "../../../build.ts";
import { fetchFailure } from "../../../fetch/failure.ts";
import { readBody } from "../../../fetch/body.ts";
import { type DynuAnswer, readDynuAnswer } from "./answers.ts";
import { withoutSecrets } from "../../../text/redact.ts";
import { ProviderError } from "../provider.ts";

/** How to reach Dynu. */
export interface DynuAccess {
  readonly apiKey: string;
  /** Base URL of the API, without a slash at the end. */
  readonly apiUrl?: string | undefined;
  /** Milliseconds that an update has; only told, the signals cut requests off. */
  readonly timeout: number;
  /** What sends the requests. */
  readonly fetch?: typeof globalThis.fetch;
}

const API_URL = "https://api.dynu.com/v2";

/** A domain holds some hundred records at most; this is several thousand. */
const LONGEST_ANSWER = 4 * 1024 * 1024;

/** Sends one request and reads its answer. Rejects with a ProviderError (passing) where there is none. */
export type DynuRequest = (
  method: "GET" | "POST" | "DELETE",
  path: string,
  signal: AbortSignal,
  body?: object,
) => Promise<DynuAnswer>;

/** The one way requests go out, with the key. None is repeated here, and no redirect takes the key elsewhere. */
export function createRequest(access: DynuAccess): DynuRequest {
  const { apiKey, apiUrl = API_URL, timeout, fetch = globalThis.fetch } = access;
  const secrets = [apiKey];
  const send = createFetch({ fetch }).raw;
  const headers = {
    "api-key": apiKey,
    accept: "application/json",
    connection: "close",
    "user-agent": `gateway-route-manager/${VERSION}`,
  };
  return async (method, path, signal, body) => {
    const options = { method, headers, signal, retry: 0, redirect: "manual", ignoreResponseError: true } as const;
    let status: number;
    let text: string | undefined;
    try {
      const url = `${apiUrl}${path}`;
      const response = await send(url, { ...options, ...(body && { body }), responseType: "stream" });
      status = response.status;
      text = await readBody(response._data ?? null, LONGEST_ANSWER);
    } catch (error) {
      const { code, detail } = fetchFailure((error as Error).cause ?? error, timeout);
      throw new ProviderError("passing", `Dynu cannot be reached: ${withoutSecrets(detail, secrets)}`, { code });
    }
    if (text === undefined) throw new ProviderError("passing", "Dynu's answer is too long to be one");
    return readDynuAnswer(status, text, secrets);
  };
}
