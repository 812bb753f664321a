/** What users of the machine do who are neither root nor that of the service. */
import { expect } from "bun:test";
import { check } from "../e2e/lab/check.ts";
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
        const { about } = await check(lab, { "when-no-gateways": "unreachable" });
        const warned = {
          level: "warning",
          message: expect.stringContaining("a process that is no service has the name of the lock"),
          remedy: expect.anything(),
        };
        expect(about("lock")).toMatchObject([warned, warned]); // the table's and the guard's: those that these flags need
        expect(about("instance")).toMatchObject([{ level: "ok", message: "no instance runs that manages table 180" }]);
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
        return `${started}; ${await scene.unchanged()}`;
      } finally {
        for (const listener of listeners) listener.stop(true);
      }
    },
  },
  {
    name: "another user's process takes the HTTP port while the service is stopped",
    promise: "healthcheck takes no answer from it, and status gives it no password",
    async run(scene) {
      const { lab } = scene;
      await (await scene.settle()).stop();
      const received: string[] = [];
      const answer = (request: Request): Response => {
        received.push(request.headers.get("authorization") ?? request.url);
        return new Response("ok: all is well\n");
      };
      const serve = () => Bun.serve({ hostname: "127.0.0.1", port: 9090, fetch: answer });
      const server = lab.router.enter(() => asVisitor(serve));
      const password = ["-http-password", "secret-of-the-page"];
      const answers = await Promise.all([lab.run(["healthcheck"]), lab.run(["status", ...password])]);
      await server.stop(true);
      expect(answers.map(({ status }) => status)).toEqual([1, 4]);
      for (const { stdout, stderr } of answers) {
        expect(`${stdout}${stderr}`).toMatch(/port 9090 belongs to a process of user 12345, who is not root/);
      }
      expect(received).toEqual([]);
      await scene.settle();
      return "neither sent it anything";
    },
  },
];
