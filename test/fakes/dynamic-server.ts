/** What real name servers have in common that take updates: keys, and the tools of BIND to read and write zones. */
import { run } from "../e2e/lab/namespace.ts";
import type { ServerProcess } from "./server-process.ts";

/** Where servers in a namespace of their own are. */
export const SERVER = { address: "127.0.0.1", port: 53 } as const;

/** The start of each zone of such a server. */
export const ZONE = `$TTL 300
@ SOA ns admin 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.53
gw2 A 9.0.0.1
gw TXT "text"
alias CNAME ns
`;

/** The start of a zone without records of gw, in which every name has an address. */
export const WILD_ZONE = `${ZONE}* A 9.0.0.9\n`.replace(/^gw .*\n/gm, "");

export interface DynamicServer extends AsyncDisposable {
  /** The text that tsig-keygen wrote for the key that may write A and AAAA records of gw in each zone. */
  readonly key: string;
  /** The same for a key that the server knows and that may write nothing. */
  readonly idleKey: string;
  /** Gives these lines to nsupdate on the machine of the server, with a key that may write everything. */
  nsupdate(zone: string, lines: readonly string[]): Promise<void>;
  /** All records of a zone, as text, without its serial number. */
  zone(name: string): Promise<string[]>;
}

/** The texts that tsig-keygen writes for the keys of such a server. The last one may do everything. */
export interface Keys {
  readonly key: string;
  readonly idleKey: string;
  readonly localKey: string;
}

/** Makes new keys, called grm-key, idle-key and local-key. */
export async function makeKeys(algorithm: string): Promise<Keys> {
  const [key, idleKey, localKey] = await Promise.all(
    ["grm-key", "idle-key", "local-key"].map((name) => run(["tsig-keygen", "-a", algorithm, name])),
  );
  return { key: key!, idleKey: idleKey!, localKey: localKey! };
}

/** A server that runs, and has these keys. */
export function dynamicServer(server: ServerProcess, { key, idleKey, localKey }: Keys): DynamicServer {
  const local = server.file("local-key", localKey);
  const { inside } = server;
  return {
    ...{ key, idleKey },
    async nsupdate(zone, lines) {
      await run(inside("nsupdate", "-k", local), [`server 127.0.0.1`, `zone ${zone}`, ...lines, "send", ""].join("\n"));
    },
    async zone(name) {
      const records = await run(inside("dig", "-k", local, "@127.0.0.1", name, "AXFR", "+onesoa", "+noall", "+answer"));
      return records.split("\n").filter((line) => !/\b(SOA|TSIG)\b/.test(line) && line !== "");
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
