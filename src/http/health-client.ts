import { readBody } from "../fetch/body.ts";
import { fetchFailure } from "../fetch/failure.ts";
import { escapeControls } from "../text/escape.ts";

/** Time for an answer. Health checks are repeated soon. */
const TIMEOUT_MS = 3000;

/** Bytes of an answer that are read at most: another program may send without end. */
const MAX_ANSWER = 4096;

/** The local URL of a service that listens at this address, such as `http://127.0.0.1:9090`. */
export function originOf(listenAddress: string, port: number): string {
  const host =
    listenAddress === "all" ? "127.0.0.1" : listenAddress.includes(":") ? `[${listenAddress}]` : listenAddress;
  return `http://${host}:${port}`;
}

/**
 * Which program answered, and what.
 *
 * - `ours-ok`, `ours-not-ok`: this program, which is healthy or not
 * - `other-program`: another one
 * - `no-answer`: none
 */
export interface HealthAnswer {
  readonly code: "ours-ok" | "ours-not-ok" | "other-program" | "no-answer";
  /** One line: the answer of this program, or why there is none. */
  readonly detail: string;
}

/** Requests the health of a service on this machine, as a container's health check does. Never throws. */
export async function askHealth(listenAddress: string, port: number): Promise<HealthAnswer> {
  const where = `${originOf(listenAddress, port)}/healthz`;
  try {
    // `proxy` and `decompress` are Bun's own: a proxy of the environment cannot reach this machine's ports.
    const options = { redirect: "manual", proxy: false, decompress: false } as RequestInit;
    const response = await fetch(where, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = (await readBody(response.body, MAX_ANSWER))?.trim() ?? "";
    if (/^(not )?ok: /.test(text) && escapeControls(text) === text) {
      return { code: response.ok ? "ours-ok" : "ours-not-ok", detail: text };
    }
    return { code: "other-program", detail: `${where}: another program answers, with status ${response.status}` };
  } catch (error) {
    return { code: "no-answer", detail: `${where}: ${fetchFailure(error, TIMEOUT_MS).detail}` };
  }
}
