import { expect, test } from "bun:test";

import { parseConfig } from "../../../src/config/parse.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import { twoPools } from "../../fixtures/two-pools.ts";
import { FLAGS } from "./metrics.fixture.ts";

async function seriesOf(flags: Readonly<Record<string, string>>): Promise<string[]> {
  const parsed = parseConfig(flags, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return seriesIn(await createMetrics(parsed.config).registry.metrics());
}

const seriesIn = (text: string): string[] => text.split("\n").filter((line) => line.startsWith("gateway_info{"));

test("with one name, each gateway has a series with its name, or else its address", async () => {
  expect(await seriesOf({ ...FLAGS, gateway: "sweden=10.0.0.2 lte=192.168.9.1" })).toEqual([
    'gateway_info{gateway_ip="10.0.0.1",gateway_name="10.0.0.1"} 1',
    'gateway_info{gateway_ip="10.0.0.2",gateway_name="sweden"} 1',
    'gateway_info{gateway_ip="10.0.0.3",gateway_name="10.0.0.3"} 1',
    'gateway_info{gateway_ip="192.168.9.1",gateway_name="lte"} 1',
  ]);
});

test("without names there is no series", async () => {
  expect(await seriesOf({ ...FLAGS, gateway: "192.168.9.1,weight=2" })).toEqual([]);
});

test("gateways of several pools have one series each, without the label of a pool", async () => {
  const { registry } = createMetrics(twoPools({ gateway: "sweden=10.0.0.2" }));
  expect(seriesIn(await registry.metrics())).toEqual(['gateway_info{gateway_ip="10.0.0.2",gateway_name="sweden"} 1']);
});
