/** BIND in a network namespace of its own, with zones that a key may update. */
import { type Namespace, run } from "../e2e/lab/namespace.ts";
import { alone, serverIn } from "./server-process.ts";

export const SERVER = { address: "127.0.0.1", port: 53 } as const;

const ZONE = `$TTL 300
@ SOA ns admin 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.53
gw2 A 9.0.0.1
gw TXT "text"
alias CNAME ns
`;

export interface Bind extends AsyncDisposable {
  /** The text that tsig-keygen wrote for the key that may write A and AAAA records of gw in each zone. */
  readonly key: string;
  /** The same for a key that BIND knows and that may write nothing. */
  readonly idleKey: string;
  /** Gives these lines to nsupdate on the machine of BIND. */
  nsupdate(zone: string, lines: readonly string[]): Promise<void>;
  /** All records of a zone, as text, without its serial number. */
  zone(name: string): Promise<string[]>;
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
  const { folder, file, inside } = server;
  const [key, idleKey, localKey] = await Promise.all(
    ["grm-key", "idle-key", "local-key"].map((name) => run(["tsig-keygen", "-a", algorithm, name])),
  );
  file("example.com", ZONE);
  file("wild.example", `${ZONE}* A 9.0.0.9\n`.replace(/^gw .*\n/gm, ""));
  const local = file("local-key", localKey!);
  const zones = ["example.com", "wild.example"].map(
    (zone) => `zone "${zone}" { type primary; file "${zone}";
      allow-transfer { key local-key; };
      update-policy { grant grm-key name gw.${zone}. A AAAA; grant grm-key name alias.${zone}. A AAAA; grant local-key zonesub ANY; }; };`,
  );
  const options = `options { directory "${folder}"; listen-on { any; }; listen-on-v6 { any; }; pid-file none;
    session-keyfile none; managed-keys-directory "${folder}"; recursion no; dnssec-validation no; notify no;
    allow-query { any; }; };
    controls { };`;
  const config = file("named.conf", [key, idleKey, localKey, options, ...zones].join("\n"));
  await server.start(["named", "-g", "-c", config, "-n", "1"], / running\n/);
  return {
    key: key!,
    idleKey: idleKey!,
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
