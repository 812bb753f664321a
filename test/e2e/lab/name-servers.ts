/** Names at real name servers on the upstream host, which the executable keeps up to date. */
import { onTestFinished } from "bun:test";

import { serveBind } from "../../fakes/bind.ts";
import type { DynamicServer } from "../../fakes/dynamic-server.ts";
import { serveKnot } from "../../fakes/knot.ts";
import { servePowerDns } from "../../fakes/powerdns-server.ts";
import type { Flags } from "./executable.ts";
import type { Namespace } from "./namespace.ts";
import { UPSTREAM } from "./network.ts";

type RecordType = "A" | "AAAA" | "TXT";

/** A name at a server, and access to its records by other means. */
export interface ServedName {
  readonly flags: Flags & { readonly "ddns-hostname": string };
  /** The text of the key. */
  readonly key: string;
  /** What must not show in a log. */
  readonly secret: string;
  /** Gives the name these addresses, in place of those of the type that it has. */
  put(type: "A" | "AAAA", addresses: readonly string[], ttl: number): Promise<void>;
  /** The records of a type, each as `CONTENT TTL`. */
  held(type: RecordType): Promise<string[]>;
}

/** Starts a server, which ends with the test. */
export type Serve = (upstream: Namespace) => Promise<ServedName>;

export const atBind: Serve = async (upstream) => dynamicName(await serveBind(upstream));
export const atKnot: Serve = async (upstream) => dynamicName(await serveKnot(upstream));

export const atPowerDns: Serve = async (upstream) => {
  const server = await servePowerDns(upstream, UPSTREAM);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const [zone, name] = ["example.net", "gw.example.net"];
  return {
    flags: { "ddns-provider": "powerdns", "ddns-api-url": server.apiUrl, "ddns-hostname": name },
    ...{ key: server.key, secret: server.key },
    put: async (type, addresses, ttl) => server.put(zone, name, type, addresses, ttl),
    async held(type) {
      const fields = server.zone(zone).map((line) => line.split(" "));
      const own = fields.filter(([owner, , of]) => owner === name && of === type);
      return own.map(([, ttl, , content]) => `${content} ${ttl}`).sort();
    },
  };
};

function dynamicName(server: DynamicServer): ServedName {
  onTestFinished(() => server[Symbol.asyncDispose]());
  const [zone, name] = ["example.com", "gw.example.com"];
  return {
    flags: { "ddns-provider": "rfc2136", "ddns-server": UPSTREAM, "ddns-hostname": name },
    ...{ key: server.key, secret: /secret "([^"]+)"/.exec(server.key)![1]! },
    put: (type, addresses, ttl) =>
      server.nsupdate(zone, [
        `update delete ${name} ${type}`,
        ...addresses.map((address) => `update add ${name} ${ttl} ${type} ${address}`),
      ]),
    async held(type) {
      const fields = (await server.zone(zone)).map((line) => line.split(/\s+/));
      const own = fields.filter(([owner, , , of]) => owner === `${name}.` && of === type);
      return own.map(([, ttl, , , content]) => `${content} ${ttl}`).sort();
    },
  };
}
