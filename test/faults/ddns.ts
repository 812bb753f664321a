/** Faults of public address services, the DNS resolver and the DNS provider. Gateway 2 has the faulty service. */
import { expect } from "bun:test";
import { KEY_DECLINED } from "../fakes/dynu-faults.ts";
import {
  answering,
  type Behaviour,
  DdnsLab,
  dripping,
  publicOf,
  refusing,
  repeating,
  sending,
  reporting,
  answeringJson,
  untilState,
} from "../e2e/lab/index.ts";
import { silentResolver, TWO_NAMES } from "../e2e/lab/resolver.ts";
import type { Fault } from "./fault.ts";
import { GZIPPED_ZEROS, METADATA } from "./hostile.ts";
import type { Scene } from "./scene.ts";

/** Starts a service with a DNS name and waits until the name has the addresses of all gateways. */
async function settleWithName(scene: Scene): Promise<DdnsLab> {
  const ddns = await DdnsLab.open(scene.lab);
  scene.follow(ddns.start());
  await ddns.untilReadBack(scene.healthy);
  await untilState(scene.daemon, 2, "known");
  await scene.rest();
  return ddns;
}

/** Gateway 2's service behaves like this: its record stays, and the records of other gateways are still updated. */
function badAddress(name: string, behaviour: Behaviour): Fault {
  return {
    name: `a public address service ${name}`,
    promise: "the gateway keeps its record; one warning is logged",
    async run(scene) {
      const ddns = await settleWithName(scene);
      ddns.service(2).becomes(behaviour);
      await untilState(scene.daemon, 2, "kept");
      await scene.logsOnce(/level=warn.*cannot determine the public address of 10\.77\.0\.12/);
      scene.lab.gateway(3).becomes(answering(503));
      await scene.untilHealthy([1, 2]);
      await ddns.untilReadBack([1, 2]);
      expect(ddns.violations()).toEqual([]);
      return `the name has both addresses, ${scene.memoryText}`;
    },
  };
}

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

