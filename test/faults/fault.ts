import type { LabOptions } from "../e2e/lab/index.ts";
import type { Scene } from "./scene.ts";

/** One row of the table: a fault in the environment of the service, and what the service does then. */
export interface Fault {
  /** The fault, as a sentence with a subject. */
  readonly name: string;
  /** The promised outcome. */
  readonly promise: string;
  /** The network in which it happens; three gateways by default. */
  readonly lab?: LabOptions;
  /** Whether it takes longer than others and so is started early. */
  readonly long?: boolean;
  /** Causes the fault and returns the observed outcome in a few words. What holds after every fault is checked later. */
  run(scene: Scene): Promise<string>;
}
