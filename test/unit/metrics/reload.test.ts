import { expect, test } from "bun:test";

import { parseConfigFile } from "../../../src/config/file/config-of-file.ts";
import type { Config } from "../../../src/config/model.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import { twoPools } from "../../fixtures/two-pools.ts";

function configOf(...pools: readonly string[]): Config {
  const members = pools.map((name, index) => `[[pool]]\nname = "${name}"\nfrom = ["10.${index}.0.0/16"]\n`);
  const text = `[[gateway]]\naddress = "10.0.0.1"\n${pools.includes("more") ? '[[gateway]]\naddress = "10.0.0.2"\n' : ""}`;
  const parsed = parseConfigFile(
    { path: "c.toml", text: `${text}${members.join("")}` },
    {},
    { environment: {}, readFile: () => "" },
  );
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

test("a reload keeps the series of what stays, adds those of what is new, and removes those of what is gone", async () => {
  const metrics = createMetrics(configOf("a", "more"));
  const value = async (series: string): Promise<string | undefined> =>
    (await metrics.registry.metrics())
      .split("\n")
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1);
  metrics.record({
    type: "gateway",
    gateway: "10.0.0.1",
    before: "up",
    status: "down",
    detail: "",
    up: 0,
    down: 1,
    total: 1,
  });
  metrics.record({ type: "drained", gateway: "10.0.0.1", drained: true });
  metrics.record({ type: "selection", held: [], kept: ["10.0.0.1"], shortage: undefined, pool: "a" });
  await metrics.reload(configOf("a", "other"));
  expect(await value('gateway_flaps_total{gateway_ip="10.0.0.1"}')).toBe("1");
  expect(await value('gateway_drained{gateway_ip="10.0.0.1"}')).toBe("1");
  expect(await value('gateways_kept_count{pool="a"}')).toBe("1");
  expect(await value('gateways_kept_count{pool="other"}')).toBe("0");
  const text = await metrics.registry.metrics();
  expect(text).not.toContain('pool="more"');
  expect(text).not.toContain('gateway_ip="10.0.0.2"');
});

test("whether the file was taken is shown where there is a file, and nowhere else", async () => {
  const metrics = createMetrics(configOf("a"));
  const line = async (): Promise<string | undefined> =>
    (await metrics.registry.metrics()).split("\n").find((one) => one.startsWith("config_last_reload_successful "));
  expect(await line()).toEndWith(" 1");
  metrics.record({ type: "reload", problems: ["x"] });
  expect(await line()).toEndWith(" 0");
  metrics.record({ type: "reload", problems: [] });
  expect(await line()).toEndWith(" 1");
  const flags = createMetrics(twoPools({ "start-ip": "10.0.0.1", "end-ip": "10.0.0.1" }));
  expect(await flags.registry.metrics()).not.toContain("config_last_reload");
});
