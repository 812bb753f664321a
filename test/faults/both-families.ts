/** Rows about a service that routes both families. */
import { address6Of, addressOf } from "../e2e/lab/index.ts";
import type { Fault } from "./fault.ts";
import type { Scene } from "./scene.ts";

export const NUMBERS = [1, 2, 3];
export const FLAGS = {
  gateway: NUMBERS.map((number) => `${addressOf(number)}+${address6Of(number)}`),
  route: ["default", "default6"],
  "when-no-gateways": "unreachable",
};

/** A row about a service that routes both families; `act` gets the slots of IPv6 at rest. */
export function ofBoth(
  name: string,
  promise: string,
  act: (scene: Scene, slots: readonly string[]) => Promise<string>,
): Fault {
  return {
    ...{ name, promise, lab: { ipv6: true } },
    async run(scene) {
      await scene.settle(FLAGS);
      const slots = await scene.lab.untilRouted6(NUMBERS);
      return act(scene, slots);
    },
  };
}
