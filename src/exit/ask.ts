import { readAnswerBody } from "../ddns/look-up-answer.ts";
import { type Answer, failed, type LookUpResult } from "../ddns/look-up-result.ts";
import type { Family } from "../net/address.ts";
import type { HttpAnswer } from "../fetch/node-http.ts";
import { redirectOf, redirectReason } from "../fetch/redirect.ts";
import type { GatewayPath } from "../probe/probe.ts";
import { throughFailure } from "../probe/through/attempt.ts";
import { createGetThrough, type GetThrough } from "../probe/through/get.ts";
import { deadline } from "../time/deadline.ts";

/** Asks once with which address packets of a path come out, until `stop` aborts at the latest. Never rejects. */
export type AskExit = (path: GatewayPath, stop: AbortSignal) => Promise<LookUpResult>;

export interface AskExitOptions {
  /** Services that answer with the address of their client, at least one. */
  readonly urls: readonly string[];
  /** Milliseconds that each of them has. */
  readonly timeout: number;
  /** Whether addresses are accepted that are not globally routable. */
  readonly allowPrivate: boolean;
}

const HEADERS = {
  accept: "application/json, text/plain",
  "accept-encoding": "identity",
  "user-agent": "gateway-route-manager",
};

/** Begins each time with another service, and asks the next one after a failure. */
export function createAskExit({ urls, timeout, allowPrivate }: AskExitOptions): AskExit {
  const services = urls.map((url) => {
    return { url, host: new URL(url).host, get: createGetThrough(new URL(url), HEADERS) };
  });
  let turn = 0;

  const readIn =
    (family: Family, url: string) =>
    async ({ status, location, body }: HttpAnswer): Promise<Answer> => {
      if (status >= 200 && status <= 299) return readAnswerBody(body, allowPrivate, [], family);
      const redirect = redirectOf(status, location, url);
      if (redirect) return failed("redirect", `${redirectReason(redirect)}; give the URL of its target`);
      return failed("status", `status ${status}`);
    };
  const askOne = ({ get, url }: (typeof services)[number], path: GatewayPath, signal: AbortSignal): Promise<Answer> =>
    get(path.family ?? 4, () => path, signal, readIn(path.family ?? 4, url)).catch((error: unknown) => {
      const { code, detail } = throughFailure(error, signal, timeout);
      return failed(code, detail);
    });

  return async (path, stop) => {
    const start = performance.now();
    const first = turn++ % services.length;
    const order = [...services.slice(first), ...services.slice(0, first)];
    const seconds = (): number => (performance.now() - start) / 1000;
    const failures = new Map<GetThrough, ReturnType<typeof failed>>();
    for (const service of order) {
      const { host, get } = service;
      const answer = await askOne(service, path, deadline(timeout, stop));
      if (answer.kind === "success") return { ...answer, seconds: seconds() };
      failures.set(get, { ...answer, detail: `${host}: ${answer.detail}` });
      if (stop.aborted) break;
    }
    // In the order of the services: in that of the questions the same failures would be another text each time.
    const all = services.flatMap(({ get }) => failures.get(get) ?? []);
    return { ...all[0]!, detail: all.map(({ detail }) => detail).join("; "), seconds: seconds() };
  };
}
