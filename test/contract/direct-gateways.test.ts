/** Which gateways are directly reachable, by the kernel of Linux: those in a network of an interface, or with a host route. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";

import { parseAddress } from "../../src/net/address.ts";
import { addressesToCidrs, parseCidr } from "../../src/net/cidr.ts";
import { desiredState } from "../../src/routing/desired.ts";
import { planChanges } from "../../src/routing/plan.ts";
import { type KernelUnderTest, openLinuxKernel, TABLE_REF } from "./kernel.fixture.ts";

/** Each command is a process, which takes long on a busy machine. */
setDefaultTimeout(60_000);

const GATEWAY = "10.0.0.11";

let tested: KernelUnderTest;

beforeEach(async () => void (tested = await openLinuxKernel()));
afterEach(() => tested.close());

/** The fault of the gateway and the interface that leads to it. */
async function pathTo(gateway = GATEWAY) {
  const { unusable, devices } = await tested.kernel.observe(TABLE_REF.table, [gateway]);
  return { fault: unusable[0]?.fault, device: devices.get(gateway) };
}

async function run(...commands: string[]): Promise<void> {
  for (const command of commands) await tested.runIp(command);
}

test("a gateway in the network of an interface is directly reachable, also beside a default route over a device", async () => {
  await run("route add default dev v1 scope link");
  expect(await pathTo()).toEqual({ fault: undefined, device: "v0" });
});

test("gateways in two networks, in any order, make one route over both interfaces, with a kill switch too", async () => {
  await run("address add 10.9.0.1/24 dev v1");
  const gateways = ["10.9.0.7", "10.0.0.11", "10.9.0.5"];
  const { connected, unusable, devices } = await tested.kernel.observe(TABLE_REF.table, gateways);
  expect(unusable).toEqual([]);
  const all = parseCidr("0.0.0.0/0")!;
  const excluded = addressesToCidrs(gateways.map((gateway) => parseAddress(gateway)!));
  const destinations = { managed: [all], excluded: [], reserved: [], gateways: excluded };
  const hops = gateways.map((gateway) => ({ gateway, weight: 1 }));
  const desired = desiredState(destinations, connected, hops, TABLE_REF, "unreachable");
  const observe = () => tested.kernel.observe(TABLE_REF.table, gateways);
  const changes = planChanges(await observe(), desired, TABLE_REF, new Set()).changes;
  expect(await tested.kernel.apply(changes)).toEqual({ ok: true });
  const after = await observe();
  expect(planChanges(after, desired, TABLE_REF, new Set()).changes).toEqual([]);
  const nexthops = after.routes.find(({ type }) => type === "unicast")!.nexthops;
  expect(nexthops.map(({ gateway, device }) => [gateway, device])).toEqual([
    ["10.9.0.7", "v1"],
    ["10.0.0.11", "v0"],
    ["10.9.0.5", "v1"],
  ]);
  expect([...after.devices]).toEqual([...devices]); // each is still reached past the routes through the others
});

