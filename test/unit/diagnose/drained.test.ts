import { describe, expect, test } from "bun:test";

import { parseConfig } from "../../../src/config/parse.ts";
import { drainedBy } from "../../../src/diagnose/drained.ts";
import { planText } from "../../../src/diagnose/format-plan.ts";
import { gatewayEntry } from "../../../src/diagnose/planned.ts";
import { planRouting } from "../../../src/diagnose/routing-plan.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import { layoutOf } from "../../../src/routing/slots.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { TABLE_REF } from "./kernel-facts.fixture.ts";

const GATEWAYS = ["10.0.0.11", "10.0.0.12", "10.0.0.13"];
const good = { kind: "success", seconds: 0.01, detail: "status 200", status: 200 } as const;
const bad = { kind: "failure", seconds: 0.01, code: "refused", detail: "connection refused" } as const;

const planWith = async (drained: readonly string[], down: readonly string[] = []) =>
  planRouting({
    layout: layoutOf(GATEWAYS),
    whenNoGateways: "fall-through",
    destinations: { managed: [parseCidr("0.0.0.0/0")!], excluded: [], reserved: [], gateways: [] },
    tableRef: TABLE_REF,
    quorum: { least: 0, policy: "keep" },
    observed: await new FakeKernel().observe(TABLE_REF.table, GATEWAYS),
    probers: [
      {
        thresholds: { rise: 1, fall: 1 },
        results: new Map(GATEWAYS.map((gateway) => [gateway, down.includes(gateway) ? bad : good])),
      },
    ],
    requirementOf: () => "all",
    drained: new Set(drained),
  });

const config = (flags: Readonly<Record<string, string>>) => {
  const parsed = parseConfig(
    { gateway: "sweden=10.0.0.11 10.0.0.12", ...flags },
    { environment: {}, readFile: () => "" },
  );
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
};

describe("plan", () => {
  test("leaves drained gateways out of the routes", async () => {
    const { gateways, changes } = await planWith(["10.0.0.12"]);
    expect(gateways.map(({ active, drained }) => [active, drained])).toEqual([
      [true, undefined],
      [false, true],
      [true, undefined],
    ]);
    const used = changes.flatMap((change) => ("route" in change ? change.route.nexthops : []));
    expect(new Set(used.map(({ gateway }) => gateway))).toEqual(new Set(["10.0.0.11", "10.0.0.13"]));
  });

  test("says which are drained, healthy or not", async () => {
    const { gateways } = await planWith(["10.0.0.12", "10.0.0.13"], ["10.0.0.13"]);
    const planned = {
      running: true,
      gateways: gateways.map((one) => gatewayEntry(one)),
      kernel: { commands: [], cleaning: [], obstacles: [] },
      ddns: null,
    };
    expect(planText(planned, 180, { width: 80, colour: false }).split("\n").slice(1, 3)).toEqual([
      "  10.0.0.12 is drained, and so not used",
      "  10.0.0.13 is drained, and so not used; it is not healthy: connection refused",
    ]);
  });
});

describe("the drained gateways of a configuration", () => {
  test("are those of its file, as far as they are known", async () => {
    const file = `/tmp/grm-drained-${process.pid}.json`;
    const since = "2026-11-27T00:00:00Z";
    const drained = [
      { gateway: "sweden", address: "10.9.9.9", since },
      { gateway: "denmark", address: "10.9.9.8", since },
    ];
    await Bun.write(file, JSON.stringify({ version: 1, drained }));
    expect(drainedBy(config({ "drain-file": file }))).toEqual({ drained: new Set(["10.0.0.11"]), problem: [] });
    await Bun.write(file, "");
    expect(drainedBy(config({ "drain-file": file }))).toEqual({
      drained: new Set(),
      problem: [`cannot read the drained gateways from "${file}": it is empty`],
    });
    await Bun.file(file).delete();
    expect(drainedBy(config({ "drain-file": file })).drained.size).toBe(0);
  });

  test("are those that it drains itself, also without a file", () => {
    const own = config({ "drain-file": "none" });
    const gateways = own.gateways.map((one, index) => (index === 1 ? { ...one, drained: true as const } : one));
    expect(drainedBy({ ...own, gateways }).drained).toEqual(new Set(["10.0.0.12"]));
  });
});
