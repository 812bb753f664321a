import { resolve } from "node:path";

import type { Config } from "../../config/model.ts";

/** The field of a request by which a service declines one that is meant for another. */
export interface RequestFile {
  readonly config?: string;
}

/** The configuration file that a command is given. */
export function fileOf({ service: { config } }: Pick<Config, "service">): RequestFile {
  return config === undefined ? {} : { config: resolve(config) };
}
