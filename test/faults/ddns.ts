/** What public address services, the resolver and the DNS provider do. Gateway 2 has the bad service. */
import { expect } from "bun:test";
import {
  answering,
  type Behaviour,
  DdnsLab,
  dripping,
  publicOf,
  refusing,
  repeating,
  sending,
  telling,
  tellingJson,
  untilState,
} from "../e2e/lab/index.ts";
import { silentResolver, TWO_NAMES } from "../e2e/lab/resolver.ts";
import type { Fault } from "./fault.ts";
import { GZIPPED_ZEROS, METADATA } from "./hostile.ts";
import type { Scene } from "./scene.ts";

/** A service at rest that keeps a name on the addresses of all gateways. */
async function settleWithName(scene: Scene): Promise<DdnsLab> {
  const ddns = await DdnsLab.open(scene.lab);
  scene.follow(ddns.start());
  await ddns.untilReadBack(scene.healthy);
  await untilState(scene.daemon, 2, "known");
  await scene.rest();
  return ddns;
}

/** Gateway 2's service answers like this: its record stays, and the name follows the others. */
function badAddress(name: string, behaviour: Behaviour): Fault {
  return {
    name: `a public address service ${name}`,
    promise: "the healthy gateway keeps its record; told once",
    async run(scene) {
      const ddns = await settleWithName(scene);
      ddns.service(2).becomes(behaviour);
      await untilState(scene.daemon, 2, "kept");
      await scene.tells(/level=warn.*cannot determine the public address of 10\.77\.0\.12/);
      scene.lab.gateway(3).becomes(answering(503));
      await scene.untilHealthy([1, 2]);
      await ddns.untilReadBack([1, 2]);
      expect(ddns.harm()).toEqual([]);
      return `the name has both, +${scene.memoryGrowth} MiB`;
    },
  };
}

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

export const ddnsFaults: readonly Fault[] = [
  badAddress("sends a gigabyte", sending(1e9)),
  badAddress("sends a body without an end", sending(Infinity)),
  badAddress("sends a header without an end", repeating(HEAD, `X-Filler: ${"x".repeat(1000)}\r\n`)),
  badAddress("sends a compressed bomb", repeating(`${HEAD}Content-Encoding: gzip\r\n\r\n`, GZIPPED_ZEROS)),
  badAddress("sends its answer a byte every 100 ms", dripping(100)),
  badAddress("tells a private address", telling("10.0.0.1")),
  badAddress("tells the metadata address of clouds", telling(METADATA)),
  badAddress("tells many addresses", tellingJson({ public_ip: "1.0.0.2, 1.0.0.9", ip: ["1.0.0.2", "1.0.0.9"] })),
  badAddress("sends a web page", answering(200, { body: "<html>1.0.0.9</html>" })),
  {
    name: `a public address service redirects to ${METADATA}`,
    promise: "that address is never asked; the record stays",
    async run(scene) {
      const { lab } = scene;
      await lab.upstream.ip("address", "add", `${METADATA}/32`, "dev", "lo");
      const metadata = lab.serve(lab.upstream, METADATA, 80);
      const ddns = await settleWithName(scene);
      ddns.service(2).becomes(answering(302, { headers: { Location: `http://${METADATA}/latest/` } }));
      await untilState(scene.daemon, 2, "kept");
      await scene.tells(
        /level=warn.*cannot determine the public address of 10\.77\.0\.12: .*redirects are not followed/,
      );
      expect(metadata.requests).toEqual([]);
      await ddns.untilResolves([1, 2, 3]);
      return "asked 0 times";
    },
  },
  {
    name: "the DNS provider is not reachable while gateways leave and return",
    promise: "routes do not wait for it; the name follows when it is back",
    async run(scene) {
      const ddns = await settleWithName(scene);
      ddns.disconnect();
      scene.lab.gateway(3).becomes(refusing);
      const seen = await scene.timed("routes right", () => scene.untilHealthy([1, 2]));
      await scene.tells(/level=warn.*ddns: /);
      ddns.connect();
      await ddns.untilReadBack([1, 2]);
      expect(ddns.harm()).toEqual([]);
      return `${seen}, the name later`;
    },
  },
  {
    name: "the resolver is silent, with names to look up",
    promise: "routes, the log and a stop do not wait for it",
    async run(scene) {
      const { lab } = scene;
      const { wrapper } = await silentResolver(lab);
      await scene.settle(TWO_NAMES, { wrapper });
      lab.gateway(3).becomes(refusing);
      return scene.timed("right", () => scene.untilHealthy([1, 2]));
    },
  },
  {
    name: "a public address changes while its gateway stays healthy",
    promise: "the record changes in place",
    async run(scene) {
      const ddns = await settleWithName(scene);
      const since = ddns.dynu.moments.length - 1;
      ddns.service(2).becomes(telling("1.0.0.222"));
      await ddns.untilReadBack([1, 3, "1.0.0.222"]);
      expect(ddns.wasNeverEmpty(since)).toBe(true);
      expect(ddns.own().map(({ content }) => content)).not.toContain(publicOf(2));
      return scene.calm();
    },
  },
];
