import { createFetchByAddress } from "../fetch/by-address.ts";
import { getByZone } from "../fetch/by-zone.ts";
import type { HttpAnswer } from "../fetch/node-http.ts";
import { redirectOf, redirectReason } from "../fetch/redirect.ts";
import { readRetryAfter } from "../fetch/retry-after.ts";
import { type Address, familyOf } from "../net/address.ts";
import { hostInUrl } from "../net/url-host.ts";
import type { GatewayPath } from "../probe/probe.ts";
import { throughFailure } from "../probe/through/attempt.ts";
import { createGetThrough } from "../probe/through/get.ts";
import { redact } from "../text/redact.ts";
import { deadline } from "../time/deadline.ts";
import { readAnswerBody } from "./look-up-answer.ts";
import { type Answer, failed, type LookUpResult } from "./look-up-result.ts";
import type { LookUpSettings } from "./settings.ts";

/** Looks up one gateway's public address, once, of the family of its own address. Never rejects: whatever goes wrong is a failure with its code. */
export type LookUp = (gateway: string, stop?: AbortSignal) => Promise<LookUpResult>;

/**
 * The look-up that the settings describe: a GET to the service, through each gateway where that is asked for, or to the
 * gateway itself. Like a probe it follows no redirect, which would take the credentials along, and uses no proxy, whose
 * address the service would answer with.
 *
 * @param pathOf the path of each look-up; without it the service is asked over the usual routes
 */
export function createLookUp(settings: LookUpSettings, pathOf?: LookUpPath): LookUp {
  const { publicIpAllowPrivate: allowPrivate, timeout } = settings;
  const { headers, secrets } = headersOf(settings);
  const send = pathOf && settings.publicIpServiceHostname !== undefined ? sendThrough(pathOf) : sendAsUsual;
  const ask = send(settings, headers);

  const readFor =
    (gateway: string) =>
    async (reply: Reply): Promise<Answer> => {
      const { status, retryAfter, body } = reply;
      if (status >= 200 && status <= 299) return readAnswerBody(body, allowPrivate, secrets, familyOf(gateway));
      const failure = badStatus(reply, urlOf(settings, settings.publicIpServiceHostname ?? gateway), settings);
      return { ...failure, detail: redact(failure.detail, secrets), retryAfterMs: readRetryAfter(retryAfter) };
    };

  return async (gateway, stop) => {
    const start = performance.now();
    const signal = deadline(timeout, stop);
    const answer = await ask(gateway, signal, readFor(gateway)).catch((error: unknown) => {
      const { code, detail } = throughFailure(error, signal, timeout);
      return failed(code, redact(detail, secrets)); // a header that cannot be sent is quoted
    });
    return { ...answer, seconds: (performance.now() - start) / 1000 };
  };
}

/** The path for a look-up of one gateway at an address of the service. */
export type LookUpPath = (gateway: string, address: Address) => GatewayPath;

/** An answer whose header has arrived. */
type Reply = Omit<HttpAnswer, "body" | typeof Symbol.dispose> & { readonly body: HttpAnswer["body"] | null };

/** Asks for one gateway, and reads the answer by `read` before the connection is closed. */
type AskFor = (gateway: string, signal: AbortSignal, read: (reply: Reply) => Promise<Answer>) => Promise<Answer>;

type SendBy = (settings: LookUpSettings, headers: Readonly<Record<string, string>>) => AskFor;

const sendThrough =
  (pathOf: LookUpPath): SendBy =>
  (settings, headers) => {
    const get = createGetThrough(new URL(urlOf(settings, settings.publicIpServiceHostname!)), headers);
    return (gateway, signal, read) => get(familyOf(gateway), (address) => pathOf(gateway, address), signal, read);
  };

const sendAsUsual: SendBy = (settings, headers) => {
  // `decompress` is Bun's own; an answer of a few bytes needs no compression, a bomb does.
  const options = { headers, redirect: "manual", keepalive: false, decompress: false } as const;
  const fetchIn = { 4: createFetchByAddress(false), 6: createFetchByAddress(false, 6) } as const;
  return async (gateway, signal, read) => {
    const host = settings.publicIpServiceHostname ?? gateway;
    const url = urlOf(settings, host);
    const [, zone] = host.split("%");
    if (zone !== undefined) {
      using answer = await getByZone(new URL(url), zone, headers, signal);
      return await read(answer);
    }
    const { status, headers: received, body } = await fetchIn[familyOf(gateway)](url, { ...options, signal });
    const [retryAfter, location] = [received.get("retry-after"), received.get("location")];
    const answer = await read({ status, retryAfter, location, body });
    void body?.cancel().catch(() => {}); // where it was not read
    return answer;
  };
};

function urlOf(settings: LookUpSettings, host: string): string {
  const { publicIpServiceScheme: scheme, publicIpServicePort: port, publicIpServicePath: path } = settings;
  return `${scheme}://${hostInUrl(host)}:${port}${path}`;
}

/** The headers, and everything in them that must not show in a message. */
function headersOf(settings: LookUpSettings) {
  const { publicIpServiceUsername: user, publicIpServicePassword: password, publicIpServiceApiKey: key } = settings;
  const isBasic = user !== undefined && password !== undefined;
  const token = isBasic ? Buffer.from(`${user}:${password}`).toString("base64") : undefined;
  const headers = {
    connection: "close",
    accept: "application/json",
    "accept-encoding": "identity",
    "user-agent": "gateway-route-manager",
    ...(key !== undefined && { "x-api-key": key }),
    ...(isBasic && { authorization: `Basic ${token}` }),
  };
  return { headers, secrets: [key, password, token].filter((secret) => secret !== undefined) };
}

function badStatus({ status, location }: Reply, asked: string, settings: LookUpSettings): ReturnType<typeof failed> {
  const detail = `status ${status}`;
  if (status === 401 || status === 403) return unauthorized(detail, settings);
  if (status >= 300 && status <= 399) {
    const remedy =
      "set -public-ip-service-scheme, -public-ip-service-hostname, -public-ip-service-port and -public-ip-service-path to the target of the redirect";
    const redirect = redirectOf(status, location, asked);
    if (redirect?.change !== "path") {
      return failed("redirect", redirect ? redirectReason(redirect) : `${detail}: redirects are not followed`, remedy);
    }
    return failed("redirect", redirectReason(redirect), "set -public-ip-service-path to the target of the redirect");
  }
  return failed(status === 404 ? "not-found" : "status", detail);
}

/** A key that is wrong and one whose role lacks the path are answered alike. */
function unauthorized(detail: string, settings: LookUpSettings): ReturnType<typeof failed> {
  const { publicIpServiceUsername: user, publicIpServiceApiKey: key, publicIpServicePath: path } = settings;
  if (user === undefined && key === undefined) {
    const remedy = "set -public-ip-service-username and -public-ip-service-password, or -public-ip-service-api-key";
    return failed("unauthorized", `${detail}: the service requires credentials`, remedy);
  }
  const [flags, owner] =
    key === undefined
      ? ["-public-ip-service-username and -public-ip-service-password", "user"]
      : ["-public-ip-service-api-key", "key"];
  const role = `Gluetun: the role of this ${owner} must have the route GET ${path}`;
  const remedy = `check ${flags}; ${role}`;
  return failed("unauthorized", `${detail}: the service declines the credentials`, remedy);
}
