import type { Config } from "../../../src/config/model.ts";

/** The values of a configuration with one pool in one record, for tests of the flags that gave them. */
export function valuesOf({ service, pools: [pool] }: Config) {
  return { ...service, ...pool };
}

export type Values = ReturnType<typeof valuesOf>;
