/** Reloads that drain gateways and give pools others in the same moment. */
import { afterEach, expect, test } from "bun:test";

import { ADDRESSES, setUpGateways, start, watchPackets } from "./control-reload.fixture.ts";

const [A, B] = ADDRESSES;
const { configOf, reset } = setUpGateways();
afterEach(reset);

test("a gateway that is drained as another one joins leaves its packets to that one alone", async () => {
  const rest = { name: "rest", members: [B], from: "10.99.0.0/24" };
  const config = configOf({ pools: [{ name: "vpn", members: [A], from: "10.78.0.0/24" }, rest] })!;
  const { kernel, reload } = await start(config);
  const seen = watchPackets(kernel, "10.78.0.5");
  const changed = { pools: [{ name: "vpn", members: [A, B], from: "10.78.0.0/24" }, rest], drained: [A] };
  await reload(configOf(changed, config)!);
  expect(seen.map((one) => ADDRESSES.find((address) => one.includes(address)) ?? one)).toEqual([A, B]);
});

test("a gateway that is in use again as another one is drained takes its packets at once", async () => {
  const pools = [{ name: "vpn", members: [A, B], from: "10.78.0.0/24" }];
  const config = configOf({ pools, drained: [A] })!;
  const { kernel, reload } = await start(config);
  const seen = watchPackets(kernel, "10.78.0.5");
  await reload(configOf({ pools: [{ ...pools[0]!, more: "min-healthy = 1" }], drained: [B] }, config)!);
  expect(seen.map((one) => ADDRESSES.find((address) => one.includes(address)) ?? one)).toEqual([B, A]);
});
