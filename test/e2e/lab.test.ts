/** The lab itself, without the executable: the network, traffic, fakes and monitors that the other tests rely on. */
import { expect, test } from "bun:test";
import {
  addressOf,
  answering,
  hanging,
  INTERNET,
  Lab,
  namespaceNames,
  openLab,
  PORT,
  refusing,
  resetting,
} from "./lab/index.ts";
import { get } from "./lab/http.ts";

test("packets from the client reach the gateways of a multipath route, and the upstream host without one", async () => {
  const lab = await openLab({ gateways: 3 });
  expect(new Set((await lab.traffic.survey(50)).values())).toEqual(new Set(["upstream"]));

  const nexthops = [1, 2, 3].flatMap((gateway) => ["nexthop", "via", addressOf(gateway)]);
  await lab.router.ip("route", "add", "default", "proto", "173", "table", "180", ...nexthops);
  await lab.router.ip("rule", "add", "preference", "10888", "protocol", "173", "lookup", "180");
  await lab.untilRouted([1, 2, 3]);

  const sinks = new Set((await lab.traffic.survey(100)).values());
  expect(sinks).toEqual(new Set([addressOf(1), addressOf(2), addressOf(3)]));
  expect(await lab.forwardedRoute(INTERNET)).toMatchObject({ table: "180", dev: "gw0" });
});

test("a stream counts no packet as lost on a working route, and every packet on a blackhole route", async () => {
  const lab = await openLab({ gateways: 1 });
  const stream = await lab.traffic.stream({ flows: 20, packetsPerSecond: 15_000, limit: 1_000_000 });
  await stream.more(5_000);
  expect(await stream.stop()).toMatchObject({ lost: 0, arrived: { upstream: stream.sent } });

  await lab.router.ip("route", "add", "blackhole", `${INTERNET}/32`);
  const swallowed = await lab.traffic.stream({ flows: 20, packetsPerSecond: 15_000, limit: 100 });
  expect(await swallowed.finish()).toEqual({ sent: 100, lost: 100, arrived: {} });
});

test("a monitor receives the kernel's route events", async () => {
  const lab = await openLab({ gateways: 1 });
  const { events } = await lab.monitor();
  await lab.router.ip("route", "add", "throw", "9.9.9.9/32", "table", "180");
  const event = await events.next(/throw 9\.9\.9\.9/);
  expect(performance.now() - event.at).toBeLessThan(5_000);
});

test("a monitor knows each change of a route as soon as ip has made it", async () => {
  const lab = await openLab({ gateways: 2 });
  const monitor = await lab.monitor();
  for (let changes = 1; changes <= 30; changes++) {
    await lab.router.ip("route", "replace", "default", "via", addressOf(1 + (changes % 2)), "table", "180");
    expect(await monitor.changesOf("default", 180)).toHaveLength(changes);
  }
});

test("a fake gateway answers, rejects, resets and hangs as it is set to", async () => {
  const lab = await openLab({ gateways: 1 });
  const gateway = lab.gateway(1);
  const ask = (): Promise<number> => get(lab.router, gateway.address, PORT, "/health?x=1").then(({ status }) => status);

  expect(await ask()).toBe(200);
  expect(gateway.requests[0]).toMatchObject({ method: "GET", target: "/health?x=1", status: 200 });
  gateway.becomes(answering(503));
  expect(await ask()).toBe(503);
  gateway.becomes(refusing);
  await expect(ask()).rejects.toMatchObject({ code: "ECONNREFUSED" });
  gateway.becomes(resetting);
  await expect(ask()).rejects.toThrow();
  gateway.becomes(answering(204));
  expect(await ask()).toBe(204);
  gateway.becomes(hanging);
  const request = gateway.requests.length;
  void ask().catch(() => {});
  await lab.untilCount("the request to arrive", () => gateway.requests.length, request + 1);
  expect(gateway.requests.at(-1)!.status).toBeUndefined();
});

test("a lab with a shared namespace has room for 160 gateways", async () => {
  const lab = await openLab({ gateways: 160, shared: true });
  expect(lab.gateways).toHaveLength(160);
  expect(await get(lab.router, addressOf(160), PORT, "/")).toMatchObject({ status: 200 });
});

test("closing a lab removes its namespaces and ends its processes", async () => {
  const lab = await Lab.open({ gateways: 2 });
  const { events } = await lab.monitor();
  expect(namespaceNames().filter((name) => name.startsWith(`${lab.name}-`))).toHaveLength(6);
  lab.close();
  await events.text();
  expect(namespaceNames().filter((name) => name.startsWith(`${lab.name}-`))).toEqual([]);
});
