import { describe, expect, spyOn, test } from "bun:test";

import { FakeKernel } from "../../fakes/kernel.ts";
import { GATEWAYS, reread, settleWith, setUp, setUpSettled } from "./reconciler.fixture.ts";

test("gateways without a route to them are left out, reported once, and used once they have one", async () => {
  const kernel = new FakeKernel(["10.0.0.1/29"]); // up to 10.0.0.7
  const setup = setUp(kernel);
  await settleWith(setup, ...GATEWAYS);
  expect(kernel.lookup("8.8.8.8")).toBe("main");
  await reread(setup);
  expect(setup.count("unusable")).toBe(1);

  kernel.addresses = ["10.0.0.1/24"];
  await reread(setup);
  expect(kernel.lookup("8.8.8.8")).toContain("10.0.0.12");
  expect(setup.count("usable")).toBe(1);
});

describe("gateways with an interface each", () => {
  async function setUpWithInterfaces() {
    const kernel = new FakeKernel();
    for (const gateway of GATEWAYS) kernel.devices.set(gateway, `wan${gateway.at(-1)}`);
    return await setUpSettled(kernel);
  }

  test("are left out, and reported once, while their interface has no carrier", async () => {
    const setup = await setUpWithInterfaces();
    setup.kernel.withoutCarrier.add("wan2");
    await reread(setup);
    expect(setup.kernel.lookup("8.8.8.8")).not.toContain("10.0.0.12");
    await reread(setup);
    expect(setup.events.filter(({ type }) => type === "unusable")).toEqual([
      {
        type: "unusable",
        gateways: ["10.0.0.12"],
        fault: { code: "no-carrier", detail: "its interface wan2 has no carrier" },
        count: 1,
      },
    ]);
    setup.kernel.withoutCarrier.clear();
    await reread(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.11*1 10.0.0.12*1 10.0.0.13*1");
    expect(setup.count("usable")).toBe(1);
  });

  test("stay in use when all interfaces lose their carrier: then the probes decide", async () => {
    const setup = await setUpWithInterfaces();
    for (const device of ["wan1", "wan2", "wan3"]) setup.kernel.withoutCarrier.add(device);
    await reread(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.11*1 10.0.0.12*1 10.0.0.13*1");
    expect(setup.count("unusable")).toBe(0);
  });

  test("replace the last gateway with a carrier in one command when it fails, without a deletion of the route", async () => {
    const setup = await setUpWithInterfaces();
    setup.kernel.withoutCarrier.add("wan2");
    await reread(setup);
    const commands = setup.kernel.commands.length;
    await settleWith(setup, "10.0.0.12"); // planned on the last reading
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.12*1");
    expect(setup.kernel.commands.slice(commands).filter((command) => command.includes("del"))).toEqual([]);
  });
});

describe("a gateway that only a trial shows to be rejected by the kernel", () => {
  function kernelRejecting(gateway: string): FakeKernel {
    const kernel = new FakeKernel();
    kernel.rejectedNexthops.add(gateway);
    return kernel;
  }

  test("is left out and reported once, and the others are used", async () => {
    const setup = await setUpSettled(kernelRejecting("10.0.0.12"));
    expect(setup.kernel.lookup("8.8.8.8")).toContain("10.0.0.13");
    expect(setup.kernel.lookup("8.8.8.8")).not.toContain("10.0.0.12");
    expect([setup.count("unusable"), setup.count("trouble")]).toEqual([1, 0]);
  });

  test("stays left out when another gateway is rejected after it", async () => {
    const setup = await setUpSettled(kernelRejecting("10.0.0.11"));
    setup.kernel.rejectedNexthops.add("10.0.0.12");
    await settleWith(setup, "10.0.0.11", "10.0.0.13");
    await settleWith(setup, ...GATEWAYS);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.13*1");
    expect(setup.count("applied")).toBeLessThanOrEqual(6);
  });

  test("is no excuse for a change over other gateways that is rejected although each of them passes", async () => {
    const setup = await setUpSettled(kernelRejecting("10.0.0.11"));
    const apply = setup.kernel.apply.bind(setup.kernel);
    const error = { code: "nexthop", detail: "Nexthop has invalid gateway" } as const;
    setup.kernel.apply = async ([failed]) => ({ ok: false, failed, error });
    const trouble = setup.next("trouble");
    setup.setHealthy("10.0.0.13");
    expect(await trouble).toMatchObject({ error });
    setup.kernel.apply = apply;
    await reread(setup);
    expect(setup.kernel.lookup("8.8.8.8")).toBe("10.0.0.13*1");
  });

  test("is tried again when links change, and used once the kernel accepts it", async () => {
    const setup = await setUpSettled(kernelRejecting("10.0.0.12"));
    for (const isRejected of [true, false]) {
      if (!isRejected) setup.kernel.rejectedNexthops.clear();
      const settled = setup.next("settled");
      setup.reconciler.look("paths");
      await settled;
      expect(setup.kernel.lookup("8.8.8.8").includes("10.0.0.12")).toBe(!isRejected);
    }
    expect(setup.count("usable")).toBe(1);
  });

  test("is not tried again when only entries of ours may have changed, as each trial changes some", async () => {
    const setup = await setUpSettled(kernelRejecting("10.0.0.12"));
    const tried = spyOn(setup.kernel, "tryNexthops");
    await reread(setup);
    expect(tried).not.toHaveBeenCalled();
  });

  test("is not looked for when a change is rejected for another reason than a nexthop", async () => {
    const setup = await setUpSettled();
    const error = { code: "rejected", detail: "Operation not permitted" } as const;
    setup.kernel.apply = async ([failed]) => ({ ok: false, failed, error });
    const tried = spyOn(setup.kernel, "tryNexthops");
    const trouble = setup.next("trouble");
    setup.setHealthy("10.0.0.13");
    expect(await trouble).toMatchObject({ error });
    expect(tried).not.toHaveBeenCalled();
  });

  test("leaves the managed destinations to the other tables when no other gateway is healthy", async () => {
    const setup = setUp(kernelRejecting("10.0.0.12"));
    await settleWith(setup, "10.0.0.12");
    expect(setup.kernel.lookup("8.8.8.8")).toBe("main");
    expect(setup.reconciler.standing.ok).toBe(true);
  });
});
