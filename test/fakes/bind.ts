/** BIND in a network namespace, with zones that a key may update. */
import { join } from "node:path";

import { type Namespace, run } from "../e2e/lab/namespace.ts";
import { dynamicServer, type DynamicServer, makeKeys, WILD_ZONE, ZONE } from "./dynamic-server.ts";
import { alone, serverIn } from "./server-process.ts";

export interface Bind extends DynamicServer {
  /** The changes of a zone since the start, as named-journalprint shows them: `add` or `del` and the record, one a line. */
  changesOf(zone: string): Promise<string[]>;
}

/** Starts BIND in a network namespace of its own. The test process is in its namespace until it is disposed of. */
export function startBind(algorithm?: string): Promise<Bind> {
  return alone((space) => serveBind(space, algorithm));
}

/**
 * Starts BIND in a network namespace. It has example.com, and wild.example with addresses for every name, and answers at all
 * addresses there.
 */
export async function serveBind(space: Namespace, algorithm = "hmac-sha256"): Promise<Bind> {
  const server = serverIn(space);
  const keys = await makeKeys(algorithm);
  server.file("example.com", ZONE);
  server.file("wild.example", WILD_ZONE);
  const zones = ["example.com", "wild.example"].map(
    (zone) => `zone "${zone}" { type primary; file "${zone}";
      allow-transfer { key local-key; };
      update-policy { grant grm-key name gw.${zone}. A AAAA; grant grm-key name alias.${zone}. A AAAA; grant local-key zonesub ANY; }; };`,
  );
  const { folder } = server;
  const options = `options { directory "${folder}"; listen-on { any; }; listen-on-v6 { any; }; pid-file none;
    session-keyfile none; managed-keys-directory "${folder}"; recursion no; dnssec-validation no; notify no;
    allow-query { any; }; max-journal-size unlimited; };
    controls { };`;
  const config = server.file("named.conf", [...Object.values(keys), options, ...zones].join("\n"));
  await server.start(["named", "-g", "-c", config, "-n", "1"], / running\n/);
  return {
    ...dynamicServer(server, keys),
    changesOf: async (zone) => (await run(["named-journalprint", join(folder, `${zone}.jnl`)])).trim().split("\n"),
  };
}
