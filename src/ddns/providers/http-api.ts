import { readBody } from "../../fetch/body.ts";
import { fetchFailure } from "../../fetch/failure.ts";
import { type Redirect, redirectOf, redirectReason } from "../../fetch/redirect.ts";
import { redact } from "../../text/redact.ts";
import { ProviderError, type ProviderSettings } from "./provider.ts";

/** A zone holds some thousand records at most; this is many times that. */
const LONGEST_ANSWER = 4 * 1024 * 1024;

export interface HttpApiOptions extends Pick<ProviderSettings, "timeout" | "send"> {
  /** What messages call the provider. */
  readonly name: string;
  /** Base URL of the API, without a slash at the end. */
  readonly apiUrl: string;
  /** What must not show in a message. */
  readonly secrets: readonly string[];
}

/** An answer of any status, with its body as it came. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
  /** The header Retry-After, as it came. */
  readonly retryAfter: string | undefined;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Sends one request. Rejects with a ProviderError (passing) where there is no answer. */
export type HttpExchange = (
  path: string,
  request: {
    readonly method: Method;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly signal: AbortSignal;
  },
) => Promise<ApiAnswer>;

/** Sends requests to an API, each once. */
export function createExchange({ name, apiUrl, secrets, timeout, send }: HttpApiOptions): HttpExchange {
  return async (path, request) => {
    try {
      const response = await send(`${apiUrl}${path}`, request);
      const redirect = redirectOf(response.status, response.headers.get("location"), `${apiUrl}${path}`);
      if (redirect) {
        void response.body?.cancel().catch(() => {}); // closes the connection, however much is still to come
        throw redirected(name, redirect, secrets);
      }
      const body = await readBody(response.body, LONGEST_ANSWER);
      const retryAfter = response.headers.get("retry-after") ?? undefined;
      if (body !== undefined) return { status: response.status, body, retryAfter };
    } catch (error) {
      if (error instanceof ProviderError) throw error;
      const { code, detail, proxy } = fetchFailure(error, timeout);
      const remedy = proxy && `check that proxy, or list ${new URL(apiUrl).hostname} in NO_PROXY`;
      throw new ProviderError("passing", `${name} cannot be reached: ${redact(detail, secrets)}`, { code, remedy });
    }
    throw new ProviderError("passing", `the answer of ${name} is longer than ${LONGEST_ANSWER} bytes`);
  };
}

/** An API redirects when it has moved, or where something in between answers in its place, such as a portal, which may pass. */
function redirected(name: string, redirect: Redirect, secrets: readonly string[]): ProviderError {
  const remedy =
    redirect.change === "host"
      ? "check that no portal or proxy answers in its place, and -ddns-api-url where it is set"
      : "check -ddns-api-url where it is set";
  const reason = redact(redirectReason(redirect), secrets);
  return new ProviderError(
    "passing",
    `${name} cannot be reached: HTTP ${reason}, since that would take the key there`,
    { remedy },
  );
}

/** Whether a request was carried out. */
export function isDone({ status }: ApiAnswer): boolean {
  return status >= 200 && status <= 299;
}
