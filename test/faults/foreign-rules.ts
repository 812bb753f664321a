/** Rules of other programs that come before that of the service. */
import { expect } from "bun:test";
import { UPSTREAM } from "../e2e/lab/index.ts";
import type { Fault } from "./fault.ts";

/** Those of wg-quick(8), the last of which sends all packets but its own into the tunnel. */
const RULES = ["table main suppress_prefixlength 0", "not fwmark 51820 table 51820"];

export const foreignRuleFaults: readonly Fault[] = [
  {
    name: "wg-quick adds rules that send every packet into its tunnel, and deletes them later",
    promise: "one warning is logged, metrics show it, and the route does not change",
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle();
      const count = async (): Promise<number> =>
        (await daemon.metrics()).value("preceding_rules_count", { extent: "all" });
      await lab.router.batch([
        `route add default via ${UPSTREAM} table 51820`,
        ...RULES.map((rule) => `rule add pref 10887 ${rule}`),
      ]);
      const seen = await scene.timed("reported", () => lab.until("the rule to count", count, (it) => it === 1));
      await scene.logsOnce(/level=warn msg="a rule of another program comes first: 10887: not from all/);
      await daemon.untilRounds(2);
      await lab.router.batch([...RULES.toReversed().map((rule) => `rule delete ${rule}`), "route flush table 51820"]);
      await lab.until("the rule to count no more", count, (it) => it === 0);
      expect(await scene.routeChanges()).toBe(0);
      return seen;
    },
  },
];
