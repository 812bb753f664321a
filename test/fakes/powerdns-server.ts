/** PowerDNS with zones in SQLite and the HTTP API. */
import { Database } from "bun:sqlite";
import { readFileSync } from "node:fs";

import type { DnsServer } from "../../src/ddns/dns/exchange.ts";
import { type Namespace, run } from "../e2e/lab/namespace.ts";
import { freePort } from "./free-port.ts";
import { serverIn } from "./server-process.ts";

const SCHEMA = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";

/** The zones of the server, each with its kind: one holds another one, and one comes from another server. */
const ZONES = { "example.net": "NATIVE", "vpn.example.net": "NATIVE", "copy.example": "SLAVE", lan: "NATIVE" } as const;

/** What each zone has besides its start; one has addresses of gw2 as well, and an alias. */
const RECORDS: readonly (readonly [zone: string, name: string, type: string, content: string])[] = [
  ["example.net", "gw2.example.net", "A", "9.0.0.1"],
  ["example.net", "gw.example.net", "TXT", '"text"'],
  ["example.net", "alias.example.net", "CNAME", "gw2.example.net"],
];

export interface PowerDnsServer extends AsyncDisposable {
  readonly apiUrl: string;
  /** Where it answers resolvers. */
  readonly server: DnsServer;
  /** The key of the API. */
  readonly key: string;
  /** The text of a key of tsig-keygen that may update example.net. */
  readonly tsigKey: string;
  /** Gives a name these records, in place of those of the type that it has. */
  put(zone: string, name: string, type: string, contents: readonly string[], ttl: number): void;
  /** All records of a zone, each as `NAME TTL TYPE CONTENT`. */
  zone(name: string): string[];
}

/**
 * Starts PowerDNS, at ports of its own on the loopback of the machine: Bun sends requests from another thread, which is in no
 * namespace that a test enters.
 */
export function startPowerDns(): Promise<PowerDnsServer> {
  return serve(undefined, "127.0.0.1", { api: freePort(), dns: freePort() });
}

/** Starts PowerDNS in a network namespace, at the usual ports of all addresses. @param host one of them, for `apiUrl` */
export function servePowerDns(space: Namespace, host: string): Promise<PowerDnsServer> {
  return serve(space, host, { api: 8081, dns: 53 });
}

interface Ports {
  readonly api: number;
  readonly dns: number;
}

async function serve(space: Namespace | undefined, host: string, ports: Ports): Promise<PowerDnsServer> {
  const server = serverIn(space);
  const key = "oV9Gi1Qd2rkXuJ5t";
  const path = server.file("zones", "");
  const database = new Database(path);
  database.exec(readFileSync(SCHEMA, "utf8"));
  const put: PowerDnsServer["put"] = (zone, name, type, contents, ttl) => {
    const [id] = database.query("SELECT id FROM domains WHERE name = ?").values(zone)[0]!;
    database.run("DELETE FROM records WHERE name = ? AND type = ?", [name, type]);
    for (const content of contents) {
      database.run(
        "INSERT INTO records (domain_id, name, type, content, ttl, disabled, auth) VALUES (?, ?, ?, ?, ?, 0, 1)",
        [id as number, name, type, content, ttl],
      );
    }
  };
  for (const [zone, kind] of Object.entries(ZONES)) {
    database.run("INSERT INTO domains (name, type, master) VALUES (?, ?, '192.0.2.1')", [zone, kind]);
    put(zone, zone, "SOA", [`ns.${zone} admin.${zone} 1 3600 600 86400 60`], 300);
    put(zone, zone, "NS", [`ns.${zone}`], 300);
  }
  for (const [zone, name, type, content] of RECORDS) put(zone, name, type, [content], 300);
  const tsigKey = await run(["tsig-keygen", "-a", "hmac-sha256", "grm-key"]);
  const [id] = database.query("SELECT id FROM domains WHERE name = 'example.net'").values()[0]!;
  database.run("INSERT INTO tsigkeys (name, algorithm, secret) VALUES ('grm-key', 'hmac-sha256', ?)", [
    /secret "(.*?)"/.exec(tsigKey)![1]!,
  ]);
  database.run("INSERT INTO domainmetadata (domain_id, kind, content) VALUES (?, 'TSIG-ALLOW-DNSUPDATE', 'grm-key')", [
    id as number,
  ]);
  const settings = [
    ...["dnsupdate=yes", "allow-dnsupdate-from=0.0.0.0/0,::/0"],
    ...[
      "launch=gsqlite3",
      `gsqlite3-database=${path}`,
      "local-address=0.0.0.0, ::",
      `local-port=${ports.dns}`,
      "security-poll-suffix=",
    ],
    ...[
      "api=yes",
      `api-key=${key}`,
      `webserver-port=${ports.api}`,
      "webserver-address=::",
      "webserver-allow-from=0.0.0.0/0,::/0",
    ],
    ...[`socket-dir=${server.folder}`, "setuid=", "setgid=", "disable-syslog=yes"],
  ];
  server.file("pdns.conf", settings.join("\n"));
  await server.start(["pdns_server", `--config-dir=${server.folder}`], /Done launching threads/);
  return {
    apiUrl: `http://${host}:${ports.api}`,
    server: { address: host, port: ports.dns },
    ...{ key, tsigKey },
    put(...words) {
      put(...words);
    },
    zone(name) {
      const rows = database
        .query(
          "SELECT r.name, r.ttl, r.type, r.content FROM records r JOIN domains d ON d.id = domain_id WHERE d.name = ?",
        )
        .values(name);
      return rows
        .map((row) => row.join(" "))
        .filter((line) => !/ (SOA|NS) /.test(line))
        .sort();
    },
    async [Symbol.asyncDispose]() {
      database.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
