/** Faults beyond the gateways, with probes of targets there. Gateway 2 is the faulty one where no other is named. */
import type { Fault } from "./fault.ts";
import { CALM, type Scene } from "./scene.ts";

const TARGETS = ["1.1.1.1", "9.9.9.9", "1.0.0.1"] as const;
const THROUGH = { through: `icmp:${TARGETS}`, "through-period": "500ms", "through-timeout": "300ms" };
const lab = { beyond: true };

/** Gateway 2 fails beyond itself and returns; its endpoint is healthy all the time. */
async function failBeyond(scene: Scene, fail: () => Promise<void>, recover: () => Promise<void>): Promise<string> {
  await scene.settle(THROUGH);
  await fail();
  const seen = await scene.timed("out of the route", () => scene.untilHealthy([1, 3]));
  await scene.logsOnce(/gateway \S+12 down: icmp .*no answer through it/);
  await recover();
  await scene.untilHealthy([1, 2, 3]);
  return seen;
}

export const throughFaults: readonly Fault[] = [
  {
    name: "the tunnel of a gateway dies without a word, and its endpoint stays healthy",
    promise: "the gateway leaves the route within 1.5 s at -through-period 500ms, and returns",
    lab,
    run: (scene) =>
      failBeyond(
        scene,
        () => scene.lab.beyond.setLoss(2, 100),
        () => scene.lab.beyond.setLoss(2, 0),
      ),
  },
  {
    name: "a gateway loses its masquerade",
    promise: "it leaves the route, and returns",
    lab,
    run: (scene) =>
      failBeyond(
        scene,
        () => scene.lab.beyond.setMasquerade(2, false),
        () => scene.lab.beyond.setMasquerade(2, true),
      ),
  },
  {
    name: "one of three targets beyond the gateways dies",
    promise: "no gateway counts as failed; the target is logged once",
    lab,
    async run(scene) {
      const daemon = await scene.settle(THROUGH);
      await scene.lab.beyond.setDead([TARGETS[0]]);
      await scene.logsOnce(/target 1\.1\.1\.1 is at fault itself/);
      await daemon.untilRounds(6);
      return scene.unchanged();
    },
  },
  {
    name: "all targets beyond the gateways die",
    promise: "all gateways count as failed, since nothing tells that from an outage beyond them; they return",
    lab,
    async run(scene) {
      await scene.settle(THROUGH);
      await scene.lab.beyond.setDead(TARGETS);
      const seen = await scene.timed("no route", () => scene.untilHealthy([]));
      await scene.logsOnce(/all 3 healthy gateways failed in the same moment/);
      await scene.lab.beyond.setDead(TARGETS, false);
      await scene.untilHealthy([1, 2, 3]);
      return seen;
    },
  },
  {
    name: "another program deletes the rules for probes and empties a table of theirs",
    promise: "both are restored, and the route does not change",
    lab,
    async run(scene) {
      await scene.settle(THROUGH);
      const before = await scene.lab.snapshot();
      await scene.lab.router.batch(["rule delete preference 100", "route flush table 18002"]);
      const seen = await scene.timed("restored", () => scene.lab.untilSnapshot(before));
      return `${seen}; ${await scene.unchanged()}`;
    },
  },
  {
    name: "the process is killed while it probes beyond the gateways, and started again without these probes",
    promise: "the rules and routes for probes are removed, and the route does not change",
    lab,
    async run(scene) {
      const first = await scene.settle(THROUGH);
      await first.kill();
      const second = scene.lab.start(CALM);
      const left = async (): Promise<number> => (await scene.lab.snapshot()).match(/fwmark|table 1800\d/g)?.length ?? 0;
      const seen = await scene.timed("removed", () => scene.lab.until("no entry for probes", left, (it) => it === 0));
      const unchanged = await scene.routeUnchanged();
      await scene.succeed(second);
      return `${seen}; ${unchanged}`;
    },
  },
];