describe("a gateway whose interface has lost its address", () => {
  beforeEach(() => run("address delete 10.0.0.1/24 dev v0"));

  test("is not directly reachable by a default route over another device", async () => {
    await run("route add default dev v1 scope link");
    const detail = "it is not on a directly connected network (only the default route over v1 leads to it)";
    expect(await pathTo()).toEqual({ fault: { code: "not-connected", detail }, device: undefined });
  });

  test("is not directly reachable by a wider route over another device that has an address", async () => {
    await run("address add 10.66.0.2/32 dev v1", "route add 10.0.0.0/8 dev v1 scope link");
    const detail = "it is not on a directly connected network (only the route to 10.0.0.0/8 over v1 leads to it)";
    expect(await pathTo()).toEqual({ fault: { code: "not-connected", detail }, device: undefined });
  });

  test("is directly reachable by a host route", async () => {
    await run("route add default dev v1 scope link", `route add ${GATEWAY}/32 dev v0 scope link`);
    expect(await pathTo()).toEqual({ fault: undefined, device: "v0" });
  });

  test("is directly reachable by a route to its network over an interface without addresses", async () => {
    await run("route add default dev v1 scope link", "route add 10.0.0.0/24 dev v0 scope link");
    expect(await pathTo()).toEqual({ fault: undefined, device: "v0" });
  });

  test("is directly reachable by a route to its network over an interface with another address, as a macvlan has", async () => {
    await run("address add 10.0.0.1/32 dev v0", "route add 10.0.0.8/29 dev v0 scope link");
    expect(await pathTo()).toEqual({ fault: undefined, device: "v0" });
  });

  test("is not directly reachable by half a default route of a VPN, whatever addresses its interface has", async () => {
    await run("route add 0.0.0.0/1 dev v1 scope link");
    expect((await pathTo()).fault?.detail).toEndWith("(only the route to 0.0.0.0/1 over v1 leads to it)");
  });

  test("is not directly reachable by a route over two interfaces", async () => {
    await run("route add 10.0.0.0/24 nexthop dev v0 nexthop dev v1");
    expect((await pathTo()).fault?.detail).toEndWith("(the route to 10.0.0.0/24 has several nexthops)");
  });
});

test("a gateway whose interface is down is not directly reachable by a wider network of another one", async () => {
  await run("address add 10.0.0.2/16 dev v1", "link set v0 down");
  const detail = "(only the route to 10.0.0.0/16 over v1 leads to it, and its network is on v0)";
  expect((await pathTo()).fault?.detail).toEndWith(detail);
});

test("of several gateways each is judged by its own route", async () => {
  await run("route add default dev v1 scope link", "route add 10.9.0.1/32 dev v1 scope link");
  const { unusable, devices } = await tested.kernel.observe(TABLE_REF.table, [GATEWAY, "10.9.0.1", "10.9.0.2"]);
  expect(unusable.map(({ gateway }) => gateway)).toEqual(["10.9.0.2"]);
  expect([...devices]).toEqual([
    [GATEWAY, "v0"],
    ["10.9.0.1", "v1"],
  ]);
});

describe("a gateway in the network of an interface that a route or rule rejects packets to is blocked:", () => {
  const fault = { code: "blocked", detail: "a route or rule of this machine rejects packets to it" };

  test.each([
    `route add prohibit ${GATEWAY}`,
    `route add unreachable ${GATEWAY}`,
    `route add blackhole 10.0.0.8/29`,
    `rule add pref 100 to ${GATEWAY} prohibit`,
    `rule add pref 100 to ${GATEWAY} blackhole`,
  ])("%s", async (command) => {
    await run(command);
    expect(await pathTo()).toEqual({ fault, device: undefined } as Awaited<ReturnType<typeof pathTo>>);
    expect(await pathTo("10.0.0.21")).toEqual({ fault: undefined, device: "v0" });
    expect((await pathTo("172.30.0.1")).fault?.code).toBe("no-route");
  });
});

test("a peer address makes its far end directly reachable", async () => {
  await run("address add 10.8.0.1/32 peer 10.8.0.2/32 dev v1");
  expect(await pathTo("10.8.0.2")).toEqual({ fault: undefined, device: "v1" });
});

test("a route that was planned before its interface went down is not made over the default route's", async () => {
  await run("route add default dev v1 scope link");
  const observed = await tested.kernel.observe(TABLE_REF.table, [GATEWAY]);
  const destinations = { managed: [parseCidr("0.0.0.0/0")!], excluded: [], reserved: [], gateways: [] };
  const desired = desiredState(destinations, [], [{ gateway: GATEWAY, weight: 1 }], TABLE_REF);
  const { changes } = planChanges(observed, desired, TABLE_REF, new Set());
  await run("link set v0 down");
  const applied = await tested.kernel.apply(changes);
  expect(applied).toMatchObject({ ok: false, failed: { op: "replace-route" } });
  expect((await tested.kernel.observe(TABLE_REF.table, [])).routes).toEqual([]);
});
