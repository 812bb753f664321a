import { describe, expect, test } from "bun:test";

import { FakeKernel } from "../../fakes/kernel.ts";
import { contents, reread, settleWith, type Setup, setUp } from "./reconciler.fixture.ts";

const setUpKeeping = (kernel?: FakeKernel): Setup => setUp(kernel, "keep");

describe("keeping the last routes while no gateway is healthy", () => {
  test("leaves them as they are, and restores those that the kernel lost", async () => {
    const setup = setUpKeeping();
    await settleWith(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("main");
    await settleWith(setup, "10.0.0.11", "10.0.0.13");
    const before = contents(setup.kernel);
    const routed = setup.next("routed");
    await settleWith(setup);
    expect((await routed).gateways).toEqual([]);
    expect(contents(setup.kernel)).toEqual(before);
    setup.kernel.routes = [];
    await reread(setup);
    expect(contents(setup.kernel)).toEqual(before);
  });

  test("includes the routes of an earlier run", async () => {
    const first = setUpKeeping();
    await settleWith(first, "10.0.0.12");
    const before = contents(first.kernel);
    const second = setUpKeeping(first.kernel);
    await second.reconciler.adopt();
    await settleWith(second);
    expect(contents(second.kernel)).toEqual(before);
  });

  test("includes the routes of an earlier run with another range, over the gateways of this range", async () => {
    const kernel = new FakeKernel();
    kernel.run("route replace default table 180 proto 173 nexthop via 10.0.0.12 nexthop via 10.0.0.14");
    const setup = setUpKeeping(kernel);
    expect(await setup.reconciler.adopt()).toEqual(new Set(["10.0.0.12"]));
    await settleWith(setup);
    expect(kernel.lookup("8.8.8.8")).toBe("10.0.0.12*1");
  });

  test("leaves a route over unreachable gateways as it is, and restores it only once they are reachable", async () => {
    const setup = setUpKeeping();
    await settleWith(setup, "10.0.0.11", "10.0.0.12");
    const before = setup.kernel.lookup("8.8.8.8");
    setup.kernel.addresses = [];
    await settleWith(setup);
    await reread(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe(before);
    setup.kernel.routes = setup.kernel.routes.filter(({ type }) => type !== "unicast");
    await reread(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("main");
    setup.kernel.addresses = ["10.0.0.1/24"];
    await reread(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe(before);
  });
});
