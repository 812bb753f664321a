/** Hostile, faulty and slow gateways. Gateway 2 is the faulty one where no other is named. */
import { expect } from "bun:test";
import {
  answering,
  type Behaviour,
  dripping,
  garbling,
  hanging,
  repeating,
  resetting,
  saying,
  sending,
  slow,
} from "../e2e/lab/index.ts";
import type { Fault } from "./fault.ts";
import { GZIPPED_ZEROS, METADATA, randomText } from "./hostile.ts";
import type { Scene } from "./scene.ts";

const GOOD_HEAD = "HTTP/1.1 200 OK\r\n";

/** One gateway behaves like this instead of being healthy: the others stay in the route, and it returns afterwards. */
function down(name: string, behaviour: Behaviour): Fault {
  return {
    name: `a gateway ${name}`,
    promise: "it is down; the other gateways stay up",
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle();
      lab.gateway(2).becomes(behaviour);
      await scene.untilHealthy([1, 3]);
      await daemon.untilRounds(3);
      const seen = `${await scene.changes(1)}, ${scene.memoryText}`;
      lab.gateway(2).becomes(answering(200));
      await scene.untilHealthy([1, 2, 3]);
      return seen;
    },
  };
}

/** One gateway answers with a good status and something hostile besides. */
function up(name: string, behaviour: Behaviour): Fault {
  return {
    name: `a gateway ${name}`,
    promise: "it is up: only the status counts, and the body is not read",
    async run(scene) {
      const daemon = await scene.settle();
      scene.lab.gateway(2).becomes(behaviour);
      await daemon.untilRounds(4);
      return `${await scene.unchanged()}, ${scene.memoryText}`;
    },
  };
}

/** Sets the link of gateway 2 up or down. */
async function setLink({ lab }: Scene, state: "up" | "down"): Promise<void> {
  await lab.gatewaySpace(2).ip("link", "set", "eth0", state);
}

export const gatewayFaults: readonly Fault[] = [
  down("accepts connections and never answers", hanging),
  down("answers after the timeout", slow(1500)),
  down("sends its response header one byte every 100 ms", dripping(100)),
  down("sends header fields without end", repeating(GOOD_HEAD, `X-Filler: ${"x".repeat(1000)}\r\n`)),
  down("sends one header field without end", repeating(`${GOOD_HEAD}X-Filler: `, "x".repeat(1000))),
  down("sends interim responses (1xx) without end", repeating("", "HTTP/1.1 100 Continue\r\n\r\n")),
  down("resets connections", resetting),
  down("answers with an SSH banner", garbling),
  down("answers without a status line (HTTP/0.9)", saying("<html>ok</html>\n")),
  {
    name: "gateways answer with random bytes instead of TLS (-scheme https)",
    promise: "they are down, and the reason is logged",
    async run(scene) {
      for (const gateway of scene.lab.gateways) gateway.becomes(saying(randomText(5000)));
      scene.healthy = [];
      const daemon = await scene.settle({ scheme: "https" });
      await daemon.untilRounds(3);
      return /down: (TLS[^"(]*)/.exec(daemon.log.matching(/gateway \S+ down/)[0]!.text)![1]!.trim();
    },
  },
  up("sends a body without end", sending(Infinity)),
  up("sends a decompression bomb", repeating(`${GOOD_HEAD}Content-Encoding: gzip\r\n\r\n`, GZIPPED_ZEROS)),
  up("answers 204 with a body", saying(`HTTP/1.1 204 No Content\r\n\r\n${"x".repeat(100_000)}`)),
  {
    name: `a gateway redirects to ${METADATA} (cloud metadata)`,
    promise: "it is down; the redirect is not followed",
    async run(scene) {
      const { lab } = scene;
      await lab.upstream.ip("address", "add", `${METADATA}/32`, "dev", "lo");
      const metadata = lab.serve(lab.upstream, METADATA, 80);
      const daemon = await scene.settle();
      lab.gateway(2).becomes(answering(307, { headers: { Location: `http://${METADATA}/latest/meta-data/` } }));
      await scene.untilHealthy([1, 3]);
      await daemon.untilRounds(3);
      expect(metadata.requests).toEqual([]);
      lab.gateway(2).becomes(answering(200));
      await scene.untilHealthy([1, 2, 3]);
      return "0 requests to that address";
    },
  },
  {
    name: "the link of a gateway fails while probes of it are open",
    promise: "it is down after the timeout",
    async run(scene) {
      const { lab } = scene;
      lab.gateway(2).becomes(slow(500));
      await scene.settle();
      const before = lab.gateway(2).requests.length;
      await lab.untilCount("an open probe", () => lab.gateway(2).requests.length, before + 1);
      await setLink(scene, "down");
      const seen = await scene.timed("down", () => scene.untilHealthy([1, 3]));
      await setLink(scene, "up");
      await lab.gatewaySpace(2).ip("route", "replace", "default", "via", "10.77.0.1");
      await scene.untilHealthy([1, 2, 3]);
      return seen;
    },
  },
  {
    name: "100 of 101 gateways reset 100,000 connections",
    promise: "the route has the healthy gateway alone; no socket stays open",
    lab: { gateways: 101, shared: true },
    long: true,
    async run(scene) {
      const { lab } = scene;
      scene.mostWarnings = 100; // one for each gateway that is lost
      const daemon = await scene.settle({
        "check-period": "100ms",
        timeout: "100ms",
        "log-level": "info",
        fall: 20,
      });
      for (const gateway of lab.gateways.slice(1)) gateway.becomes(resetting);
      const resets = async (): Promise<number> =>
        (await daemon.metrics()).value("gateway_health_check_total", { status: "failure" });
      while ((await resets()) < 100_000) await Bun.sleep(1000); // ms; reads of /metrics are not to be the load here
      await scene.untilHealthy([1]);
      return `the route has it alone, ${scene.memoryText}`;
    },
  },
  {
    name: "all gateways fail and return every 300 ms, for 5 s",
    promise: "the route has all gateways soon after the end",
    async run(scene) {
      const { lab } = scene;
      scene.mostWarnings = 8 * 6; // eight outages: three losses, their common cause, the outage and its end
      await scene.settle({ "check-period": "200ms", timeout: "200ms" });
      for (let time = 0; time < 16; time++) {
        for (const gateway of lab.gateways) gateway.becomes(time % 2 === 0 ? resetting : answering(200));
        await Bun.sleep(300); // ms: the fault itself, a change after more than one check period
      }
      const complete = await scene.timed("complete", () => lab.untilRouted([1, 2, 3]));
      return `${await scene.routeChanges()} changes of the route; ${complete}`;
    },
  },
];
