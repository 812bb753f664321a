import { parseConfig } from "../../../src/config/parse.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { StatusModel } from "../../../src/status/model.ts";
import type { Status } from "../../../src/status/schema.ts";
import { FakeClock, GATEWAYS, observed, route } from "./model.fixture.ts";

export { turned } from "./model.fixture.ts";

/** The kernel has a route over each gateway. */
export const NEXTHOPS: readonly ServiceEvent[] = [
  observed([route(GATEWAYS.map((gateway) => ({ gateway, device: "eth0", weight: 1 })))]),
];

/** The verdict of a service with a DNS name, by its events. @param file the configuration file, where there is one */
export function configured(flags: Readonly<Record<string, string>>, file?: string) {
  const ddns = { "ddns-provider": "dynudns", "ddns-hostname": "gw.example.net", "ddns-password": "hunter2" };
  const given = { "start-ip": GATEWAYS[0], "end-ip": GATEWAYS[2], ...ddns, ...flags };
  const parsed = parseConfig(given, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  const { config } = parsed;
  const [pool] = config.pools;
  const model = new StatusModel({
    ...{ config, file, clock: new FakeClock(), build: { version: "1.2.3", commit: "abc" } },
    pools: [{ pool, tableRef: { table: 180, preference: 10888 } }],
  });
  return {
    record: (...events: readonly ServiceEvent[]) => events.forEach((event) => model.record(event)),
    verdict(alive = true): [Status["verdict"], string] {
      const { verdict, why } = model.status({
        alive: { ok: alive, why: "no probe has ended for 30s" },
        standing: { ok: true, why: "right" },
      });
      return [verdict, why];
    },
  };
}
