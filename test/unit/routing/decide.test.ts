import { expect, test } from "bun:test";

import { parseCidr } from "../../../src/net/cidr.ts";
import { decide, holding, type RoutingSettings } from "../../../src/routing/decide.ts";
import { layoutOf } from "../../../src/routing/slots.ts";
import type { ObservedRoute } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { destinations, TABLE_REF } from "./plan.fixture.ts";

const [A, B] = ["10.0.0.11", "10.0.0.12"] as const;

const settings = (changes: Partial<RoutingSettings> = {}): RoutingSettings => ({
  layout: layoutOf([A, B]),
  destinations: destinations(),
  tableRef: TABLE_REF,
  whenNoGateways: "fall-through",
  quorum: { least: 0, policy: "keep" },
  ...changes,
});

const link = (name: string, carrier: boolean) => ({ name, up: true, carrier, addresses: [] });

test("a hold ends when the interface of the only other healthy gateway has lost its carrier", async () => {
  const observed = {
    ...(await new FakeKernel().observe(TABLE_REF.table, [A, B])),
    links: [link("v0", false), link("v1", true)],
    devices: new Map([
      [A, "v0"],
      [B, "v1"],
    ]),
  };
  const pool = { gateways: [A, B], healthy: new Set([A, B]), holds: new Map([[B, 5000]]), lost: [] };
  const { active, selection } = decide(settings(), pool, observed, undefined);
  expect(selection.released).toEqual([B]);
  expect(active).toEqual([B]);
});

test("a route of ours at the place of a rejecting one does not stay", async () => {
  const rejecting = settings({ whenNoGateways: "unreachable" });
  const observed = await new FakeKernel().observe(TABLE_REF.table, [A, B]);
  const { routes } = holding(rejecting, observed);
  const reject = routes.find(({ type }) => type === "unreachable")!;
  const ours: ObservedRoute = { ...reject, protocol: 173, type: "unicast", nexthops: [{ gateway: A, weight: 1 }] };
  const elsewhere = { ...ours, metric: 0 };
  expect(holding(rejecting, { ...observed, routes: [ours, elsewhere] }).routes).toEqual([
    ...routes,
    expect.objectContaining({ type: "unicast", metric: 0, destination: parseCidr("0.0.0.0/0")! }),
  ]);
});
