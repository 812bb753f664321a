import type { Config } from "../config/model.ts";
import { drainedAddresses, drainedAmong } from "../pool/drains.ts";
import { readDrainFile } from "../service/drain-file.ts";
import { drainFileOf } from "../service/own-files.ts";

/** The gateways that a service with this configuration would not use, and why that is not known for sure. */
export function drainedBy(config: Config): {
  readonly drained: ReadonlySet<string>;
  readonly problem: readonly string[];
} {
  const file = drainFileOf(config);
  const { entries, problem } = file === undefined ? { entries: [] } : readDrainFile(file);
  const drained = drainedAddresses(drainedAmong(config.gateways, entries), config.gateways);
  return { drained, problem: problem === undefined ? [] : [problem] };
}
