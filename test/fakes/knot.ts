/** Knot in a network namespace, with zones that a key may update. */
import type { Namespace } from "../e2e/lab/namespace.ts";
import { dynamicServer, type DynamicServer, makeKeys, WILD_ZONE, ZONE } from "./dynamic-server.ts";
import { alone, serverIn } from "./server-process.ts";

/** Starts Knot in a network namespace of its own. The test process is in its namespace until it is disposed of. */
export function startKnot(): Promise<DynamicServer> {
  return alone(serveKnot);
}

/** Starts Knot in a network namespace, as BIND is there. */
export async function serveKnot(space: Namespace): Promise<DynamicServer> {
  const server = serverIn(space);
  const keys = await makeKeys("hmac-sha256");
  server.file("example.com", ZONE);
  server.file("wild.example", WILD_ZONE);
  const { folder } = server;
  const config = `
server:
  rundir: ${folder}
  listen: [0.0.0.0@53, ::@53]
log:
  - target: stderr
    any: info
database:
  storage: ${folder}
key:
${Object.values(keys).map(keyOf).join("\n")}
acl:
  - id: grm
    key: grm-key
    action: [update, query]
    update-owner: name
    update-owner-match: equal
    update-owner-name: [gw, alias]
    update-type: [A, AAAA]
  - id: idle
    key: idle-key
    action: query
  - id: local
    key: local-key
    action: [update, transfer, query]
zone:
${["example.com", "wild.example"].map(zoneOf).join("\n")}
`;
  function zoneOf(domain: string): string {
    return `  - domain: ${domain}\n    storage: ${folder}\n    file: ${domain}\n    acl: [grm, idle, local]`;
  }
  await server.start(["knotd", "-c", server.file("knot.conf", config)], /server started/);
  return dynamicServer(server, keys);
}

/** A key of tsig-keygen in the form of Knot. */
function keyOf(text: string): string {
  const [, id, algorithm, secret] = /key "(.*?)"[^]*algorithm (.*?);[^]*secret "(.*?)"/.exec(text)!;
  return `  - id: ${id}\n    algorithm: ${algorithm}\n    secret: ${secret}`;
}
