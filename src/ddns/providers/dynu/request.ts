import { readBody } from "../../../fetch/body.ts";
import { fetchFailure } from "../../../fetch/failure.ts";
import { redact } from "../../../text/redact.ts";
import { ProviderError, type ProviderSettings } from "../provider.ts";
import { type DynuAnswer, readDynuAnswer } from "./answers.ts";

const API_URL = "https://api.dynu.com/v2";

/** A domain holds some hundred records at most; this is several thousand. */
const LONGEST_ANSWER = 4 * 1024 * 1024;

/** Sends one request and reads its answer. Rejects with a ProviderError (passing) where there is none. */
export type DynuRequest = (
  method: "GET" | "POST" | "DELETE",
  path: string,
  signal: AbortSignal,
  fields?: object,
) => Promise<DynuAnswer>;

/** Sends requests with the key, each once. */
export function createRequest({ password: key, apiUrl = API_URL, timeout, send }: ProviderSettings): DynuRequest {
  return async (method, path, signal, fields) => {
    const type = fields && { "content-type": "application/json" };
    const headers = { "api-key": key, accept: "application/json", ...type };
    const request = { method, headers, signal, ...(fields && { body: JSON.stringify(fields) }) };
    try {
      const response = await send(`${apiUrl}${path}`, request);
      const text = await readBody(response.body, LONGEST_ANSWER);
      const answer = text === undefined ? undefined : readDynuAnswer(response.status, text, [key]);
      const retryAfter = response.headers.get("retry-after") ?? undefined;
      if (answer) return answer.ok ? answer : { ...answer, retryAfter };
    } catch (error) {
      const { code, detail, proxy } = fetchFailure(error, timeout);
      const remedy = proxy && `check that proxy, or list ${new URL(apiUrl).hostname} in NO_PROXY`;
      throw new ProviderError("passing", `Dynu cannot be reached: ${redact(detail, [key])}`, { code, remedy });
    }
    throw new ProviderError("passing", `the answer of Dynu is longer than ${LONGEST_ANSWER} bytes`);
  };
}
