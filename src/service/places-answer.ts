import type { Config } from "../config/model.ts";
import type { RunningPool } from "../config/places-beside.ts";
import { type Answer, problem } from "../control/protocol.ts";

/**
 * Where the pools of a service are, for commands that read the same file: after reloads these are not the places of a start.
 * A service without a file is left as it is by files.
 */
export function placesAnswer({ pools, service }: Config): Answer<readonly RunningPool[]> {
  if (service.config === undefined) {
    return problem("no-file", "the service has no configuration file", "start the service with -config FILE");
  }
  const result = pools.map(({ name, selectors, table, preference }) => {
    return { ...(name !== undefined && { name }), selectors, table, preference };
  });
  return { ok: true, result };
}

/** The pools in such an answer; undefined where it is none. */
export function poolsIn(result: unknown): readonly RunningPool[] | undefined {
  return Array.isArray(result) && result.every(isPool) ? result : undefined;
}

function isPool(value: Partial<RunningPool> | null): value is RunningPool {
  const { name, selectors, table, preference } = value ?? {};
  const isNamed = name === undefined || typeof name === "string";
  const isPlaced = Number.isInteger(table) && Number.isInteger(preference);
  return isNamed && isPlaced && Array.isArray(selectors?.from) && Array.isArray(selectors.in);
}
