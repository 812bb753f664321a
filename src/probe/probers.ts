import { httpProbe, type HttpTarget } from "./http.ts";
import type { Probe } from "./probe.ts";

/** What a prober is made from. Durations are milliseconds. */
export type ProbeSettings = HttpTarget;

/** Every prober by its name. A new one is a file and a line here. */
export const PROBERS = {
  http: httpProbe,
} as const satisfies Record<string, (settings: ProbeSettings) => Probe>;

/** The prober of a pool. */
export function proberOf(settings: ProbeSettings): Probe {
  return PROBERS.http(settings);
}
