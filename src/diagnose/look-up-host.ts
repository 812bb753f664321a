import { lookup } from "node:dns/promises";

import { fetchFailure } from "../fetch/failure.ts";

/** The addresses of a host, or why they cannot be found. */
export type HostLookUp =
  { readonly ok: true; readonly addresses: readonly string[] } | { readonly ok: false; readonly why: string };

/** Without a limit, a resolver that does not answer would take half a minute. */
const LIMIT_MS = 5000;

/** Asks the resolver of this machine for all addresses of a host, of both families. */
export async function lookUpHost(host: string): Promise<HostLookUp> {
  const late = new Promise<HostLookUp>((done) =>
    setTimeout(done, LIMIT_MS, { ok: false, why: `no answer within ${LIMIT_MS / 1000}s` }).unref(),
  );
  const found = lookup(host, { all: true }).then(
    (all): HostLookUp => ({ ok: true, addresses: all.map(({ address }) => address) }),
    (error: unknown): HostLookUp => ({ ok: false, why: fetchFailure(error, LIMIT_MS).detail }),
  );
  return Promise.race([found, late]);
}
