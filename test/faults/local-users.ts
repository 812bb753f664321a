/** What users of the machine do who are neither root nor that of the service. */
import { expect } from "bun:test";
import { PREFERENCE } from "../e2e/lab/index.ts";
import { asVisitor } from "../fixtures/visitor.ts";
import type { Fault } from "./fault.ts";

/** The names of the locks of a service with the lab's flags, as unix(7) has them. */
const LOCKS = ["table/180", `rule/${PREFERENCE}`, `guard/${PREFERENCE}`];

export const localUserFaults: readonly Fault[] = [
  {
    name: "another user's process has the names of all locks when the service starts",
    promise: "it starts, and a warning names the process; a second instance is rejected as ever",
    async run(scene) {
      const { lab } = scene;
      const listen = (lock: string) => Bun.listen({ unix: `\0gateway-route-manager/${lock}`, socket: { data() {} } });
      const listeners = lab.router.enter(() => asVisitor(() => LOCKS.map(listen)));
      try {
        const daemon = scene.start({ "when-no-gateways": "unreachable" });
        await daemon.log.next(
          /level=warn msg="a process that is no service has the name of the lock table\/180 \(pid /,
        );
        const started = await scene.timed("in use", () => lab.untilRouted(scene.healthy));
        await scene.rest();
        const second = lab.start({ "when-no-gateways": "unreachable", "metrics-port": 9191 });
        const { status, stderr } = await second.ended();
        expect(status).toBe(1);
        expect(stderr).toMatch(/another instance manages table 180 \(pid \d+, user 0, /);
        return `${started}; ${scene.unchanged()}`;
      } finally {
        for (const listener of listeners) listener.stop(true);
      }
    },
  },
];
