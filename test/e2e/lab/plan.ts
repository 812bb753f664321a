/** The plan command in a lab. */
import type { ServicePlan } from "../../../src/diagnose/planned.ts";
import type { Daemon } from "./daemon.ts";
import type { Lab } from "./lab.ts";

/** What the command plans with the flags of a service, whether that runs or not. */
export async function planOf(lab: Lab, { flags }: Pick<Daemon, "flags">): Promise<ServicePlan> {
  const ending =
    flags["config"] === undefined
      ? lab.start({ ...flags, json: true }, { command: ["plan"] }).ended()
      : lab.run(["plan", "-json", "-config", String(flags["config"])]);
  const { status, stdout, stderr } = await ending;
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as ServicePlan;
}

/**
 * Expects that the command would change nothing in the kernel, in a state in which the service has nothing to change
 * either. The service may just be reaching that state, so this is repeated for a while; a real difference lasts.
 */
export async function expectPlanAgrees(lab: Lab, daemon: Pick<Daemon, "flags">): Promise<ServicePlan> {
  const planned = await lab.until(
    "the plan to change nothing",
    async () => {
      const before = await lab.snapshot();
      const plan = await planOf(lab, daemon);
      return { plan, calm: (await lab.snapshot()) === before };
    },
    ({ plan, calm }) => calm && plan.kernel.commands.length === 0 && plan.kernel.cleaning.length === 0,
    10_000,
  );
  return planned.plan;
}
