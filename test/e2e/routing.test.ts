/** Which destinations are routed through which gateways. */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  addressOf,
  answering,
  CALM,
  CLIENT,
  gatewaysOf,
  hanging,
  INTERNET,
  openLab,
  refusing,
  slow,
  TABLE,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test("packets reach every healthy gateway and no failed one", async () => {
  const lab = await openLab({ gateways: 3 });
  lab.gateway(2).becomes(refusing);
  lab.start();
  await lab.untilRouted([1, 3]);
  expect(new Set((await lab.traffic.survey(100)).values())).toEqual(new Set([addressOf(1), addressOf(3)]));
});

test("the first route has all healthy gateways, also one that answers late", async () => {
  const lab = await openLab({ gateways: 3 });
  lab.gateway(2).becomes(slow(300));
  const monitor = await lab.monitor();
  lab.start({ "check-period": "2s", timeout: "2s" });
  await lab.untilRouted([1, 2, 3]);
  expect(await monitor.changesOf("default", TABLE)).toHaveLength(1);
});

test("a failed gateway leaves the route, and returns when it answers again", async () => {
  const lab = await openLab({ gateways: 3 });
  const daemon = lab.start();
  await lab.untilRouted([1, 2, 3]);
  const start = daemon.log.mark();
  lab.gateway(2).becomes(answering(500));
  await lab.untilRouted([1, 3]);
  await daemon.log.next(/gateway 10\.77\.0\.12 down: .*500 \(2 of 3 healthy\)/, start);
  lab.gateway(2).becomes(answering(204));
  await lab.untilRouted([1, 2, 3]);
  await daemon.log.next(/gateway 10\.77\.0\.12 up \(3 of 3 healthy\)/, start);
});

test("without a healthy gateway packets are routed by the main table until one recovers", async () => {
  const lab = await openLab({ gateways: 2 });
  lab.start();
  await lab.untilRouted([1, 2]);
  for (const gateway of lab.gateways) gateway.becomes(refusing);
  await lab.untilRouted([]);
  expect(await lab.forwardedRoute(INTERNET)).toMatchObject({ table: "main", dev: "wan0" });
  expect(new Set((await lab.traffic.survey(20)).values())).toEqual(new Set(["upstream"]));
  lab.gateway(2).becomes(answering(200));
  await lab.untilRouted([2]);
  expect(new Set((await lab.traffic.survey(20)).values())).toEqual(new Set([addressOf(2)]));
});

test("with several -route networks, those are managed and other destinations use the main table", async () => {
  const lab = await openLab({ gateways: 2 });
  lab.start({ route: ["1.0.0.0/8", "9.0.0.0/8"] });
  await lab.untilRouted([1, 2], "1.0.0.0/8");
  await lab.untilRouted([1, 2], "9.0.0.0/8");
  expect(await lab.forwardedRoute("1.2.3.4")).toMatchObject({ table: "180", dev: "gw0" });
  expect(await lab.forwardedRoute("9.9.9.9")).toMatchObject({ table: "180", dev: "gw0" });
  expect(await lab.forwardedRoute(INTERNET)).toMatchObject({ table: "main", dev: "wan0" });
});

test("networks of -exclude-cidr use the main table", async () => {
  const lab = await openLab({ gateways: 2 });
  lab.start({ "exclude-cidr": ["8.8.8.0/24", "1.2.3.4/32"] });
  await lab.untilRouted([1, 2]);
  for (const excluded of ["8.8.8.8", "1.2.3.4"])
    expect(await lab.forwardedRoute(excluded)).toMatchObject({ table: "main" });
  for (const other of ["8.8.9.8", "1.2.3.5"]) expect(await lab.forwardedRoute(other)).toMatchObject({ table: "180" });
  expect(new Set((await lab.traffic.survey(20)).values())).toEqual(new Set(["upstream"]));
});

test("reserved networks use the main table by default", async () => {
  const lab = await openLab({ gateways: 2 });
  lab.start();
  await lab.untilRouted([1, 2]);
  const reserved = ["10.200.0.1", "100.64.0.1", "172.16.5.5", "192.0.2.1", "192.168.9.9", "198.18.0.1", "203.0.113.9"];
  for (const address of reserved)
    expect(await lab.forwardedRoute(address)).toMatchObject({ dst: address, table: "main" });
  expect(await lab.forwardedRoute(INTERNET)).toMatchObject({ table: "180" });
});

test("a reserved network that is given as -route is managed, except gateways and connected networks", async () => {
  const lab = await openLab();
  lab.start({ route: ["10.0.0.0/8"] });
  await lab.untilRouted([1, 2, 3], "10.0.0.0/8");
  expect((await lab.forwardedRoute("10.1.2.3")).table).toBe("180");
  expect((await lab.forwardedRoute("8.8.8.8")).table).toBe("main");
  for (const address of [addressOf(1), CLIENT]) expect((await lab.localRoute(address)).table).toBe("main");
});

test("with -exclude-reserved-cidrs=false, gateways and connected networks still use the main table", async () => {
  const lab = await openLab({ gateways: 3 });
  lab.start({ "exclude-reserved-cidrs": false });
  await lab.untilRouted([1, 2, 3]);
  expect(await lab.forwardedRoute("192.168.9.9")).toMatchObject({ table: "180" });
  for (const { address } of lab.gateways)
    expect(await lab.localRoute(address)).toMatchObject({ table: "main", dev: "gw0" });
  expect(await lab.localRoute(CLIENT)).toMatchObject({ table: "main", dev: "lan0" });
  expect(await lab.forwardedRoute("10.77.0.250")).toMatchObject({ table: "main", dev: "gw0" });
});

test("the route of a pool with one gateway has one nexthop", async () => {
  const lab = await openLab({ gateways: 1 });
  lab.start();
  const route = await lab.untilRouted([1]);
  expect(route?.nexthops).toHaveLength(1);
});

test("a gateway that hangs does not delay the removal of another one that failed", async () => {
  const lab = await openLab({ gateways: 3 });
  lab.start({ "check-period": "3s", timeout: "3s" });
  await lab.untilRouted([1, 2, 3]);
  const monitor = await lab.monitor();
  // Both are probed at the same time; one has answered while the other still counts as healthy.
  lab.gateway(3).becomes(hanging);
  lab.gateway(2).becomes(answering(500));
  await lab.untilRouted([1]);
  const [first] = await monitor.changesOf("default", TABLE);
  expect(new Set(first?.gateways)).toEqual(new Set([addressOf(1), addressOf(3)]));
});

test("a route has all of 160 gateways, and 159 when one fails", async () => {
  const lab = await openLab({ gateways: 160, shared: true });
  lab.start(CALM);
  await lab.untilRouted(numbers(160));
  lab.gateway(80).becomes(refusing);
  const route = await lab.untilRouted(numbers(160).filter((number) => number !== 80));
  expect(gatewaysOf(route)).toHaveLength(159);
});
