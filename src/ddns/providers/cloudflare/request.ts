import type { Method } from "../http-api.ts";
import { createAuthorizedApi } from "../json-api.ts";
import type { ProviderSettings } from "../provider.ts";
import { type CloudflareAnswer, readCloudflare } from "./answers.ts";

const API_URL = "https://api.cloudflare.com/client/v4";

/** Sends one request and reads its answer. Rejects with a ProviderError (passing) where there is none. */
export type CloudflareRequest = (
  method: Method,
  path: string,
  signal: AbortSignal,
  fields?: object,
) => Promise<CloudflareAnswer>;

/** Sends requests with the token, each once. */
export function createRequest(settings: ProviderSettings): CloudflareRequest {
  const request = createAuthorizedApi("Cloudflare", "Bearer", API_URL, settings);
  return async (...words) => readCloudflare(await request(...words), [settings.password]);
}
