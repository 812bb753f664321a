/** A pool of IPv4 whose packets of IPv6 are rejected: real probes of gateways on the loopback, and a kernel in memory. */
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";

import { ruleKey } from "../../src/routing/entry.ts";
import { refusing } from "../fakes/gateway.ts";
import { FakeKernel } from "../fakes/kernel.ts";
import { ADDRESSES, setUpGateways, start } from "./control-reload.fixture.ts";

setDefaultTimeout(30_000);

const [A, B] = ADDRESSES;
const CLOSED = 'when-no-gateways = "unreachable"\n';
const BLOCKED = `${CLOSED}block-ipv6 = true\n`;
const PUBLIC = "2a00:1450::1";
const LAN = "2a02:8109:1:2::";

const { gateways, configOf, reset } = setUpGateways();
afterEach(() => reset());

const formOf = (more: string, from?: string) => ({ pools: [{ name: "vpn", members: [A, B], more, from }] });
const kernelWithIpv6 = () => new FakeKernel(["127.0.0.1/8", `${LAN}1/64`, "fe80::1/64"]);

/** Everything of IPv6 that the kernel holds. */
function entriesOf(kernel: FakeKernel): string[] {
  const rules = kernel.rules.filter(({ family }) => family === 6).map(ruleKey);
  return [...rules, ...kernel.routes.filter(({ family }) => family === 6).map(({ type }) => type)];
}

test("packets of IPv6 are rejected before the first probe, but for those to own networks and reserved ranges", async () => {
  const kernel = kernelWithIpv6();
  for (const gateway of gateways.values()) gateway.becomes(refusing);
  const { control } = await start(configOf(formOf(BLOCKED))!, kernel);
  const fate = (): string[] =>
    [PUBLIC, `${LAN}9`, "fd00::9", "fe80::9", "64:ff9b::808:808"].map((to) => kernel.lookup(to));
  const blocked = ["unreachable", "main", "main", "main", "unreachable"];
  expect(fate()).toEqual(blocked);
  expect(control.standings).toEqual([{ ok: true }]);
  expect(kernel.commands.some((command) => command.startsWith("nexthop"))).toBe(false);

  kernel.watch((event) => control.onKernelEvent(event));
  kernel.addresses = [...kernel.addresses.filter((one) => !one.startsWith(LAN)), "2a02:8109:9:9::1/64"];
  kernel.report({ kind: "link", devices: [], network: undefined });
  while (kernel.lookup("2a02:8109:9:9::9") !== "main") await Bun.sleep(2);
  expect(kernel.lookup(`${LAN}9`)).toBe("unreachable");
});

test("while a gateway carries IPv4, IPv6 stays rejected, also after another program emptied the table", async () => {
  const kernel = kernelWithIpv6();
  const { control, settled } = await start(configOf(formOf(BLOCKED))!, kernel);
  kernel.watch((event) => control.onKernelEvent(event));
  expect(kernel.lookup("8.8.8.8")).toContain(A);
  expect(kernel.lookup(PUBLIC)).toBe("unreachable");
  const whole = entriesOf(kernel);
  kernel.routes = kernel.routes.filter(({ family }) => family === 4);
  expect(kernel.lookup(PUBLIC)).toBe("unreachable");
  kernel.report({ kind: "route", table: 180, destination: undefined });
  while (entriesOf(kernel).length < whole.length) await Bun.sleep(2);
  await settled();
  expect(entriesOf(kernel).sort()).toEqual(whole.sort());
});

test("a reload begins and ends to reject IPv6, and leaves IPv4 as it is", async () => {
  const kernel = kernelWithIpv6();
  const first = configOf(formOf(CLOSED))!;
  const { reload } = await start(first, kernel);
  const ipv4 = (): string => JSON.stringify([...kernel.routes, ...kernel.rules].filter(({ family }) => family === 4));
  const before = ipv4();
  expect(entriesOf(kernel)).toEqual([]);
  const blocked = configOf(formOf(BLOCKED), first)!;
  expect(await reload(blocked)).toMatchObject({ remaining: [], standings: [{ standing: { ok: true } }] });
  expect([kernel.lookup(PUBLIC), ipv4()]).toEqual(["unreachable", before]);
  expect(await reload(configOf(formOf(CLOSED), blocked)!)).toMatchObject({ remaining: [] });
  expect([entriesOf(kernel), ipv4()]).toEqual([[], before]);
});

test("packets of the sources of IPv6 alone are rejected, in the way that the pool says", async () => {
  const kernel = kernelWithIpv6();
  const more = 'when-no-gateways = "prohibit"\nblock-ipv6 = true\n';
  await start(configOf(formOf(more, '10.78.0.0/24", "fd00:78::/64'))!, kernel);
  expect(kernel.lookup(PUBLIC, 0, "fd00:78::5", "lan0")).toBe("prohibit");
  expect(kernel.lookup(PUBLIC, 0, "fd00:79::5", "lan0")).toBe("main");
});

test("a stop removes what rejects IPv6", async () => {
  const kernel = kernelWithIpv6();
  const { control } = await start(configOf(formOf(BLOCKED))!, kernel);
  control.stop();
  expect(await control.removeAll()).toBe(true);
  expect([kernel.rules, kernel.routes]).toEqual([[], []]);
});
