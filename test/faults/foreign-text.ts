/** Texts of other programs and of people in what `ip` prints. */
import { escapingApostrophes, withNames } from "../e2e/lab/foreign-text.ts";
import { refusing } from "../e2e/lab/index.ts";
import type { Fault } from "./fault.ts";

export const foreignTextFaults: readonly Fault[] = [
  {
    name: "the table is flushed, and rt_tables has a name for it",
    promise: "the routes are restored at once",
    async run(scene) {
      const { lab } = scene;
      await scene.settle({}, { wrapper: withNames });
      await lab.router.ip("route", "flush", "table", "180");
      return scene.timed("restored", () => lab.untilRouted(scene.healthy));
    },
  },
  {
    name: "an interface gets an apostrophe and a control character in its description, with an old ip",
    promise: "a gateway that fails then leaves the route at once",
    async run(scene) {
      const { lab } = scene;
      await scene.settle({}, lab.fakeIp(escapingApostrophes));
      await lab.router.batch(['link set lan0 alias "Joe\'s \u0001"', "link property add dev lan0 altname joe's"]);
      lab.gateway(2).becomes(refusing);
      return scene.timed("left out", () => scene.untilHealthy([1, 3]));
    },
  },
];
