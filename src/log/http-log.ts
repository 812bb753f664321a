import type { HttpRejection, RejectionReason } from "../events/http.ts";
import { quote } from "../text/escape.ts";
import type { Log } from "./log.ts";

/** Logs what the HTTP port did not grant. */
export function logRejection(event: HttpRejection, log: Log): void {
  const { reason, from, several } = event;
  const what = SENTENCES[reason](event);
  if (!several) return log("warn", `HTTP port: ${what}, from ${from}`, { from });
  const { times, addresses, seconds } = several;
  const origin = addresses === 1 ? `from ${from}` : `from ${addresses} addresses, most often ${from}`;
  log("warn", `HTTP port: ${what}, ${times} more times within ${seconds}s, ${origin}`, { from });
}

const SENTENCES: Readonly<Record<RejectionReason, (event: HttpRejection) => string>> = {
  password: () => "wrong password",
  host: ({ host = "" }) =>
    `request for the public name ${quote(host)} rejected; set -allowed-host where it is a name of this router`,
  connections: () => "too many connections, so the oldest idle ones are closed for new ones",
};
