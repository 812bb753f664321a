import { readBody } from "../fetch/body.ts";
import type { Report } from "../status/schema.ts";

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

/** Requests the health of a service on this machine, as a container's health check does. Never throws. */
export async function askHealth(listenAddress: string, port: number): Promise<Report> {
  const where = `${originOf(listenAddress, port)}/healthz`;
  try {
    // `proxy` and `decompress` are Bun's own: a proxy of the environment cannot reach this machine's ports.
    const options = { redirect: "manual", proxy: false, decompress: false } as RequestInit;
    const response = await fetch(where, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const why = (await readBody(response.body, MAX_ANSWER))?.trim() ?? "";
    if (/^(not )?ok: [^\x00-\x1f\x7f-\x9f]*$/.test(why)) return { ok: response.ok, why };
    return { ok: false, why: `${where}: another program answers, with status ${response.status}` };
  } catch (error) {
    return { ok: false, why: `${where}: ${(error as Error).message}` };
  }
}
