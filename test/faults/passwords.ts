/** Clients of the HTTP port that guess its password. */
import { expect } from "bun:test";
import { quantile } from "../../scripts/benchmarks/statistics.ts";
import { IP, refusing, ROUTER } from "../e2e/lab/index.ts";
import { run } from "../e2e/lab/namespace.ts";
import type { Fault } from "./fault.ts";

const PASSWORD = "right";
const headers = { Authorization: `Bearer ${PASSWORD}` };
const SECONDS = 5;

/** Ten at once, then four a second, and those that still wait at the end. */
const MOST_JUDGED = 10 + 4 * (SECONDS + 1);

export const passwordFaults: readonly Fault[] = [
  {
    name: `32 clients of one address guess the password as fast as they can for ${SECONDS} s, and a gateway fails`,
    promise: `${MOST_JUDGED} guesses are judged at most, and logged in two lines; other addresses are not slowed`,
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle({ "http-password": PASSWORD });
      const script = new URL("guess.ts", import.meta.url).pathname;
      const command = [IP, "netns", "exec", lab.router.name, process.execPath, script, "9090", String(SECONDS)];
      const guesses = run(command);
      await daemon.log.next(/wrong password, from 127\.0\.0\.1/);
      const seen = await scene.timed("route updated", async () => {
        lab.gateway(2).becomes(refusing);
        await scene.untilHealthy([1, 3]);
      });
      const waits: number[] = []; // of which a busy machine delays one or the other
      while (waits.length < 3) {
        const start = performance.now();
        expect(await daemon.get("/metrics", ROUTER, { headers })).toMatchObject({ status: 200 });
        waits.push(performance.now() - start);
      }
      const wait = quantile(waits, 0.5);
      expect(wait).toBeLessThan(500);
      const judged = Number(await guesses);
      expect(judged).toBeLessThanOrEqual(MOST_JUDGED);
      expect(daemon.log.matching(/wrong password/).length).toBeLessThanOrEqual(2);
      return `${judged} guesses judged; ${seen}; ${wait.toFixed(0)} ms for another address`;
    },
  },
];
