import { readBody } from "../fetch/body.ts";
import { fetchFailure } from "../fetch/failure.ts";
import { escapeControls } from "../text/escape.ts";

/** Time for an answer. Health checks are repeated soon. */
const TIMEOUT_MS = 3000;

/** Bytes of an answer that are read at most: another program may send without end. */
const MAX_ANSWER = 4096;

/** Characters of a reason that are shown at most. */
const MOST_REASON = 500;

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
 * - `denied`: one that requires a password, or another one
 * - `other-program`: another one
 * - `no-answer`: none
 */
export interface HealthAnswer {
  readonly code: "ours-ok" | "ours-not-ok" | "denied" | "other-program" | "no-answer";
  /** One line: the answer of this program, or why there is none. */
  readonly detail: string;
}

/** What is asked of a service. */
export interface HealthQuestion {
  /** Such as `/usable`; `/healthz` by default, which needs no password. */
  readonly path?: string;
  readonly password?: string | undefined;
}

/** Requests the health of a service on this machine, as a container's health check does. Never throws. */
export async function askHealth(
  listenAddress: string,
  port: number,
  { path = "/healthz", password }: HealthQuestion = {},
): Promise<HealthAnswer> {
  const where = `${originOf(listenAddress, port)}${path}`;
  const headers = password === undefined ? {} : { authorization: basicAuthorization(password) };
  try {
    // `proxy` and `decompress` are Bun's own: a proxy of the environment cannot reach this machine's ports.
    const options = { redirect: "manual", proxy: false, decompress: false } as RequestInit;
    const response = await fetch(where, { ...options, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = (await readBody(response.body, MAX_ANSWER))?.trim() ?? "";
    if (/^(not )?ok: /.test(text) && escapeControls(text) === text) {
      return { code: response.ok ? "ours-ok" : "ours-not-ok", detail: text };
    }
    if (response.status === 401) return { code: "denied", detail: deniedText(where, password) };
    if (response.status === 404 && path !== "/healthz")
      return { code: "ours-not-ok", detail: `${where}: ${firstLine(text)}` };
    return { code: "other-program", detail: `${where}: another program answers, with status ${response.status}` };
  } catch (error) {
    return { code: "no-answer", detail: `${where}: ${fetchFailure(error, TIMEOUT_MS).detail}` };
  }
}

/** The reason of an answer, such as that no pool has the name. */
function firstLine(text: string): string {
  return escapeControls(text.split("\n", 1)[0]!.slice(0, MOST_REASON)) || "status 404";
}

function deniedText(where: string, password: string | undefined): string {
  return password === undefined
    ? `${where} requires a password; set -http-password, GRM_HTTP_PASSWORD or GRM_HTTP_PASSWORD_FILE`
    : `${where}: the password is wrong; set -http-password (or GRM_HTTP_PASSWORD, GRM_HTTP_PASSWORD_FILE) to that of the service`;
}

/** The header of basic authentication, in which any user name is accepted. */
export function basicAuthorization(password: string): string {
  return `Basic ${Buffer.from(`status:${password}`).toString("base64")}`;
}
