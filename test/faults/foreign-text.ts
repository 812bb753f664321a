/** Texts of other programs and people in what `ip` prints. */
import type { Fault } from "./fault.ts";
import { withNames } from "../e2e/lab/names.ts";

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
];
