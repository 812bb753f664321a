/** A DNS resolver that receives queries and never answers. */
import type { Lab } from "./lab.ts";

const ADDRESS = "127.0.0.99";

/**
 * Flags with which two host names are looked up at once. Bun's look-ups block threads of the pool that also writes the
 * input of `ip` and the log; two silent look-ups once occupied all of them.
 */
export const TWO_NAMES = {
  "ddns-provider": "dynudns",
  "ddns-hostname": "gw.example.com",
  "ddns-password": "key",
  "public-ip-service-hostname": "ip.example.com",
};

/** Opens such a resolver. The executable uses it when it is started with the returned wrapper. */
export async function silentResolver(lab: Lab): Promise<{ readonly wrapper: string[] }> {
  const socket = await lab.router.enter(() => Bun.udpSocket({ hostname: ADDRESS, port: 53 }));
  lab.onClose(() => socket.close());
  return withFile(lab, "/etc/resolv.conf", `nameserver ${ADDRESS}\noptions timeout:10 attempts:3\n`);
}

/** What a resolver does with queries for a host: answers with an address, answers that there is none, or nothing. */
export interface Answers {
  readonly A: string | "none" | "silence";
  readonly AAAA: "none" | "silence";
}

/** A resolver that answers for every host alike; starts the executable with the wrapper to have it ask this one. */
export async function resolverWith(lab: Lab, { A, AAAA }: Answers, address = ADDRESS): Promise<{ wrapper: string[] }> {
  const socket = await lab.router.enter(() =>
    Bun.udpSocket({
      hostname: address,
      port: 53,
      socket: {
        data(self, query, port, from) {
          const isA = query.readUInt16BE(query.indexOf(0, 12) + 1) === 1;
          const answer = isA ? A : AAAA;
          if (answer !== "silence") self.send(replyTo(query, answer), port, from);
        },
      },
    }),
  );
  lab.onClose(() => socket.close());
  return withFile(lab, "/etc/resolv.conf", `nameserver ${address}\n`);
}

/** Starts the executable with a file in place of one of the machine. */
export function withFile(lab: Lab, path: string, text: string): { wrapper: string[] } {
  const file = lab.file(path.replaceAll("/", "-"), text);
  return { wrapper: ["unshare", "-m", "sh", "-c", `mount --bind ${file} ${path}; exec "$@"`, "sh"] };
}

/** A DNS message (RFC 1035) with at most one record of type A in answer to the one question of a query. */
function replyTo(query: Buffer, address: string): Buffer {
  const question = query.subarray(12, query.indexOf(0, 12) + 5);
  const isFound = address !== "none";
  const head = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, isFound ? 1 : 0, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split(".").map(Number)]);
  return Buffer.concat([head, question, ...(isFound ? [record] : [])]);
}
