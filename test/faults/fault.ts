import type { LabOptions } from "../e2e/lab/index.ts";
import type { Scene } from "./scene.ts";

/** One row of the table: something that goes wrong around the service, and what holds all the same. */
export interface Fault {
  /** What is done. */
  readonly name: string;
  /** What is promised. */
  readonly promise: string;
  /** The network in which it happens: three gateways unless told otherwise. */
  readonly lab?: LabOptions;
  /** Whether it takes longer than others, so that it is better begun early. */
  readonly long?: boolean;
  /** Does it, and tells in a few words what was seen. What is promised in every row is checked afterwards. */
  run(scene: Scene): Promise<string>;
}
