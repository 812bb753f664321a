import { fetchFailure } from "../../../fetch/failure.ts";
import type { Family } from "../../../net/address.ts";
import { formatDuration } from "../../../net/duration.ts";
import { RCODE } from "../../dns/message.ts";
import type { DnsProviderSettings } from "../../dns/provider-settings.ts";
import type { DnsAnswer } from "../../dns/send-dns.ts";
import type { TsigFault } from "../../dns/tsig.ts";
import type { TsigKey } from "../../dns/tsig-key.ts";
import { RECORD_TYPES } from "../../record-type.ts";
import { ProviderError } from "../provider.ts";

/** Codes that a server may send without a signature, since it does not know or not want the key. */
const UNSIGNED: readonly number[] = [
  RCODE.FORMERR,
  RCODE.SERVFAIL,
  RCODE.NOTIMP,
  RCODE.REFUSED,
  RCODE.NOTAUTH,
  RCODE.NOTZONE,
];

/** What the messages name. */
export interface ErrorFacts extends Pick<DnsProviderSettings, "hostname" | "server" | "timeout"> {
  readonly family: Family;
  readonly key: TsigKey;
}

/** A request that got no answer. */
export function unreached(error: unknown, { server, timeout }: ErrorFacts): ProviderError {
  const { code, detail } = fetchFailure(error, timeout);
  // Other failures may have to do with routes, of which the caller knows more.
  const remedy = code === "refused" ? "check -ddns-server, and that a name server listens there" : undefined;
  return new ProviderError("passing", `the name server ${server.address} cannot be reached: ${detail}`, {
    code,
    remedy,
  });
}

/** Why an answer cannot be trusted, or the signature of the request was not; undefined where both are right. */
export function signatureError(
  { fault, rcode }: DnsAnswer,
  access: "read" | "write",
  facts: ErrorFacts,
): ProviderError | undefined {
  if (!fault || (fault.code === "unsigned" && UNSIGNED.includes(rcode))) return undefined;
  const server = `the name server ${facts.server.address}`;
  const key = `the key ${facts.key.name}`;
  switch (fault.code) {
    case "key":
      // Knot's word for a key that may not write; a read with the same key comes first.
      if (access === "write") return notAllowed("write", "BADKEY", facts);
      return denied(`${server} does not know ${key} (BADKEY)`, `add ${key} to its configuration, with the same name`);
    case "signature":
      return denied(
        `${server} has another secret or algorithm for ${key} (BADSIG)`,
        "give both the same text of tsig-keygen, the program by -ddns-password",
      );
    case "clock":
      return new ProviderError("passing", `${clockText(fault.seconds)} that of ${server} (BADTIME)`, {
        remedy: "set both clocks by NTP: messages are valid for 5 minutes",
      });
    case "unsigned":
      return new ProviderError("passing", `${server} does not sign its answers`, { remedy: MIDDLE });
    case "forged":
      return new ProviderError("passing", `the answer of ${server} has a wrong signature`, { remedy: MIDDLE });
  }
}

const MIDDLE = "check -ddns-server, and whether something in between answers in its place";

function clockText(seconds: Extract<TsigFault, { code: "clock" }>["seconds"]): string {
  return `the clock of this machine is ${formatDuration(Math.abs(seconds) * 1000)} ${seconds > 0 ? "behind" : "ahead of"}`;
}

function denied(detail: string, remedy: string): ProviderError {
  return new ProviderError("access", detail, { remedy });
}

/** What a response code means that reports a failure. */
export function codeError(rcode: number, access: "read" | "write", facts: ErrorFacts): ProviderError {
  const { hostname, key } = facts;
  const name = Object.entries(RCODE).find(([, code]) => code === rcode)?.[0] ?? `response code ${rcode}`;
  const server = `the name server ${facts.server.address}`;
  switch (rcode) {
    case RCODE.YXRRSET:
    case RCODE.NXRRSET:
      return new ProviderError("passing", `something else has changed the records of ${hostname} meanwhile (${name})`, {
        remedy: "if this lasts, check which other program or router writes them",
      });
    case RCODE.REFUSED:
      return notAllowed(access, name, facts);
    case RCODE.NOTAUTH:
    case RCODE.NOTZONE:
      return denied(
        `${server} does not serve the zone of ${hostname}, or not for the key ${key.name} (${name})`,
        "check -ddns-server and -ddns-hostname: it takes the primary server of the zone",
      );
    case RCODE.NOTIMP:
      return denied(`${server} takes no updates (${name})`, "check -ddns-server, and that its zone is dynamic");
    default:
      return new ProviderError("passing", `${server} cannot ${access} the records of ${hostname} (${name})`, {
        remedy: "see the log of the name server",
      });
  }
}

/** What the key may not do. @param word of the server for it */
function notAllowed(
  access: "read" | "write",
  word: string,
  { hostname, family, key, server }: ErrorFacts,
): ProviderError {
  const type = RECORD_TYPES[family];
  const detail = `the name server ${server.address} does not let the key ${key.name} ${access} the ${type} records of ${hostname} (${word})`;
  if (access === "read") {
    return denied(detail, `check that it serves the zone of ${hostname}, and answers queries of this machine`);
  }
  return denied(
    detail,
    word === "BADKEY"
      ? `allow it; Knot: an acl of the zone with key: ${key.name}, action: update, update-type: ${type}`
      : `allow it; BIND: update-policy { grant ${key.name} name ${hostname}. ${type}; };`,
  );
}

/** A server that has the name only from others. */
export function notServed({ hostname, server }: ErrorFacts): ProviderError {
  const detail = `the name server ${server.address} does not serve the zone of ${hostname}`;
  return denied(detail, "set -ddns-server to the primary server of the zone");
}

/** A name that is an alias has no addresses of its own. */
export function isAlias({ hostname }: ErrorFacts): ProviderError {
  return denied(`${hostname} is an alias (CNAME) and can have no addresses`, "remove the alias, or use another name");
}
