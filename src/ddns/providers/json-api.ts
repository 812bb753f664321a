import type { ProviderSettings } from "./provider.ts";
import { type ApiAnswer, createExchange, type HttpApiOptions, type Method } from "./http-api.ts";

export interface ApiOptions extends HttpApiOptions {
  /** Headers with the key. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends one request. Rejects with a ProviderError (passing) where there is no answer. */
export type ApiRequest = (method: Method, path: string, signal: AbortSignal, fields?: object) => Promise<ApiAnswer>;

/** Sends requests to an API that speaks JSON, each once. */
export function createApi({ headers: key, ...options }: ApiOptions): ApiRequest {
  const exchange = createExchange(options);
  return (method, path, signal, fields) => {
    const type = fields && { "content-type": "application/json" };
    const headers = { ...key, accept: "application/json", ...type };
    return exchange(path, { method, headers, signal, ...(fields && { body: JSON.stringify(fields) }) });
  };
}

/** The same for an API that takes the password in the header Authorization, after the name of a scheme. */
export function createAuthorizedApi(
  name: string,
  scheme: "Bearer" | "Token",
  ownUrl: string,
  { password, apiUrl = ownUrl, timeout, send }: ProviderSettings,
): ApiRequest {
  const headers = { authorization: `${scheme} ${password}` };
  return createApi({ name, apiUrl, headers, secrets: [password], timeout, send });
}
