import { readAnswer } from "../ddns/look-up-answer.ts";
import { type Answer, failed, type LookUpResult } from "../ddns/look-up-result.ts";
import { readBody } from "../fetch/body.ts";
import type { GatewayPath } from "../probe/probe.ts";
import { throughFailure } from "../probe/through/attempt.ts";
import { createGetThrough, type GetThrough } from "../probe/through/get.ts";
import type { ThroughResponse } from "../probe/through/request.ts";
import { deadline } from "../time/deadline.ts";

/** Asks with which address packets of a path come out, once. Never rejects. */
export type AskExit = (path: GatewayPath, stop: AbortSignal) => Promise<LookUpResult>;

export interface AskExitOptions {
  /** Services that answer with the address of their client. */
  readonly urls: readonly string[];
  /** Milliseconds that each of them has. */
  readonly timeout: number;
  /** Whether addresses are accepted that are not globally routable. */
  readonly allowPrivate: boolean;
}

const LONGEST_ANSWER = 64 * 1024;
const HEADERS = {
  accept: "application/json, text/plain",
  "accept-encoding": "identity",
  "user-agent": "gateway-route-manager",
};

/** Asks the services by turns, and after a failure the next one. */
export function createAskExit({ urls, timeout, allowPrivate }: AskExitOptions): AskExit {
  const services = urls.map((url) => ({ host: new URL(url).host, get: createGetThrough(new URL(url), HEADERS) }));
  let turn = 0;

  const read = async ({ status, body }: ThroughResponse): Promise<Answer> => {
    if (status < 200 || status > 299) return failed("status", `status ${status}`);
    const text = await readBody(body, LONGEST_ANSWER);
    if (text === undefined) return failed("too-long", `the answer is longer than ${LONGEST_ANSWER} bytes`);
    return readAnswer(text, allowPrivate);
  };
  const askOne = (get: GetThrough, path: GatewayPath, signal: AbortSignal): Promise<Answer> =>
    get(path, signal, read).catch((error: unknown) => {
      const { code, detail } = throughFailure(signal.aborted ? signal.reason : error, timeout);
      return failed(code, detail);
    });

  return async (path, stop) => {
    const start = performance.now();
    const first = turn++ % services.length;
    const order = [...services.slice(first), ...services.slice(0, first)];
    const failures: string[] = [];
    let answer: Answer = failed("other", "not asked");
    for (const { host, get } of order) {
      answer = await askOne(get, path, deadline(timeout, stop));
      if (answer.kind === "success" || stop.aborted) break;
      failures.push(`${host}: ${answer.detail}`);
    }
    const seconds = (performance.now() - start) / 1000;
    return answer.kind === "success" ? { ...answer, seconds } : { ...answer, detail: failures.join("; "), seconds };
  };
}
