/** What the check command finds about rules and routes of other programs, and that its remedies help. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { check } from "./lab/check.ts";
import { openLab, UPSTREAM } from "./lab/index.ts";

setDefaultTimeout(60_000);

test("60,000 routes in the main table, and a rule that leads there first, are read, and named as many", async () => {
  const lab = await openLab({ gateways: 2 });
  const routes = Array.from({ length: 60_000 }, (_, index) => {
    return `route add 20.${index >> 14}.${(index >> 6) & 255}.${(index & 63) * 4}/30 via ${UPSTREAM}`;
  });
  await lab.router.batch(routes);
  const { bad, about } = await check(lab);
  expect(bad).toEqual(["main routes"]);
  expect(about("main routes")[0]!.message).toContain("the 60000 routes that the main table has there");
  await lab.router.ip(
    ...about("main routes")[0]!
      .remedy!.replace(/^.*: ip /, "")
      .split(" "),
  );
  const cured = await check(lab);
  expect(cured.status).toBe(0);
  expect(cured.about("preceding rules")[0]!.message).toContain("20.0.0.0/30, 20.0.0.4/30, 20.0.0.8/30, ... bypass");
});

describe("routes of the main table that no longer count", () => {
  test("count again with the exclusions of the remedy", async () => {
    const lab = await openLab({ gateways: 2 });
    await lab.router.batch([`route add 9.9.9.9 via ${UPSTREAM}`, `route add 44.0.0.0/8 via ${UPSTREAM}`]);
    const { bad, about } = await check(lab);
    expect(bad).toEqual(["main routes"]);
    const flags = [...about("main routes")[0]!.remedy!.matchAll(/-exclude-cidr (\S+)/g)].map(([, network]) => network!);
    expect(flags).toEqual(["9.9.9.9/32", "44.0.0.0/8"]);
    const daemon = lab.start();
    await daemon.untilReady();
    expect((await lab.forwardedRoute("9.9.9.9")).dev).toBe("gw0");
    await daemon.stop();
    lab.start({ "exclude-cidr": flags });
    await lab.untilRouted([1, 2]);
    expect((await lab.forwardedRoute("9.9.9.9")).dev).toBe("wan0");
    expect((await check(lab, { "exclude-cidr": flags })).bad).toEqual([]);
  });
});
