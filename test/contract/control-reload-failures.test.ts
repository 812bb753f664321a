/** Reloads during which `ip` fails, or the service stops. */
import { afterEach, expect, test } from "bun:test";

import { ADDRESSES, type PoolForm, setUpGateways, start } from "./control-reload.fixture.ts";

const [A, B, C] = ADDRESSES;
const { configOf, reset } = setUpGateways();
afterEach(reset);

const vpn = (name: string, gateway: string): PoolForm => {
  return { name, members: [gateway], from: "10.78.0.0/24", more: 'when-no-gateways = "unreachable"' };
};
const REST: PoolForm = { name: "rest", members: [C] };

test("an ip that fails while a pool begins delays it, and the pool that it replaces stays until then", async () => {
  const config = configOf({ pools: [vpn("vpn", A), REST] })!;
  const { kernel, reload, control } = await start(config);
  kernel.failures = [1, 2, 3, 4].map(() => new Error("ip: cannot allocate memory"));
  const outcome = await reload(configOf({ pools: [vpn("tunnel", B), REST] }, config)!);
  expect(outcome.remaining).toEqual([]);
  expect(control.standings).toEqual([{ ok: true }, { ok: true }]);
  expect(control.leaving).toEqual([]);
  expect(kernel.lookup("8.8.8.8", 0, "10.78.0.5", "eth9")).toContain(B);
});

test("an ip that fails for longer than a reload waits leaves all pools as they are, and they change once it works", async () => {
  const config = configOf({ pools: [vpn("vpn", A), REST] })!;
  const { kernel, reload, control } = await start(config);
  const observeAll = kernel.observeAll.bind(kernel);
  kernel.observeAll = () => Promise.reject(new Error("ip: cannot allocate memory"));
  const outcome = await reload(configOf({ pools: [vpn("tunnel", B), REST] }, config)!);
  expect(outcome.standings.map(({ standing }) => standing.ok)).toEqual([false, false]);
  expect(outcome.remaining).toEqual(["vpn"]);
  expect(kernel.lookup("8.8.8.8", 0, "10.78.0.5", "eth9")).toContain(A);
  kernel.observeAll = observeAll;
  while (control.leaving.length > 0) await Bun.sleep(20);
  expect(kernel.lookup("8.8.8.8", 0, "10.78.0.5", "eth9")).toContain(B);
});
