/** What hostile, broken and slow gateways do to probes. Gateway 2 is the bad one. */
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

/** One gateway does this instead of answering well: the others keep the route, and it returns when it is good again. */
function down(name: string, behaviour: Behaviour): Fault {
  return {
    name: `a gateway ${name}`,
    promise: "it is down, the others are not",
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle();
      lab.gateway(2).becomes(behaviour);
      await scene.untilHealthy([1, 3]);
      await daemon.untilRounds(3);
      const seen = `${scene.changes(1)}, +${scene.memoryGrowth} MiB`;
      lab.gateway(2).becomes(answering(200));
      await scene.untilHealthy([1, 2, 3]);
      return seen;
    },
  };
}

/** One gateway answers well, with something bad besides. */
function up(name: string, behaviour: Behaviour): Fault {
  return {
    name: `a gateway ${name}`,
    promise: "it is up: only the status counts, the body is never read",
    async run(scene) {
      const daemon = await scene.settle();
      scene.lab.gateway(2).becomes(behaviour);
      await daemon.untilRounds(4);
      return `${scene.calm()}, +${scene.memoryGrowth} MiB`;
    },
  };
}

/** The link to a gateway is cut while connections to it are open. */
async function cut({ lab }: Scene, state: "up" | "down"): Promise<void> {
  await lab.home(2).ip("link", "set", "eth0", state);
}

export const gatewayFaults: readonly Fault[] = [
  down("hangs", hanging),
  down("answers after the timeout", slow(1500)),
  down("sends its header a byte every 100 ms", dripping(100)),
  down("sends a header without an end", repeating(GOOD_HEAD, `X-Filler: ${"x".repeat(1000)}\r\n`)),
  down("sends one header field without an end", repeating(`${GOOD_HEAD}X-Filler: `, "x".repeat(1000))),
  down("sends interim answers (1xx) without an end", repeating("", "HTTP/1.1 100 Continue\r\n\r\n")),
  down("resets connections", resetting),
  down("talks SSH", garbling),
  down("talks HTTP/0.9", saying("<html>ok</html>\n")),
  {
    name: "gateways talk random bytes instead of TLS (-scheme https)",
    promise: "they are down, and it is told why",
    async run(scene) {
      for (const gateway of scene.lab.gateways) gateway.becomes(saying(randomText(5000)));
      scene.healthy = [];
      const daemon = await scene.settle({ scheme: "https" });
      await daemon.untilRounds(3);
      return /down: (TLS[^"(]*)/.exec(daemon.log.matching(/gateway \S+ down/)[0]!.text)![1]!.trim();
    },
  },
  up("sends a body without an end", sending(Infinity)),
  up("sends a compressed bomb", repeating(`${GOOD_HEAD}Content-Encoding: gzip\r\n\r\n`, GZIPPED_ZEROS)),
  up("says 204 and sends a body all the same", saying(`HTTP/1.1 204 No Content\r\n\r\n${"x".repeat(100_000)}`)),
  {
    name: `a gateway redirects to ${METADATA} (metadata of a cloud)`,
    promise: "it is down, and that address is never asked",
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
      return "asked 0 times";
    },
  },
  {
    name: "the cable to a gateway is cut while probes of it are open",
    promise: "it is down after the timeout",
    async run(scene) {
      const { lab } = scene;
      lab.gateway(2).becomes(slow(500));
      await scene.settle();
      const asked = lab.gateway(2).requests.length;
      await lab.until(
        "an open probe",
        () => lab.gateway(2).requests.length,
        (count) => count > asked,
      );
      await cut(scene, "down");
      const seen = await scene.timed("down", () => scene.untilHealthy([1, 3]));
      await cut(scene, "up");
      await lab.home(2).ip("route", "replace", "default", "via", "10.77.0.1");
      await scene.untilHealthy([1, 2, 3]);
      return seen;
    },
  },
  {
    name: "100,000 connections are reset by 100 of 101 gateways",
    promise: "the last one carries everything; nothing stays open",
    lab: { gateways: 101, shared: true },
    long: true,
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle({
        "check-period": "100ms",
        timeout: "100ms",
        "log-level": "info",
        fall: 20,
      });
      for (const gateway of lab.gateways.slice(1)) gateway.becomes(resetting);
      const resets = async (): Promise<number> =>
        (await daemon.metrics()).value("gateway_health_check_total", { status: "failure" });
      while ((await resets()) < 100_000) await Bun.sleep(1000);
      await scene.untilHealthy([1]);
      return `the route is over it, +${scene.memoryGrowth} MiB`;
    },
  },
  {
    name: "all gateways fail and return every 300 ms, for 5 s",
    promise: "right in the end",
    async run(scene) {
      const { lab } = scene;
      await scene.settle({ "check-period": "200ms", timeout: "200ms" });
      for (let time = 0; time < 16; time++) {
        for (const gateway of lab.gateways) gateway.becomes(time % 2 === 0 ? resetting : answering(200));
        await Bun.sleep(300);
      }
      return `${scene.routeChanges} changes of the route; ${await scene.timed("right", () => lab.untilRouted([1, 2, 3]))}`;
    },
  },
];
