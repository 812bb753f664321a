import { setTimeout as sleep } from "node:timers/promises";

import { createFetch } from "ofetch";

import { VERSION } from "../build.ts";
import { createFetchByAddress, type FetchByAddress } from "../fetch/by-address.ts";
import { sendDns } from "./dns/send-dns.ts";
import type { Family } from "../net/address.ts";
import type { DdnsProvider, Send } from "./providers/provider.ts";
import { entryOf } from "./providers/registry.ts";
import { signAws } from "./sign-aws.ts";
import type { DdnsSettings } from "./settings.ts";

const LONGEST_CALL_MS = 15_000;

/** Milliseconds that one call to the provider may take: it may travel through a gateway that fails meanwhile. */
export function callLimitOf({ ddnsTimeout }: DdnsSettings): number {
  return Math.min(ddnsTimeout, LONGEST_CALL_MS);
}

/** The time to live that the records should have, in seconds. */
export function ttlOf({ ddnsRecordTtl }: DdnsSettings): number {
  return ddnsRecordTtl / 1000;
}

/** The provider that the settings name, for the records of a family. */
export function createProvider(settings: DdnsSettings, family: Family = 4): DdnsProvider {
  return entryOf(settings.ddnsProvider).create({
    hostname: settings.ddnsHostname,
    family,
    ttl: ttlOf(settings),
    username: settings.ddnsUsername,
    password: settings.ddnsPassword,
    apiUrl: settings.ddnsApiUrl,
    timeout: callLimitOf(settings),
    send: createSend(),
    server: settings.ddnsServer!, // of a provider that has one
    sendDns,
    signAws,
    sleep: (ms, signal) => sleep(ms, undefined, { signal }),
    zone: settings.ddnsZone,
    adopt: settings.ddnsAdopt,
    proxied: settings.ddnsProxied,
  });
}

/**
 * Sends requests in the name of this program, each once and over a connection of its own. No redirect is followed, since
 * that would take the key elsewhere; answers of every status are returned, with their body unread.
 */
export function createSend(by: FetchByAddress = createFetchByAddress(true)): Send {
  const { raw } = createFetch({
    fetch: by as typeof fetch,
    defaults: {
      headers: { connection: "close", "user-agent": `gateway-route-manager/${VERSION}` },
      redirect: "manual",
      retry: 0,
      ignoreResponseError: true,
      responseType: "stream",
    },
  });
  return (url, request) =>
    raw(url, request as object).catch((error: Error) => {
      throw error.cause ?? error; // the code of the failure is that of the cause
    });
}