export const ddnsFaults: readonly Fault[] = [
  badAddress("sends a body of 1 GB", sending(1e9)),
  badAddress("sends a body without end", sending(Infinity)),
  badAddress("sends header fields without end", repeating(HEAD, `X-Filler: ${"x".repeat(1000)}\r\n`)),
  badAddress("sends a decompression bomb", repeating(`${HEAD}Content-Encoding: gzip\r\n\r\n`, GZIPPED_ZEROS)),
  badAddress("sends its response one byte every 100 ms", dripping(100)),
  badAddress("reports a private address", reporting("10.0.0.1")),
  badAddress("reports the cloud metadata address", reporting(METADATA)),
  badAddress("reports several addresses", answeringJson({ public_ip: "1.0.0.2, 1.0.0.9", ip: ["1.0.0.2", "1.0.0.9"] })),
  badAddress("answers with a web page", answering(200, { body: "<html>1.0.0.9</html>" })),
  {
    name: `a public address service redirects to ${METADATA}`,
    promise: "the redirect is not followed; the record stays",
    async run(scene) {
      const { lab } = scene;
      await lab.upstream.ip("address", "add", `${METADATA}/32`, "dev", "lo");
      const metadata = lab.serve(lab.upstream, METADATA, 80);
      const ddns = await settleWithName(scene);
      ddns.service(2).becomes(answering(302, { headers: { Location: `http://${METADATA}/latest/` } }));
      await untilState(scene.daemon, 2, "kept");
      await scene.logsOnce(
        /level=warn.*cannot determine the public address of 10\.77\.0\.12: .*redirects are not followed/,
      );
      expect(metadata.requests).toEqual([]);
      await ddns.untilResolves([1, 2, 3]);
      return "0 requests to that address";
    },
  },
  {
    name: "a gateway fails while the DNS provider cannot be reached",
    promise: "the route does not wait for it; the name is updated when it can be reached again",
    async run(scene) {
      const ddns = await settleWithName(scene);
      ddns.disconnect();
      scene.lab.gateway(3).becomes(refusing);
      const seen = await scene.timed("route updated", () => scene.untilHealthy([1, 2]));
      await scene.logsOnce(/level=warn.*ddns: /);
      ddns.connect();
      await ddns.untilReadBack([1, 2]);
      expect(ddns.violations()).toEqual([]);
      return `${seen}; the name when the provider answered`;
    },
  },
  {
    name: "a gateway fails while the DNS resolver does not answer",
    promise: "route, log and stop do not wait for it",
    async run(scene) {
      const { lab } = scene;
      const { wrapper } = await silentResolver(lab);
      await scene.settle(TWO_NAMES, { wrapper });
      lab.gateway(3).becomes(refusing);
      return scene.timed("route updated", () => scene.untilHealthy([1, 2]));
    },
  },
  {
    name: "the DNS provider declines a good key once",
    promise: "the key is used again within seconds; no error is logged",
    async run(scene) {
      const ddns = await settleWithName(scene);
      ddns.dynu.fail(KEY_DECLINED);
      scene.lab.gateway(3).becomes(refusing);
      await scene.logsOnce(/level=warn.*401.*worked before/);
      await scene.untilHealthy([1, 2]);
      const seen = await scene.timed("name updated", () => ddns.untilReadBack([1, 2]));
      expect(scene.daemon.log.matching(/level=error/)).toEqual([]);
      return seen;
    },
  },
  {
    name: "the DNS provider raises the time to live of every record",
    promise: "it is accepted after three tries",
    async run(scene) {
      const ddns = await DdnsLab.open(scene.lab);
      ddns.dynu.quirks.storedTtl = (ttl) => Math.max(30, ttl);
      scene.follow(ddns.start({ "ddns-record-ttl": "10s" }));
      await scene.daemon.log.next(/level=warn.*stores a time to live of 30s, not 10s; accepted/);
      await ddns.untilReadBack([1, 2, 3]);
      await scene.rest();
      expect(ddns.writes().length).toBeLessThanOrEqual(12);
      return `${ddns.writes().length} writes for 3 records`;
    },
  },
  {
    name: "the DNS provider does not list the records that are added",
    promise: "each record is added once; the reason is logged",
    async run(scene) {
      const ddns = await DdnsLab.open(scene.lab);
      Object.assign(ddns.dynu.quirks, { hidesAdded: true, doubles: true });
      scene.follow(ddns.start());
      await scene.daemon.log.next(/level=warn.*accepted 1\.0\.0\.1 \(record \d+\) but does not list it/);
      await scene.daemon.untilMetrics("three tries", (it) => it.value("ddns_errors_total", { kind: "passing" }) >= 3);
      await scene.rest();
      expect(ddns.own()).toHaveLength(3);
      return `${ddns.writes().length} writes for 3 records`;
    },
  },
  {
    name: "a VPN stops while its gateway goes on answering probes (-public-ip-required)",
    promise: "the gateway leaves the route and the name",
    async run(scene) {
      const ddns = await DdnsLab.open(scene.lab);
      scene.follow(ddns.start({ "public-ip-required": true }));
      await ddns.untilReadBack([1, 2, 3]);
      await scene.rest();
      ddns.service(2).becomes(answeringJson({ public_ip: "" }));
      const seen = await scene.timed("route updated", () => scene.untilHealthy([1, 3]));
      await scene.logsOnce(/gateway 10\.77\.0\.12 down: no public address/);
      await ddns.untilReadBack([1, 3]);
      return seen;
    },
  },
  {
    name: "a public address changes while its gateway stays healthy",
    promise: "its record is changed in place",
    async run(scene) {
      const ddns = await settleWithName(scene);
      const since = ddns.dynu.moments.length - 1;
      ddns.service(2).becomes(reporting("1.0.0.222"));
      await ddns.untilReadBack([1, 3, "1.0.0.222"]);
      expect(ddns.wasNeverEmpty(since)).toBe(true);
      expect(ddns.own().map(({ content }) => content)).not.toContain(publicOf(2));
      return scene.unchanged();
    },
  },
];
