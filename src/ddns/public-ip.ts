import { fetchFailure } from "../fetch/failure.ts";
import { readAnswer } from "./answer.ts";
import { readBody } from "../fetch/body.ts";
import type { LookUpResult } from "./events.ts";
import type { LookUpSettings } from "./settings.ts";

/** Asks for one gateway's public address, once. Never throws: whatever goes wrong is a failure with its reason. */
export type LookUp = (gateway: string, stop: AbortSignal) => Promise<LookUpResult>;

const LONGEST_ANSWER = 64 * 1024;

/**
 * The look-up that the options describe: a GET to the service, or to the gateway itself. Like a probe it follows no
 * redirect, since that would take the credentials along, and uses no proxy, since that would tell the proxy's address.
 */
export function publicIpLookUp(settings: LookUpSettings): LookUp {
  const { publicIpServiceHostname: service, publicIpServiceScheme: scheme, timeout } = settings;
  const { publicIpServicePort: port, publicIpServicePath: path, publicIpAllowPrivate: allowPrivate } = settings;
  const { headers, secrets } = credentialsOf(settings);
  // `proxy: false` and `decompress` are Bun's own; an answer of a few bytes needs no compression, a bomb does.
  const options = { redirect: "manual", keepalive: false, decompress: false, proxy: false } as const;

  const ask = async (gateway: string, signal: AbortSignal) => {
    const response = await fetch(`${scheme}://${service ?? gateway}:${port}${path}`, {
      ...options,
      headers: { ...HEADERS, ...headers },
      signal,
    } as RequestInit);
    if (!response.ok) {
      void response.body?.cancel().catch(() => {});
      return { ok: false, reason: reasonOf(response.status) } as const;
    }
    const body = await readBody(response.body, LONGEST_ANSWER);
    if (body === undefined) return { ok: false, reason: `the answer is longer than ${LONGEST_ANSWER} bytes` } as const;
    return readAnswer(body, allowPrivate, secrets);
  };

  return async (gateway, stop) => {
    const start = performance.now();
    const seconds = (): number => (performance.now() - start) / 1000;
    const signal = AbortSignal.any([stop, AbortSignal.timeout(Math.max(1, Math.ceil(timeout)))]);
    try {
      const answer = await ask(gateway, signal);
      if (answer.ok) return { kind: "success", seconds: seconds(), address: answer.address };
      return { kind: "failure", seconds: seconds(), detail: answer.reason };
    } catch (error) {
      return { kind: "failure", seconds: seconds(), detail: fetchFailure(error, timeout).detail };
    }
  };
}

const HEADERS = {
  connection: "close",
  accept: "application/json",
  "accept-encoding": "identity",
  "user-agent": "gateway-route-manager",
} as const;

/** The headers that tell who asks, and everything in them that must not show in a message. */
function credentialsOf(settings: LookUpSettings): { headers: Record<string, string>; secrets: string[] } {
  const { publicIpServiceUsername: user, publicIpServicePassword: password, publicIpServiceApiKey: key } = settings;
  const headers: Record<string, string> = {};
  const secrets: string[] = [];
  if (key !== undefined) {
    headers["x-api-key"] = key;
    secrets.push(key);
  }
  if (user !== undefined && password !== undefined) {
    const token = Buffer.from(`${user}:${password}`).toString("base64");
    headers["authorization"] = `Basic ${token}`;
    secrets.push(password, token);
  }
  return { headers, secrets };
}

function reasonOf(status: number): string {
  if (status === 401 || status === 403) {
    return `status ${status}: it wants credentials; set -public-ip-service-username and -password, or -public-ip-service-api-key`;
  }
  if (status >= 300 && status <= 399) {
    return `status ${status}: redirects are not followed; set -public-ip-service-scheme, -hostname and -path to where it leads`;
  }
  return `status ${status}`;
}
