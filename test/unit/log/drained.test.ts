import { expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import type { Fields, Level } from "../../../src/log/log.ts";
import { createServiceLog } from "../../../src/log/service-log.ts";

const A = "10.0.0.1";

/** The lines about these events where two pools share a gateway with a name. */
function linesOf(...events: readonly ServiceEvent[]): [Level, string, Fields | undefined][] {
  const lines: [Level, string, Fields | undefined][] = [];
  const write = (...line: [Level, string, Fields?]): void => void lines.push([line[0], line[1], line[2]]);
  const members = [{ gateway: A, name: "sweden", weight: 1, tier: 1 }];
  const pools = ["vpn", "rest"].map((name) => ({ name, dnsNames: [], members }));
  const record = createServiceLog(Object.assign(write, { writes: () => true }), pools);
  for (const event of events) record(event);
  return lines;
}

test.each<[object, string]>([
  [{ drained: true, since: 1 }, "drained: not used until undrain"],
  [{ drained: false }, "not drained any more: used while it is healthy"],
  [{ drained: true, since: 1, initial: true }, "drained since an earlier run: not used until undrain"],
  [{ drained: true, initial: true }, "drained by the configuration: not used"],
])("%p is logged once, whatever pools have the gateway", (event, text) => {
  const lines = linesOf({ type: "drained", gateway: A, drained: true, ...event });
  expect(lines.map(([level, message]) => [level, message])).toEqual([["info", `gateway sweden (${A}) ${text}`]]);
  expect(lines[0]![2]).toMatchObject({ gateway: A, drained: "drained" in event && event.drained });
});
