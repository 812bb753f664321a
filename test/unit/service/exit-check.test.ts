import { expect, mock, test } from "bun:test";
import dns from "node:dns/promises";

import { parseArguments } from "../../../src/config/arguments.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import type { ExitEvent } from "../../../src/exit/events.ts";
import { createExitCheck } from "../../../src/service/exit-check.ts";

test("the own exit is not asked for while the main table leads to any of the services through a gateway", async () => {
  const lookUp = mock(async (host: string) => {
    if (host === "one.example") throw new Error("ENOTFOUND");
    return [{ address: "5.0.0.1", family: 4 }];
  });
  const original = dns.lookup;
  dns.lookup = lookUp as never;
  const words = ["-start-ip=10.0.0.1", "-end-ip=10.0.0.2"];
  const urls = ["one", "two"].map((name) => `-exit-check=https://${name}.example/`);
  const parsed = parseConfig(parseArguments([...words, ...urls]).values, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  const events: ExitEvent[] = [];
  const check = createExitCheck({
    config: parsed.config,
    kernel: { routeOf: async () => ({ table: 254, gateway: "10.0.0.2" }) },
    emit: (event) => void events.push(event),
    onVerdict: () => {},
  })!;
  check.start();
  await Bun.sleep(5);
  check.stop();
  dns.lookup = original;
  expect(events).toMatchObject([{ type: "own-exit", result: { code: "no-exit" } }]);
});
