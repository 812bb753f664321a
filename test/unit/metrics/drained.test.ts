import { expect, test } from "bun:test";

import { createMetrics } from "../../../src/metrics/metrics.ts";
import { twoPools } from "../../fixtures/two-pools.ts";
import { GATEWAYS, setUp } from "./metrics.fixture.ts";

const gateway_ip = GATEWAYS[0]!;

test("each gateway has a series from the start, which is 1 while it is drained", async () => {
  const { record, value } = setUp();
  for (const one of GATEWAYS) expect(await value("gateway_drained", { gateway_ip: one })).toBe(0);
  record({ type: "drained", gateway: gateway_ip, drained: true, since: 1 });
  expect(await value("gateway_drained", { gateway_ip })).toBe(1);
  record({ type: "drained", gateway: gateway_ip, drained: false });
  expect(await value("gateway_drained", { gateway_ip })).toBe(0);
});

test("healthy gateways that are drained are counted by each choice", async () => {
  const { record, value } = setUp();
  expect(await value("gateways_drained_count")).toBe(0);
  const selection = { type: "selection", held: [], kept: [], shortage: undefined } as const;
  record({ ...selection, drained: [gateway_ip] });
  expect(await value("gateways_drained_count")).toBe(1);
  record(selection);
  expect(await value("gateways_drained_count")).toBe(0);
});

test("a gateway that pools share has one series", async () => {
  const { registry, record } = createMetrics(twoPools({ "start-ip": gateway_ip, "end-ip": gateway_ip }));
  record({ type: "drained", gateway: gateway_ip, drained: true, since: 1 });
  const lines = (await registry.metrics()).split("\n").filter((line) => line.startsWith("gateway_drained{"));
  expect(lines).toEqual([`gateway_drained{gateway_ip="${gateway_ip}"} 1`]);
});
