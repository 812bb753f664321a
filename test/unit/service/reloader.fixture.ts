import type { Config, PoolConfig } from "../../../src/config/model.ts";
import { parseConfigFile } from "../../../src/config/file/config-of-file.ts";
import type { PlacePools } from "../../../src/config/pool-places.ts";
import type { ParsedConfig } from "../../../src/config/parse.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { createLog } from "../../../src/log/log.ts";
import type { Reloaded } from "../../../src/service/control.ts";
import { lockPools } from "../../../src/service/lock-pools.ts";
import { Reloader } from "../../../src/service/reloader.ts";

/** Tables and preferences that no other test and no service on this machine has. */
export const FILE = `[service]
first-routing-table-id = 614180
[[gateway]]
name = "sweden"
address = "10.0.0.1"
[[gateway]]
name = "norway"
address = "10.0.0.2"
[[pool]]
name = "vpn"
preference = 31000
from = ["10.78.0.0/24"]
members = ["sweden"]
[[pool]]
name = "rest"
preference = 31008
members = ["norway"]
`;

export function parse(text: string, placesOf?: PlacePools): ParsedConfig {
  const surroundings = { environment: {}, readFile: () => "secret", ...(placesOf && { placesOf }) };
  return parseConfigFile({ path: "c.toml", text }, {}, surroundings);
}

/** A reloader whose file is set by hand, and whose pools only note what they are to do. */
export async function setUp(given = FILE) {
  const parsed = parse(given);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  const { config } = parsed;
  let text = given;
  const events: ServiceEvent[] = [];
  const lines: string[] = [];
  const steps: string[] = [];
  const applied: Config[] = [];
  const leaving: PoolConfig[] = [];
  let outcome: Reloaded = { standings: [], remaining: [] };
  let wait: Promise<unknown> = Promise.resolve();
  const locks = await lockPools(config);
  const reloader = new Reloader({
    ...{ config, locks },
    source: {
      read: async (placesOf) => {
        const read = parse(text, placesOf);
        await wait;
        return read;
      },
      onBegin: () => void steps.push("begin"),
      onEnd: () => void steps.push("end"),
    },
    servable: (changed) => changed,
    routable: async (changed) => changed,
    monitor: { follow() {} },
    control: {
      leaving,
      async reload(changed) {
        applied.push(changed);
        await wait;
        return outcome;
      },
    },
    drains: { reload: () => ({ addresses: new Set(), apply: () => void steps.push("drains") }) },
    observers: { reload: async () => async () => void steps.push("observers") },
    liveness: { reload() {} },
    answerWatch: { reload() {} },
    emit: (event) => void events.push(event),
    log: createLog("info", "text", { write: (line) => lines.push(line) > 0 }),
  });
  return {
    ...{ reloader, events, lines, steps, applied, leaving },
    write: (now: string) => void (text = now),
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      wait = promise;
      return resolve;
    },
    ends: (with_: Reloaded) => void (outcome = with_),
  };
}
