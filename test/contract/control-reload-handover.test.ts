/** Reloads in which pools that stay give packets to each other. */
import { afterEach, describe, expect, test } from "bun:test";

import { selectorText } from "../../src/routing/selectors.ts";
import { slow } from "../fakes/gateway.ts";
import { ADDRESSES, type PoolForm, setUpGateways, start, watchPackets } from "./control-reload.fixture.ts";

const [A, B, C] = ADDRESSES;
const { gateways, configOf, reset } = setUpGateways();
afterEach(reset);

const CLIENT = "10.78.0.5";
const REJECTS = 'when-no-gateways = "unreachable"\n';

const gatewayIn = (text: string): string => ADDRESSES.find((address) => text.includes(address)) ?? text;
const pool = (name: string, gateway: string, from: string | undefined, more = REJECTS): PoolForm => {
  return { name, members: [gateway], from, more };
};

async function reloaded(before: readonly PoolForm[], after: readonly PoolForm[]) {
  const config = configOf({ pools: before })!;
  const { kernel, reload } = await start(config);
  const seen = watchPackets(kernel, CLIENT);
  expect(await reload(configOf({ pools: after }, config)!)).toMatchObject({ remaining: [] });
  return { seen: seen.map(gatewayIn), kernel };
}

describe("packets of a source that a reload gives to another pool that stays", () => {
  const ours = "10.78.0.0/24";
  const other = "10.79.0.0/24";
  const none = "10.80.0.0/24";

  for (const [what, more] of [
    ["", REJECTS],
    [" without a kill switch", ""],
  ]) {
    test(`go to one of both all the time, to a later one${what}`, async () => {
      const { seen } = await reloaded(
        [pool("a", A, ours, more), pool("b", B, other, more)],
        [pool("a", A, none, more), pool("b", B, ours, more)],
      );
      expect(seen).toEqual([A, B]);
    });

    test(`go to one of both all the time, to an earlier one${what}`, async () => {
      const { seen } = await reloaded(
        [pool("a", A, other, more), pool("b", B, ours, more)],
        [pool("a", A, ours, more), pool("b", B, none, more)],
      );
      expect(seen).toEqual([B, A]);
    });

    test(`go to one of both all the time where both exchange sources${what}`, async () => {
      const { seen } = await reloaded(
        [pool("a", A, ours, more), pool("b", B, other, more)],
        [pool("a", A, other, more), pool("b", B, ours, more)],
      );
      expect(seen).toEqual([A, B]);
    });
  }

  test("never go to the pool for all others in between", async () => {
    const { seen } = await reloaded(
      [pool("a", A, ours), pool("b", B, other), pool("c", C, undefined, "")],
      [pool("a", A, none), pool("b", B, ours), pool("c", C, undefined, "")],
    );
    expect(seen).toEqual([A, B]);
  });

  const wider = "10.78.0.0/16";

  test("never fall through where destinations go from one pool to the other", async () => {
    const { seen } = await reloaded(
      [pool("a", A, ours, `${REJECTS}routes = ["8.0.0.0/8"]`), pool("b", B, wider, `${REJECTS}routes = ["9.0.0.0/8"]`)],
      [pool("a", A, ours, `${REJECTS}routes = ["9.0.0.0/8"]`), pool("b", B, wider, `${REJECTS}routes = ["8.0.0.0/8"]`)],
    );
    expect(seen).toEqual([A, B]);
  });

  test("never fall through where destinations are excluded from one pool and given to the other", async () => {
    const { seen } = await reloaded(
      [pool("a", A, ours, REJECTS), pool("b", B, wider, `${REJECTS}exclude = ["8.0.0.0/8"]`)],
      [pool("a", A, ours, `${REJECTS}exclude = ["8.0.0.0/8"]`), pool("b", B, wider, REJECTS)],
    );
    expect(seen).toEqual([A, B]);
  });

  for (const more of [REJECTS, ""]) {
    const which = more === "" ? "without a kill switch" : "with a kill switch";
    test(`stay until a new pool for them knows which of its gateways are up, ${which}`, async () => {
      gateways.get(B)!.becomes(slow(300));
      const { seen } = await reloaded(
        [pool("a", A, ours, more), pool("c", C, undefined, "")],
        [pool("a", A, none, more), pool("b", B, ours, more), pool("c", C, undefined, "")],
      );
      expect(seen).toEqual([A, B]);
    });
  }
});

test("a pool for all packets that gets a source and another preference has its rules at once", async () => {
  const { kernel } = await reloaded(
    [pool("a", A, undefined, `${REJECTS}preference = 20000`)],
    [pool("a", A, "10.78.0.0/24", `${REJECTS}preference = 20008`)],
  );
  const lookups = kernel.commands.filter((one) => one.startsWith("rule add") && one.includes("lookup"));
  expect(lookups.slice(1)).toEqual([
    "rule add pref 20008 from all lookup 180 protocol 173",
    "rule add pref 20008 from 10.78.0.0/24 lookup 180 protocol 173",
  ]);
});

describe("packets of a source that another file gives to another pool at a start", () => {
  for (const more of [REJECTS, ""]) {
    test(`stay until that one has them, ${more === "" ? "without a kill switch" : "with a kill switch"}`, async () => {
      const config = configOf({ pools: [pool("a", A, "10.78.0.0/24", more), pool("b", B, "10.79.0.0/24", more)] })!;
      const { kernel, end } = await start(config);
      await end();
      gateways.get(B)!.becomes(slow(200));
      const seen = watchPackets(kernel, CLIENT);
      const changed = { pools: [pool("a", A, "10.80.0.0/24", more), pool("b", B, "10.78.0.0/24", more)] };
      const { settled } = await start(configOf(changed, config)!, kernel);
      while (gatewayIn(seen.at(-1)!) === A) await Bun.sleep(5);
      await settled();
      expect(seen.map(gatewayIn)).toEqual([A, B]);
      const sources = kernel.rules.flatMap((rule) => (rule.kind === "lookup" ? selectorText(rule.selector) : []));
      expect(sources.sort()).toEqual(["from 10.78.0.0/24", "from 10.80.0.0/24"]);
    });
  }
});
