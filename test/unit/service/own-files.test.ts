import { describe, expect, test } from "bun:test";

import { parseConfig } from "../../../src/config/parse.ts";
import { controlSocketOf, drainFileOf } from "../../../src/service/own-files.ts";

const config = (flags: Readonly<Record<string, string>> = {}) => {
  const parsed = parseConfig(
    { "start-ip": "10.0.0.1", "end-ip": "10.0.0.2", ...flags },
    { environment: {}, readFile: () => "" },
  );
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
};

const UNIT = { RUNTIME_DIRECTORY: "/run/grm:/run/other", STATE_DIRECTORY: "/var/lib/private/grm" };

describe("the control socket", () => {
  test("is that of the flag, or none", () => {
    expect(controlSocketOf(config({ "control-socket": "/x/y.sock" }), UNIT)).toBe("/x/y.sock");
    expect(controlSocketOf(config({ "control-socket": "none" }), UNIT)).toBeUndefined();
  });

  test("is in the first folder of the unit, or else in that of the table", () => {
    expect(controlSocketOf(config(), UNIT)).toBe("/run/grm/control.sock");
    expect(controlSocketOf(config(), { RUNTIME_DIRECTORY: "" })).toBe("/run/gateway-route-manager/180/control.sock");
    const other = config({ "first-routing-table-id": "200" });
    expect(controlSocketOf(other)).toBe("/run/gateway-route-manager/200/control.sock");
  });

  test("does not move with the table of a pool, which a configuration file may give", () => {
    const [pool] = config().pools;
    expect(controlSocketOf({ ...config(), pools: [{ ...pool, table: 300 }] } as ReturnType<typeof config>)).toBe(
      "/run/gateway-route-manager/180/control.sock",
    );
  });
});

test("the file of drained gateways is found in the same manner", () => {
  expect(drainFileOf(config({ "drain-file": "/x/y.json" }), UNIT)).toBe("/x/y.json");
  expect(drainFileOf(config({ "drain-file": "none" }), UNIT)).toBeUndefined();
  expect(drainFileOf(config(), UNIT)).toBe("/var/lib/private/grm/drained.json");
  expect(drainFileOf(config({ "first-routing-table-id": "200" }))).toBe(
    "/var/lib/gateway-route-manager/200/drained.json",
  );
});
