/** Very many exclusions: the service starts and stops as fast as ever, or declines them at the start. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { openLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

const networks = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `20.${index >> 14}.${(index >> 6) & 255}.${(index & 63) * 4}/31`);

test.each([
  ["the most that a kill switch may have", "unreachable", 2000],
  ["ten thousand without a kill switch", "fall-through", 10_000],
])("with %s, a start takes a few seconds, and a stop leaves nothing", async (_, mode, count) => {
  const lab = await openLab();
  const before = await lab.snapshot();
  const start = performance.now();
  const daemon = lab.start({ "when-no-gateways": mode, "exclude-cidr": networks(count) });
  await daemon.untilReady();
  expect(performance.now() - start).toBeLessThan(10_000);
  await lab.untilRouted([1, 2, 3]);
  expect((await lab.forwardedRoute("20.0.0.8")).dev).toBe("wan0");
  expect((await lab.forwardedRoute("20.0.0.10")).table).toBe("180");
  expect((await daemon.stop()).status).toBe(0);
  expect(await lab.snapshot()).toBe(before);
});

test("20,000 with a kill switch are declined at once, and change nothing", async () => {
  const lab = await openLab();
  const before = await lab.snapshot();
  const flags = { "when-no-gateways": "unreachable", "exclude-cidr": networks(20_000) };
  const { status, stderr } = await lab.start(flags).ended();
  expect(status).toBe(2);
  expect(stderr).toContain("20000 networks, but the kill switch has a rule for each");
  expect(stderr).toContain("2000 is the most");
  expect(await lab.snapshot()).toBe(before);
});
