import { randomInt } from "node:crypto";
import dns from "node:dns/promises";

import { fetchFailure } from "../../fetch/failure.ts";
import type { Family } from "../../net/address.ts";
import { deadline } from "../../time/deadline.ts";
import { addressIn, addressType } from "../dns/address-data.ts";
import { type DnsServer, exchange } from "../dns/exchange.ts";
import { CLASS, decodeMessage, encodeMessage, OPERATION, RCODE, RECURSION_DESIRED } from "../dns/message.ts";
import type { AskServers } from "./verifier.ts";
import type { View } from "./views.ts";

/** A resolver, or the authoritative servers of the zone. */
export type VerifyTarget = DnsServer | "authoritative";

const SERVER_LIMIT_MS = 5000;

/** Asks the target for the addresses of a name in a family. */
export function createAskServers(target: VerifyTarget, hostname: string, family: Family): AskServers {
  return async (signal) => {
    if (target !== "authoritative") return [await viewOf(target.address, async () => target, hostname, family, signal)];
    const names = await nameServersOf(hostname.split("."));
    return Promise.all(names.map((name) => viewOf(name, () => addressOf(name), hostname, family, signal)));
  };
}

async function viewOf(
  server: string,
  find: () => Promise<DnsServer>,
  hostname: string,
  family: Family,
  signal: AbortSignal,
): Promise<View> {
  try {
    return { server, addresses: await resolve(await find(), hostname, family, deadline(SERVER_LIMIT_MS, signal)) };
  } catch (error) {
    return { server, error: fetchFailure(error, SERVER_LIMIT_MS).detail };
  }
}

/** Where a name server is: at its address of IPv4, where it has one, which more machines can reach. */
async function addressOf(name: string): Promise<DnsServer> {
  const [first] = await dns.lookup(name, { all: true, order: "ipv4first" });
  return { address: first!.address, port: 53 };
}

/** The addresses in an answer, behind any alias. */
async function resolve(server: DnsServer, name: string, family: Family, signal: AbortSignal): Promise<string[]> {
  const type = addressType(family);
  const question = { name, type, class: CLASS.IN };
  const flags = OPERATION.query | RECURSION_DESIRED;
  const message = encodeMessage(randomInt(65_536), { flags, question, answers: [], authorities: [] });
  const { rcode, answers } = decodeMessage(await exchange(server, message, signal))!; // which has accepted it
  if (rcode !== RCODE.done && rcode !== RCODE.NXDOMAIN) throw new Error(`response code ${rcode}`);
  return answers.filter((one) => one.type === type).flatMap((one) => addressIn(one, family) ?? []);
}

/** The names of the name servers of the longest zone that holds the name. */
async function nameServersOf(labels: readonly string[]): Promise<readonly string[]> {
  if (labels.length === 0) return [];
  const zone = labels.join(".");
  const found = await dns.resolveNs(zone).catch((error: NodeJS.ErrnoException) => {
    const { code = "no code" } = error;
    if (code === "ENODATA" || code === "ENOTFOUND") return []; // no zone begins with this name
    throw new Error(`the resolver of this machine does not find the name servers of ${zone} (${code})`);
  });
  return found.length > 0 ? found : nameServersOf(labels.slice(1));
}
