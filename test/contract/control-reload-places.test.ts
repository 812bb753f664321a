/** Reloads that give pools other places: packets go where they went, whatever is added and removed meanwhile. */
import { afterEach, expect, test } from "bun:test";

import type { Config } from "../../src/config/model.ts";
import { detourBeside } from "../../src/config/places-beside.ts";
import { answering, refusing } from "../fakes/gateway.ts";
import { ADDRESSES, type Form, type PoolForm, setUpGateways, start, watchPackets } from "./control-reload.fixture.ts";

const [A, B, C] = ADDRESSES;
const { gateways, configOf, reset } = setUpGateways();
afterEach(reset);

const CLIENT = "10.78.0.5";

interface Placed {
  readonly table: number;
  readonly preference: number;
}

const vpn = ({ table, preference }: Placed, name = "vpn"): PoolForm => ({
  ...{ name, members: [A, B], from: "10.78.0.0/24" },
  more: `table = ${table}\npreference = ${preference}\nwhen-no-gateways = "unreachable"`,
});
const rest = ({ table, preference }: Placed): PoolForm => ({
  ...{ name: "rest", members: [C] },
  more: `table = ${table}\npreference = ${preference}`,
});

/** Pools at work after B has come back, so that its slots are not where a start puts them. */
async function startMoved(form: Form) {
  const config = configOf(form)!;
  const running = await start(config);
  for (const behaviour of [refusing, answering(200)]) await running.turn(gateways.get(B)!, behaviour);
  return { ...running, config };
}

function detour(before: Config, after: Config): Config {
  return { ...after, pools: detourBeside(before.pools, after.pools) as [Config["pools"][0], ...Config["pools"]] };
}

for (const [what, from, to] of [
  ["tables", { table: 300, preference: 10_888 }, { table: 301, preference: 10_888 }],
  ["preferences", { table: 300, preference: 10_888 }, { table: 300, preference: 10_880 }],
  ["tables and preferences", { table: 300, preference: 10_888 }, { table: 301, preference: 10_880 }],
] as const) {
  test(`pools that take ${what} of each other send every packet where it went`, async () => {
    const other = { table: 301, preference: 10_896 };
    const { config, kernel, reload } = await startMoved({ pools: [vpn(from), rest(other)] });
    const seen = watchPackets(kernel, CLIENT, "10.9.9.9");
    const table = from.table === to.table ? other.table : from.table;
    const swapped = { table, preference: from.preference === to.preference ? other.preference : from.preference };
    const after = configOf({ pools: [vpn(to), rest(swapped)] }, config)!;
    for (const step of [detour(config, after), after]) expect(await reload(step)).toMatchObject({ remaining: [] });
    expect(seen).toHaveLength(1);
    expect(
      kernel.rules
        .filter(({ kind }) => kind === "lookup")
        .map(({ preference }) => preference)
        .sort(),
    ).toEqual([to.preference, swapped.preference].sort());
    expect(new Set(kernel.routes.map(({ table }) => table))).toEqual(new Set([to.table, swapped.table]));
  });
}

test("a pool with another name or table leaves each flow at its gateway", async () => {
  const place = { table: 300, preference: 10_888 };
  const other = rest({ table: 301, preference: 10_896 });
  const running = await startMoved({ pools: [vpn(place), other] });
  const seen = watchPackets(running.kernel, CLIENT);
  let { config } = running;
  for (const changed of [vpn({ ...place, table: 310 }), vpn({ table: 311, preference: 10_880 }, "tunnel")]) {
    config = configOf({ pools: [changed, other] }, config)!;
    expect(await running.reload(config)).toMatchObject({ remaining: [] });
  }
  expect(seen).toHaveLength(1);
});

test("a removed pool with a kill switch lets no packet past its gateways before its rules are gone in their order", async () => {
  const config = configOf({
    pools: [vpn({ table: 300, preference: 10_888 }), rest({ table: 301, preference: 10_896 })],
  })!;
  const { kernel, reload } = await start(config);
  const seen = watchPackets(kernel, CLIENT);
  await reload(configOf({ pools: [rest({ table: 301, preference: 10_896 })] }, config)!);
  expect(seen.map((one) => ADDRESSES.find((address) => one.includes(address)) ?? one)).toEqual([A, C]);
  expect(kernel.rules.filter(({ preference }) => preference < 10_896)).toEqual([]);
  expect(kernel.routes.filter(({ table }) => table === 300)).toEqual([]);
});
