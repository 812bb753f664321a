import { createApi } from "../json-api.ts";
import type { ProviderSettings } from "../provider.ts";
import { type DynuAnswer, readDynuAnswer } from "./answers.ts";

const API_URL = "https://api.dynu.com/v2";

/** Sends one request and reads its answer. Rejects with a ProviderError (passing) where there is none. */
export type DynuRequest = (
  method: "GET" | "POST" | "DELETE",
  path: string,
  signal: AbortSignal,
  fields?: object,
) => Promise<DynuAnswer>;

/** Sends requests with the key, each once. */
export function createRequest({ password: key, apiUrl = API_URL, timeout, send }: ProviderSettings): DynuRequest {
  const request = createApi({ name: "Dynu", apiUrl, headers: { "api-key": key }, secrets: [key], timeout, send });
  return async (...words) => {
    const { status, body, retryAfter } = await request(...words);
    const answer = readDynuAnswer(status, body, [key]);
    return answer.ok ? answer : { ...answer, retryAfter };
  };
}
