import { describe, expect, test } from "bun:test";

import { FakeKernel } from "../../fakes/kernel.ts";
import { GATEWAYS, look, serve, setUp } from "./reconciler.fixture.ts";

describe("the reconciler", () => {
  test("sets up, follows the healthy gateways, and takes everything down", async () => {
    const setup = setUp();
    await serve(setup, ...GATEWAYS);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.11*1 10.0.0.12*1 10.0.0.13*1");
    await serve(setup, "10.0.0.11", "10.0.0.13");
    expect(setup.kernel.lookup("8.8.8.8")).not.toContain("10.0.0.12");
    await serve(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("main");
    expect(await setup.reconciler.remove(performance.now() + 500)).toBe(true);
    expect([setup.kernel.routes, setup.kernel.rules]).toEqual([[], []]);
  });

  test("touches nothing before it is told whom to serve", async () => {
    const setup = setUp();
    await setup.reconciler.adopt();
    setup.reconciler.look();
    expect(setup.kernel.done).toEqual([]);
    expect(setup.reconciler.standing.ok).toBe(false);
  });

  test("while it works, the newest wish wins and none in between is carried out", async () => {
    const setup = setUp();
    setup.use(...GATEWAYS);
    setup.use("10.0.0.12");
    await serve(setup, "10.0.0.13");
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.13*1");
    expect(setup.kernel.done.filter((command) => command.includes("via 10.0.0.12"))).toEqual([]);
  });

  test("goes on with the slots that an earlier run left, and changes nothing when they fit", async () => {
    const first = setUp();
    await serve(first, ...GATEWAYS);
    await serve(first, "10.0.0.11", "10.0.0.13");
    await serve(first, "10.0.0.11");
    await serve(first, "10.0.0.11", "10.0.0.12");
    const left = first.kernel.lookup("8.8.8.8");

    const second = setUp(first.kernel);
    const commands = first.kernel.done.length;
    expect(await second.reconciler.adopt()).toEqual(new Set(["10.0.0.11", "10.0.0.12"]));
    await serve(second, "10.0.0.11", "10.0.0.12");
    expect(second.kernel.lookup("8.8.8.8")).toBe(left);
    expect(first.kernel.done.slice(commands)).toEqual([]);
  });

  test("keeps the slots over a time without any usable gateway", async () => {
    const setup = setUp();
    await serve(setup, "10.0.0.11", "10.0.0.12");
    const before = setup.kernel.lookup("8.8.8.8");
    await serve(setup);
    await serve(setup, "10.0.0.11", "10.0.0.12");
    expect(setup.kernel.lookup("8.8.8.8")).toBe(before);
  });

  test("leaves out a gateway that has no way, says so once, and takes it in when it has one", async () => {
    const kernel = new FakeKernel(["10.0.0.1/29"]); // up to 10.0.0.7
    const setup = setUp(kernel);
    await serve(setup, ...GATEWAYS);
    expect(kernel.lookup("8.8.8.8")).toBe("main");
    await look(setup);
    expect(setup.count("unusable")).toBe(1);

    kernel.addresses = ["10.0.0.1/24"];
    await look(setup);
    expect(kernel.lookup("8.8.8.8")).toContain("10.0.0.12");
    expect(setup.count("usable")).toBe(1);
  });
});

describe("gateways with links of their own", () => {
  function withLinks() {
    const setup = setUp();
    for (const gateway of GATEWAYS) setup.kernel.devices.set(gateway, `wan${gateway.at(-1)}`);
    return setup;
  }

  test("leave at the look after their carrier is lost, told once, and return with it", async () => {
    const setup = withLinks();
    await serve(setup, ...GATEWAYS);
    setup.kernel.dark.add("wan2");
    await look(setup);
    expect(setup.kernel.lookup("8.8.8.8")).not.toContain("10.0.0.12");
    await look(setup);
    expect(setup.events.filter(({ type }) => type === "unusable")).toEqual([
      {
        type: "unusable",
        gateways: ["10.0.0.12"],
        fault: { code: "no-carrier", detail: "its interface wan2 has no carrier" },
        count: 1,
      },
    ]);
    expect(setup.pool.hasUnusable).toBe(true);
    setup.kernel.dark.clear();
    await look(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.11*1 10.0.0.12*1 10.0.0.13*1");
    expect([setup.count("usable"), setup.pool.hasUnusable]).toEqual([1, false]);
  });

  test("stay where all have lost theirs, so that the probes and their thresholds decide", async () => {
    const setup = withLinks();
    await serve(setup, ...GATEWAYS);
    for (const device of ["wan1", "wan2", "wan3"]) setup.kernel.dark.add(device);
    await look(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.11*1 10.0.0.12*1 10.0.0.13*1");
    expect(setup.count("unusable")).toBe(0);
  });

  test("are back in one step when the last one with a carrier fails: the route is never gone", async () => {
    const setup = withLinks();
    await serve(setup, ...GATEWAYS);
    setup.kernel.dark.add("wan2");
    await look(setup);
    const commands = setup.kernel.done.length;
    await serve(setup, "10.0.0.12"); // planned on what that look has shown
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.12*1");
    expect(setup.kernel.done.slice(commands).filter((command) => command.includes("del"))).toEqual([]);
  });
});

describe("a gateway that only the kernel objects to", () => {
  test("is left out and told once, and the others go on", async () => {
    const setup = setUp();
    setup.kernel.grudges.add("10.0.0.12");
    await serve(setup, ...GATEWAYS);
    expect(setup.kernel.lookup("8.8.8.8")).toContain("10.0.0.13");
    expect(setup.kernel.lookup("8.8.8.8")).not.toContain("10.0.0.12");
    expect([setup.count("unusable"), setup.count("trouble")]).toEqual([1, 0]);
  });

  test("does not come back because another one is refused after it", async () => {
    const setup = setUp();
    setup.kernel.grudges.add("10.0.0.11");
    await serve(setup, ...GATEWAYS);
    setup.kernel.grudges.add("10.0.0.12");
    await serve(setup, "10.0.0.11", "10.0.0.13");
    await serve(setup, ...GATEWAYS);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.13*1");
    expect(setup.count("applied")).toBeLessThanOrEqual(6);
  });

  test("is tried again when links change, and taken in when the kernel agrees", async () => {
    const setup = setUp();
    setup.kernel.grudges.add("10.0.0.12");
    await serve(setup, ...GATEWAYS);
    for (const grudge of [true, false]) {
      if (!grudge) setup.kernel.grudges.clear();
      const settled = setup.next("settled");
      setup.reconciler.look(true);
      await settled;
      expect(setup.kernel.lookup("8.8.8.8").includes("10.0.0.12")).toBe(!grudge);
    }
    expect(setup.count("usable")).toBe(1);
  });

  test("alone leaves the destinations to the normal tables", async () => {
    const setup = setUp();
    setup.kernel.grudges.add("10.0.0.12");
    await serve(setup, "10.0.0.12");
    expect(setup.kernel.lookup("8.8.8.8")).toBe("main");
    expect(setup.reconciler.standing.ok).toBe(true);
  });
});
