import { addressIn, addressType } from "../../dns/address-data.ts";
import { type Message, OPERATION, RCODE, TYPE } from "../../dns/message.ts";
import type { DnsProviderSettings } from "../../dns/provider-settings.ts";
import type { DnsAnswer } from "../../dns/send-dns.ts";
import { parseTsigKey } from "../../dns/tsig-key.ts";
import { ProviderError, type RecordSet, type SetProvider } from "../provider.ts";
import { codeError, isAlias, notServed, signatureError, unreached } from "./errors.ts";
import { query, recordsOf, replacement } from "./messages.ts";

/**
 * A name server that takes updates (RFC 2136) of the holder of a key (RFC 8945), such as BIND, Knot or PowerDNS. It changes
 * all records in one step, and only where they are as expected, so that two routers never undo each other's changes.
 */
export function createRfc2136({
  hostname,
  family = 4,
  password,
  timeout,
  server,
  sendDns,
}: DnsProviderSettings): SetProvider {
  const key = parseTsigKey(password);
  if ("expected" in key) throw new Error(`expected ${key.expected}`); // the configuration has been checked
  const facts = { hostname, family, server, timeout, key };
  let zone: string | undefined;

  const ask = async (message: Message, signal: AbortSignal): Promise<DnsAnswer> => {
    const answer = await sendDns(server, message, key, signal).catch((error: unknown) => {
      throw unreached(error, facts);
    });
    const error = signatureError(answer, message.flags === OPERATION.update ? "write" : "read", facts);
    if (error) throw error;
    return answer;
  };

  const lookUp = async (type: number, signal: AbortSignal): Promise<DnsAnswer> => {
    const answer = await ask(query(hostname, type), signal);
    const { rcode, isAuthoritative } = answer;
    if (rcode !== RCODE.done && rcode !== RCODE.NXDOMAIN) throw codeError(rcode, "read", facts);
    if (!isAuthoritative) throw notServed(facts);
    if (recordsOf(answer.answers, hostname, TYPE.CNAME).length > 0) throw isAlias(facts);
    return answer;
  };

  /** The zone that holds the name: the server names it with its answer. */
  const findZone = async (signal: AbortSignal): Promise<string> => {
    const { answers, authorities } = await lookUp(TYPE.SOA, signal);
    const start = [...answers, ...authorities].find(({ type }) => type === TYPE.SOA);
    if (!start) throw notServed(facts);
    return start.name;
  };

  const read = async (signal: AbortSignal): Promise<RecordSet> => {
    const { answers } = await lookUp(addressType(family), signal);
    const records = recordsOf(answers, hostname, addressType(family));
    const addresses = records.map((record) => addressIn(record, family));
    if (addresses.includes(undefined)) {
      throw new ProviderError("passing", `the name server ${server.address} answers with an invalid record`);
    }
    return { addresses: [...new Set(addresses as string[])].sort(), ttl: records[0]?.ttl };
  };

  const tryToReplace = async (
    set: Parameters<SetProvider["replace"]>[0],
    expected: readonly string[],
    signal: AbortSignal,
  ): Promise<number> => {
    zone ??= await findZone(signal);
    const { rcode } = await ask(replacement(zone, hostname, set, expected, family), signal);
    if (rcode === RCODE.NOTAUTH || rcode === RCODE.NOTZONE) zone = undefined; // the name may be in another one by now
    return rcode;
  };

  return {
    kind: "set",
    read,
    async replace(set, expected, signal) {
      let rcode = await tryToReplace(set, expected, signal);
      // Addresses that are still there, and are not records of this name, come from a wildcard (*) in its zone.
      const mayBeWild =
        rcode === RCODE.NXRRSET && (await read(signal)).addresses.join() === [...expected].sort().join();
      if (mayBeWild) rcode = await tryToReplace(set, [], signal);
      if (rcode !== RCODE.done) throw codeError(rcode, "write", facts);
    },
  };
}
